-- A date and time kept as the serial number of a workbook (1900 system), to the nearest second; serials under
-- 61, where that system has a day that never was, are NULL.
-- Source: ECMA-376 part 1, 18.17.4 (dates and times as serial values).
-- example: datetime_excel('43710.5') -> 2019-09-02 12:00:00
-- example: datetime_excel('43710') -> 2019-09-02 00:00:00
-- example: datetime_excel('43710.020833333336') -> 2019-09-02 00:30:00
-- example: datetime_excel('60.5') -> NULL
-- example: datetime_excel('99999') -> NULL
-- example: datetime_excel('ayer') -> NULL
-- example: datetime_excel(NULL) -> NULL
CREATE OR REPLACE MACRO datetime_excel(v) AS
    CASE
        WHEN regexp_full_match(v, '\d{2,5}([.]\d{1,20})?') AND TRY_CAST(v AS DOUBLE) BETWEEN 61 AND 73415
        THEN TIMESTAMP '1899-12-30 00:00:00' + to_seconds(round(TRY_CAST(v AS DOUBLE) * 86400)::BIGINT)
    END;
