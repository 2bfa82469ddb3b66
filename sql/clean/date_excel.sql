-- A date kept as the serial number of a workbook (1900 system), also as text or with .0 after it. Serial 60
-- is 29 February 1900, which never was: NULL. Up to the end of 2100.
-- Source: ECMA-376 part 1, 18.17.4.1 (1900 date base), with the leap year of 1900 that it keeps.
-- example: date_excel('43710') -> 2019-09-02
-- example: date_excel('43710.0') -> 2019-09-02
-- example: date_excel('1') -> 1900-01-01
-- example: date_excel('59') -> 1900-02-28
-- example: date_excel('60') -> NULL
-- example: date_excel('61') -> 1900-03-01
-- example: date_excel('73415') -> 2100-12-31
-- example: date_excel('73416') -> NULL
-- example: date_excel('43710.5') -> NULL
-- example: date_excel('0') -> NULL
-- example: date_excel('2019-09-02') -> NULL
-- example: date_excel(NULL) -> NULL
CREATE OR REPLACE MACRO date_excel(v) AS
    list_transform(
        [TRY_CAST(nullif(regexp_extract(v, '^(\d{1,5})([.]0+)?$', 1), '') AS INTEGER)],
        lambda n: CASE
            WHEN n BETWEEN 1 AND 59 THEN DATE '1899-12-31' + n
            WHEN n BETWEEN 61 AND 73415 THEN DATE '1899-12-30' + n
        END
    )[1];
