-- How codes are compared: no blanks, no zeros in front, no .0 after them, upper case. Zero stays 0.
-- Source: our own rule; the same code comes as 9, 09 and 9.0.
-- example: code_key('09') -> 9
-- example: code_key(' 9.0 ') -> 9
-- example: code_key('000') -> 0
-- example: code_key('a1') -> A1
-- example: code_key('0.5') -> .5
-- example: code_key('') ->
-- example: code_key(NULL) -> NULL
CREATE OR REPLACE MACRO code_key(v) AS
    upper(
        regexp_replace(regexp_replace(code_text(v), '^0+([^0]|0$)', '\1'), '^(\d+)[.]0+$', '\1')
    );
