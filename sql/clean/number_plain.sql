-- A number in digits with a decimal point, a minus before it allowed; no thousands, no exponent.
-- Source: our own rule.
-- example: number_plain('19099.28') -> 19099.28
-- example: number_plain('-0.5') -> -0.5
-- example: number_plain('.5') -> .5
-- example: number_plain('1,234.56') -> NULL
-- example: number_plain('1e5') -> NULL
-- example: number_plain('NaN') -> NULL
-- example: number_plain(NULL) -> NULL
CREATE OR REPLACE MACRO number_plain(v) AS
    CASE WHEN regexp_full_match(v, '-?(\d+([.]\d+)?|[.]\d+)') THEN v END;
