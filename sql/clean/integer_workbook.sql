-- A whole number that a workbook or a statistics package kept as a decimal one: 2017.0 is 2017.
-- Source: our own rule; SPSS and Excel have no whole numbers.
-- example: integer_workbook('2017.0') -> 2017
-- example: integer_workbook('2017') -> 2017
-- example: integer_workbook('-3.00') -> -3
-- example: integer_workbook('2017.5') -> NULL
-- example: integer_workbook('.0') -> NULL
-- example: integer_workbook(NULL) -> NULL
CREATE OR REPLACE MACRO integer_workbook(v) AS
    nullif(regexp_extract(v, '^(-?\d+)([.]0+)?$', 1), '');
