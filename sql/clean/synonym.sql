-- The one label of a closed vocabulary for which a text is a listed spelling, whatever case, accents, blanks
-- and punctuation. NULL for a spelling that is not listed. The list is include/reference/lists/<name>.csv: each
-- spelling as `code`, and its label.
-- Source: the list, which says where it comes from in include/reference/lists/README.md.
-- example: synonym('I.N.E.D.', 'tipo-establecimiento') -> Instituto Nacional de Educación Diversificada
-- example: synonym('instituto  nacional de EDUCACIÓN diversificada', 'tipo-establecimiento') -> Instituto Nacional de Educación Diversificada
-- example: synonym('Escuela de baile', 'tipo-establecimiento') -> NULL
-- example: synonym('INED', 'no-hay-tal-lista') -> NULL
-- example: synonym('', 'tipo-establecimiento') -> NULL
-- example: synonym(NULL, 'tipo-establecimiento') -> NULL
CREATE OR REPLACE MACRO synonym(v, list_name) AS
    listed_spelling(word_key(v), list_name);
