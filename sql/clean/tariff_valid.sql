-- A tariff code of `digits` digits, its lost zero restored, whose first two digits are a chapter of the
-- Harmonized System; NULL for all else. Whether the whole code exists is for a code list to say.
-- Source: the chapters of the Harmonized System (01 to 97, 77 is kept free); 98 and 99 are of national use.
-- example: tariff_valid('101210000', 10) -> 0101210000
-- example: tariff_valid(' 8711209000', 10) -> 8711209000
-- example: tariff_valid('7712345678', 10) -> NULL
-- example: tariff_valid('0012345678', 10) -> NULL
-- example: tariff_valid('12345', 10) -> NULL
-- example: tariff_valid('x', 10) -> NULL
-- example: tariff_valid(NULL, 10) -> NULL
CREATE OR REPLACE MACRO tariff_valid(v, digits) AS
    CASE
        WHEN length(tariff_code(v, digits)) = digits
            AND regexp_full_match(tariff_code(v, digits), '(0[1-9]|[1-68-9][0-9]|7[0-689])[0-9]+')
        THEN tariff_code(v, digits)
    END;
