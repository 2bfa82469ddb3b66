-- The keys that a way of writing a place may stand for: its own, written out, and with a lone S as San, Santa
-- and Santo.
-- Source: our own rule.
-- example: place_readings('Cobán') -> [COBAN]
-- example: place_readings('Sta. Lucía') -> [STA LUCIA, SANTA LUCIA]
-- example: place_readings('S. Lucas') -> [S LUCAS, SAN LUCAS, SANTA LUCAS, SANTO LUCAS]
-- example: place_readings('') -> ['']
-- example: place_readings(NULL) -> NULL
CREATE OR REPLACE MACRO place_readings(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN NOT regexp_matches(place_key(v), '\b(S|STA|SNTA|STO|SNTO|SN|MA)\b|^(MUNICIPIO|MPIO|DEPARTAMENTO|DEPTO) ')
        THEN [place_key(v)]
        ELSE list_transform(
            [place_words(v)],
            lambda words: CASE
                WHEN regexp_matches(words, '\bS\b')
                THEN [
                    words,
                    regexp_replace(words, '\bS\b', 'SAN', 'g'),
                    regexp_replace(words, '\bS\b', 'SANTA', 'g'),
                    regexp_replace(words, '\bS\b', 'SANTO', 'g')
                ]
                ELSE [place_key(v), words]
            END
        )[1]
    END;
