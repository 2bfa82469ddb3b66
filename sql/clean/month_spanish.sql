-- A month and year with the month's Spanish name, as YYYY-MM: enero de 2020, ene-20, Enero 2020. A year of two
-- digits is of 1950 to 2049.
-- Source: our own rule; headers of monthly tables.
-- example: month_spanish('enero de 2020') -> 2020-01
-- example: month_spanish('ene-20') -> 2020-01
-- example: month_spanish('Sept. 1999') -> 1999-09
-- example: month_spanish('dic/75') -> 1975-12
-- example: month_spanish('2020') -> NULL
-- example: month_spanish('foo-20') -> NULL
-- example: month_spanish('ene-200') -> NULL
-- example: month_spanish(NULL) -> NULL
CREATE OR REPLACE MACRO month_spanish(v) AS
    list_transform(
        [regexp_extract(fold_text(v), '^([A-Z]{3,10}[.]?)( DE(L)? | ?[-/] ?| )((19|20)?\d\d)$', ['m', 's', 'l', 'y'])],
        lambda d: year_of_two(d.y) || '-' || month_number(d.m)
    )[1];
