-- The label of a code, but NULL where it says that nothing is known: Ignorado, No especificado, Se ignora.
-- After `code_label` with `strict: true`: which code means unknown in which year stands in the list, and a code
-- that the list does not have is still counted.
-- Source: INE, dictionaries of traffic and vital statistics.
-- example: known_label('Motocicleta') -> Motocicleta
-- example: known_label('Ignorado') -> NULL
-- example: known_label(' ignorada ') -> NULL
-- example: known_label('No especificado') -> NULL
-- example: known_label('Se ignora') -> NULL
-- example: known_label('No ebrio') -> No ebrio
-- example: known_label('') ->
-- example: known_label(NULL) -> NULL
CREATE OR REPLACE MACRO known_label(v) AS
    CASE WHEN NOT regexp_full_match(word_key(v), 'IGNORAD[OA]|SE IGNORA|NO ESPECIFICAD[OA]') THEN v END;
