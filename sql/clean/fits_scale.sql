-- Whether a plain number, as text, has at most `scale` decimals; zeros at the end do not count.
-- Source: our own rule; a cast to DECIMAL would round the rest away silently.
-- example: fits_scale('19099.28', 2) -> true
-- example: fits_scale('19099.2800', 2) -> true
-- example: fits_scale('19099.285', 2) -> false
-- example: fits_scale('-.5', 0) -> false
-- example: fits_scale('12', 0) -> true
-- example: fits_scale(NULL, 2) -> NULL
CREATE OR REPLACE MACRO fits_scale(v, scale) AS
    rtrim(substr(split_part(v, '.', 2), scale + 1), '0') = '';
