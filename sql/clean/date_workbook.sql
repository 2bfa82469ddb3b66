-- A date of a workbook's column that mixes what it shows: YYYY-MM-DD, day/month/year, a Spanish month's name,
-- or a serial number. The four forms have nothing in common, so none is guessed.
-- Source: as date_iso, date_dmy, date_spanish and date_excel.
-- example: date_workbook('2019-09-02 00:00:00') -> 2019-09-02
-- example: date_workbook('2/9/2019') -> 2019-09-02
-- example: date_workbook('02-sep-19') -> 2019-09-02
-- example: date_workbook('43710') -> 2019-09-02
-- example: date_workbook('9/22/2019') -> NULL
-- example: date_workbook('mañana') -> NULL
-- example: date_workbook(NULL) -> NULL
CREATE OR REPLACE MACRO date_workbook(v) AS
    coalesce(date_iso(v), date_dmy(v), date_excel(v), date_spanish(v));
