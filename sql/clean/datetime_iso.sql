-- A date and time written YYYY-MM-DD and HH:MM[:SS[.f]] with a blank or T between, without a zone.
-- Strict calendar, years 1900 to 2100.
-- Source: ISO 8601-1:2019; a zone is refused because nothing says what the source means by it.
-- example: datetime_iso('2020-02-29 13:30') -> 2020-02-29 13:30:00
-- example: datetime_iso('2020-02-29T13:30:05') -> 2020-02-29 13:30:05
-- example: datetime_iso('2020-02-29 24:30:00') -> NULL
-- example: datetime_iso('2020-02-30 10:00:00') -> NULL
-- example: datetime_iso('2020-02-29T13:30:05Z') -> NULL
-- example: datetime_iso(NULL) -> NULL
CREATE OR REPLACE MACRO datetime_iso(v) AS
    CASE
        WHEN regexp_full_match(
            v, '(19\d\d|20\d\d|2100)-\d\d-\d\d[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{1,6})?)?'
        )
        THEN try_strptime(
            replace(v, 'T', ' '), ['%Y-%m-%d %H:%M:%S.%f', '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M']
        )
    END;
