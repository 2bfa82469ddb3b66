-- A capital letter for each word but the small ones inside (de, del, la, y …), accents kept: for names of
-- places that a source writes in capitals.
-- Source: our own rule, after the RAE's on names of places.
-- example: title_text('SAN JUAN DEL RÍO') -> San Juan del Río
-- example: title_text('la libertad') -> La Libertad
-- example: title_text('SANTA CRUZ LA LAGUNA') -> Santa Cruz la Laguna
-- example: title_text('') ->
-- example: title_text('ñandú-áb') -> Ñandú-áb
-- example: title_text(NULL) -> NULL
CREATE OR REPLACE MACRO title_text(v) AS
    array_to_string(
        list_transform(
            string_split(lower(v), ' '),
            lambda word, i: CASE
                WHEN i > 1 AND word IN ('de', 'del', 'la', 'las', 'el', 'los', 'y', 'e', 'en', 'a') THEN word
                ELSE upper(left(word, 1)) || substr(word, 2)
            END
        ),
        ' '
    );
