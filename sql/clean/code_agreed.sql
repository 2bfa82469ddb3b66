-- A code that two columns of a source give, when both give the same; NULL when they differ or one has none.
-- With `strict: true` a row in which both are there and differ is counted and held against the tolerance.
-- Source: our own rule; codes are compared without zeros in front, and the first one is kept.
-- example: code_agreed('0101', '101') -> 0101
-- example: code_agreed('1601', '1601.0') -> 1601
-- example: code_agreed('0109', '1202') -> NULL
-- example: code_agreed('0109', NULL) -> NULL
-- example: code_agreed(NULL, '1202') -> NULL
CREATE OR REPLACE MACRO code_agreed(code, other) AS
    CASE WHEN code_key(code) = code_key(other) THEN code END;
