-- A date from text written YYYY-MM-DD (a time after it is ignored) or day/month/year; NULL when neither.
-- Source: our own rule, for macros that compare dates of sources which mix both forms.
-- example: calendar_date('2020-02-29') -> 2020-02-29
-- example: calendar_date('2020-02-29T08:15:00') -> 2020-02-29
-- example: calendar_date('29/2/2020') -> 2020-02-29
-- example: calendar_date('2/29/2020') -> NULL
-- example: calendar_date('2020') -> NULL
-- example: calendar_date(NULL) -> NULL
CREATE OR REPLACE MACRO calendar_date(v) AS
    coalesce(date_iso(regexp_replace(trim_text(v), '[ T]\d\d:\d\d.*$', '')), date_dmy(trim_text(v)));
