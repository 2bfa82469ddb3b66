-- Whether a text is a negative number: where nothing can be below zero (rain, sunshine, humidity), a damaged
-- marker such as -9.9, -9.99, -10 or -100. For `missing: [weather, negative]`; never for temperatures.
-- Source: INSIVUMEH's daily records.
-- example: missing_negative('-9.9') -> true
-- example: missing_negative('-10') -> true
-- example: missing_negative('-.5') -> true
-- example: missing_negative('-0.0') -> false
-- example: missing_negative('0') -> false
-- example: missing_negative('-') -> false
-- example: missing_negative('uno') -> false
-- example: missing_negative(NULL) -> NULL
CREATE OR REPLACE MACRO missing_negative(v) AS
    regexp_full_match(v, '-(\d+([.,]\d+)?|[.,]\d+)') AND NOT regexp_full_match(v, '-[0.,]+');
