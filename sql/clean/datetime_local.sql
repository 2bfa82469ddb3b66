-- A date and time with its offset from UTC, YYYY-MM-DDTHH:MM:SS[.f] and Z or ±HH:MM, as the time in Guatemala
-- (UTC-6 all year). Strict calendar, years 1900 to 2100.
-- Source: RFC 3339, section 5.6; Guatemala has kept no summer time since 2006 (IANA, America/Guatemala).
-- example: datetime_local('2026-04-01T11:01:29-06:00') -> 2026-04-01 11:01:29
-- example: datetime_local('2026-04-01T17:01:29Z') -> 2026-04-01 11:01:29
-- example: datetime_local('2026-04-01T02:00:00.5+00:00') -> 2026-03-31 20:00:00.5
-- example: datetime_local('2026-04-01T11:01:29') -> NULL
-- example: datetime_local('2026-02-30T11:01:29Z') -> NULL
-- example: datetime_local('2026-04-01T11:01:29-30:00') -> NULL
-- example: datetime_local(NULL) -> NULL
CREATE OR REPLACE MACRO datetime_local(v) AS
    CASE
        WHEN regexp_full_match(
            v,
            '(19\d\d|20\d\d|2100)-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)'
        )
        THEN try_strptime(
            replace(regexp_replace(v, '(Z|[+-]\d\d:\d\d)$', ''), 'T', ' '), ['%Y-%m-%d %H:%M:%S.%f', '%Y-%m-%d %H:%M:%S']
        )
            - to_minutes(
                CASE
                    WHEN right(v, 1) = 'Z' THEN 0
                    ELSE (CASE left(right(v, 6), 1) WHEN '-' THEN -1 ELSE 1 END) * (
                        600 * (ascii(v[-5]) - 48) + 60 * (ascii(v[-4]) - 48) + 10 * (ascii(v[-2]) - 48) + ascii(v[-1]) - 48
                    )
                END + 360
            )
    END;
