-- A date written YYYY-MM-DD (a midnight after it is allowed: databases and workbooks add one).
-- Strict calendar, years 1900 to 2100; anything else is NULL.
-- Source: ISO 8601-1:2019, calendar date, extended format.
-- example: date_iso('2020-02-29') -> 2020-02-29
-- example: date_iso('2020-02-29 00:00:00') -> 2020-02-29
-- example: date_iso('2019-02-29') -> NULL
-- example: date_iso('2020-2-9') -> NULL
-- example: date_iso('1899-12-31') -> NULL
-- example: date_iso('2020-01-01 13:30:00') -> NULL
-- example: date_iso(NULL) -> NULL
CREATE OR REPLACE MACRO date_iso(v) AS
    CASE
        WHEN regexp_full_match(v, '(19\d\d|20\d\d|2100)-\d\d-\d\d([ T]00:00(:00([.]0+)?)?)?')
        THEN CAST(try_strptime(left(v, 10), '%Y-%m-%d') AS DATE)
    END;
