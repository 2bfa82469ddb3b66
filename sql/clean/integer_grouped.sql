-- A whole number with commas between thousands or none.
-- Source: our own rule; the comma for thousands is the usage of Guatemala.
-- example: integer_grouped('1,234') -> 1234
-- example: integer_grouped('-12,345,678') -> -12345678
-- example: integer_grouped('1234') -> 1234
-- example: integer_grouped('12,34') -> NULL
-- example: integer_grouped('1,234.0') -> NULL
-- example: integer_grouped(NULL) -> NULL
CREATE OR REPLACE MACRO integer_grouped(v) AS
    CASE WHEN regexp_full_match(v, '-?(\d{1,3}(,\d{3})+|\d+)') THEN replace(v, ',', '') END;
