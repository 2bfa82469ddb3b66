-- A date written month, day, year with / or - between, padded or not. Strict calendar, years 1900 to 2100.
-- Source: our own rule; exports of workbooks with an English locale.
-- example: date_mdy('01/03/2020') -> 2020-01-03
-- example: date_mdy('1/3/2020') -> 2020-01-03
-- example: date_mdy('12-31-1999') -> 1999-12-31
-- example: date_mdy('13/1/2020') -> NULL
-- example: date_mdy('2/29/2019') -> NULL
-- example: date_mdy(NULL) -> NULL
CREATE OR REPLACE MACRO date_mdy(v) AS
    CASE
        WHEN regexp_full_match(v, '\d{1,2}(/\d{1,2}/|-\d{1,2}-)(19\d\d|20\d\d|2100)')
        THEN CAST(try_strptime(translate(v, '-', '/'), '%m/%d/%Y') AS DATE)
    END;
