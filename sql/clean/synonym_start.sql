-- The label of the longest listed spelling with which a text begins, word by word: how the kind of a school is
-- read from its name. NULL when it begins with none.
-- Source: the list, as for synonym.
-- example: synonym_start('INED "Tierra Fría"', 'tipo-establecimiento') -> Instituto Nacional de Educación Diversificada
-- example: synonym_start('INSTITUTO NACIONAL DE EDUCACIÒN DIVERSIFICADA, SOLOLA', 'tipo-establecimiento') -> Instituto Nacional de Educación Diversificada
-- example: synonym_start('INEDITO', 'tipo-establecimiento') -> NULL
-- example: synonym_start('Colegio INED', 'no-hay-tal-lista') -> NULL
-- example: synonym_start(NULL, 'tipo-establecimiento') -> NULL
CREATE OR REPLACE MACRO synonym_start(v, list_name) AS
    listed_beginning(word_key(v), list_name);
