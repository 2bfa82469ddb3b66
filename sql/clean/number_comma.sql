-- A number with a decimal comma, full stops or blanks between thousands or none: 1.234,56. As the source is
-- declared to write so, 1.234 is one thousand two hundred and thirty-four; 1,234.56 is NULL.
-- Source: our own rule; workbooks of Spanish locale.
-- example: number_comma('1.234,56') -> 1234.56
-- example: number_comma('1 234 567,8') -> 1234567.8
-- example: number_comma('-0,5') -> -0.5
-- example: number_comma('1.234') -> 1234
-- example: number_comma('12') -> 12
-- example: number_comma('1,234.56') -> NULL
-- example: number_comma('1.23,4') -> NULL
-- example: number_comma('uno') -> NULL
-- example: number_comma(NULL) -> NULL
CREATE OR REPLACE MACRO number_comma(v) AS
    CASE
        WHEN regexp_full_match(v, '-?(\d{1,3}([.]\d{3})+|\d{1,3}([ ]\d{3})+|\d+)(,\d+)?')
        THEN replace(translate(v, '. ', ''), ',', '.')
    END;
