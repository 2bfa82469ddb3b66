-- The year of a date or date and time, as text. What is not an ISO date gives NULL, never itself.
-- Source: our own rule for `generalize: {to: year}`.
-- example: year_of(DATE '2020-02-29') -> 2020
-- example: year_of(TIMESTAMP '2020-02-29 10:00:00') -> 2020
-- example: year_of('29/02/2020') -> NULL
-- example: year_of(NULL) -> NULL
CREATE OR REPLACE MACRO year_of(v) AS
    nullif(regexp_extract(CAST(v AS VARCHAR), '^(\d{4})-\d\d-\d\d', 1), '');
