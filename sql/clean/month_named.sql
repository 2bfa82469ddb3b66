-- A month by its year and its Spanish name (or number), each from a column of its own, as YYYY-MM.
-- Source: our own rule; tables with a column for the year and one for the month's name.
-- example: month_named('1995', 'Enero') -> 1995-01
-- example: month_named('2017.0', 'Setiembre') -> 2017-09
-- example: month_named('2024', '5') -> 2024-05
-- example: month_named('95', 'Enero') -> NULL
-- example: month_named('1995', 'January') -> NULL
-- example: month_named(NULL, 'Enero') -> NULL
-- example: month_named('1995', NULL) -> NULL
CREATE OR REPLACE MACRO month_named(year, month) AS
    CASE WHEN regexp_full_match(code_key(year), '(19|20)\d\d') THEN code_key(year) || '-' || month_number(month) END;
