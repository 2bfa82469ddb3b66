-- Upper case, accents kept.
-- Source: our own rule, for sources that mix cases in one list of words.
-- example: upper_text('privado ñ á') -> PRIVADO Ñ Á
-- example: upper_text('') ->
-- example: upper_text('1 %') -> 1 %
-- example: upper_text(NULL) -> NULL
CREATE OR REPLACE MACRO upper_text(v) AS
    upper(v);
