-- A whole number in digits, a minus before it allowed; no separators, no decimals.
-- Source: our own rule.
-- example: integer_plain('007') -> 007
-- example: integer_plain('-12') -> -12
-- example: integer_plain('1,234') -> NULL
-- example: integer_plain('12.0') -> NULL
-- example: integer_plain('') -> NULL
-- example: integer_plain(NULL) -> NULL
CREATE OR REPLACE MACRO integer_plain(v) AS
    CASE WHEN regexp_full_match(v, '-?\d+') THEN v END;
