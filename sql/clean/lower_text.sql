-- Lower case, accents kept.
-- Source: our own rule, for sources that mix cases in one list of words.
-- example: lower_text('PRIVADO Ñ Á') -> privado ñ á
-- example: lower_text('') ->
-- example: lower_text('1 %') -> 1 %
-- example: lower_text(NULL) -> NULL
CREATE OR REPLACE MACRO lower_text(v) AS
    lower(v);
