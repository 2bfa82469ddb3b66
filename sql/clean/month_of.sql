-- The month of a date or date and time, as YYYY-MM. What is not an ISO date gives NULL, never itself.
-- Source: our own rule for `generalize: {to: month}`.
-- example: month_of(DATE '2020-02-29') -> 2020-02
-- example: month_of(TIMESTAMP '2020-02-29 10:00:00') -> 2020-02
-- example: month_of('29/02/2020') -> NULL
-- example: month_of('ayer') -> NULL
-- example: month_of(NULL) -> NULL
CREATE OR REPLACE MACRO month_of(v) AS
    nullif(regexp_extract(CAST(v AS VARCHAR), '^(\d{4}-\d\d)-\d\d', 1), '');
