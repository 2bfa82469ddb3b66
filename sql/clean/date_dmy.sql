-- A date written day, month, year with / - or . between, padded or not. Strict calendar, years 1900 to 2100.
-- Source: our own rule; the usual order in Guatemala (SAT, OJ).
-- example: date_dmy('03/01/2020') -> 2020-01-03
-- example: date_dmy('3/1/2020') -> 2020-01-03
-- example: date_dmy('29-2-2020') -> 2020-02-29
-- example: date_dmy('31.12.1999') -> 1999-12-31
-- example: date_dmy('29/02/2019') -> NULL
-- example: date_dmy('3/13/2020') -> NULL
-- example: date_dmy('3/1/20') -> NULL
-- example: date_dmy('3/1-2020') -> NULL
-- example: date_dmy(NULL) -> NULL
CREATE OR REPLACE MACRO date_dmy(v) AS
    CASE
        WHEN regexp_full_match(
            v, '\d{1,2}(/\d{1,2}/|-\d{1,2}-|[.]\d{1,2}[.])(19\d\d|20\d\d|2100)'
        )
        THEN CAST(try_strptime(translate(v, '-.', '//'), '%d/%m/%Y') AS DATE)
    END;
