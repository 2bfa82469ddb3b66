-- Yes or no as Guatemalan sources write them; anything else is NULL.
-- Source: our own rule.
-- example: boolean_sino('Sí') -> true
-- example: boolean_sino('S') -> true
-- example: boolean_sino('1') -> true
-- example: boolean_sino('Falso') -> false
-- example: boolean_sino('no') -> false
-- example: boolean_sino('tal vez') -> NULL
-- example: boolean_sino(NULL) -> NULL
CREATE OR REPLACE MACRO boolean_sino(v) AS
    CASE
        WHEN fold_text(v) IN ('SI', 'S', '1', 'TRUE', 'VERDADERO') THEN true
        WHEN fold_text(v) IN ('NO', 'N', '0', 'FALSE', 'FALSO') THEN false
    END;
