-- Whether a text is a marker of weather records: -99.9 and its kin with any number of nines and decimals
-- (-99, -999, -9999, -99.90), NR (no reading), R/ and vc (broken or changed instrument). For
-- `missing: [weather]`. Values that a variable may have, such as -9.9 °C, are not among them.
-- Source: INSIVUMEH's daily records.
-- example: missing_weather('-99.9') -> true
-- example: missing_weather('-99.90') -> true
-- example: missing_weather('-999') -> true
-- example: missing_weather('-99,9') -> true
-- example: missing_weather('nr') -> true
-- example: missing_weather('R/') -> true
-- example: missing_weather('-9.9') -> false
-- example: missing_weather('99.9') -> false
-- example: missing_weather('norte') -> false
-- example: missing_weather(NULL) -> NULL
CREATE OR REPLACE MACRO missing_weather(v) AS
    regexp_full_match(fold_text(v), '-99+([.,]90*|[.,]0+|[.,]99+)?|NR|N/R|R/|VC|S/R');
