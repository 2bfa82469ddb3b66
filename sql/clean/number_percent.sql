-- A number with a percent sign after it, or none; the number is kept as it is (12.5 % is 12.5).
-- Source: our own rule.
-- example: number_percent('12.5%') -> 12.5
-- example: number_percent('-3 %') -> -3
-- example: number_percent('40') -> 40
-- example: number_percent('%') -> NULL
-- example: number_percent('12,5%') -> NULL
-- example: number_percent(NULL) -> NULL
CREATE OR REPLACE MACRO number_percent(v) AS
    number_plain(regexp_replace(v, ' ?%$', ''));
