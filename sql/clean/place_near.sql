-- The code of the one place among others that differs least from a misspelt one: at most one letter added,
-- left out, changed or swapped with its neighbour in names of 6 to 10 letters, two in longer ones, none in
-- shorter ones. NULL when two places are as near as each other.
-- Source: Damerau (1964), distance of restricted edits; the thresholds are ours.
-- example: place_near('HUEHUETENANGP', ['HUEHUETENANGO', 'CHIANTLA'], ['1301', '1302']) -> 1301
-- example: place_near('Cihantla', ['HUEHUETENANGO', 'CHIANTLA'], ['1301', '1302']) -> 1302
-- example: place_near('Cobam', ['COBAN'], ['1601']) -> NULL
-- example: place_near('SAN MARTIM', ['SAN MARTIN', 'SAN MARTIR'], ['1', '2']) -> NULL
-- example: place_near('Chiapas', ['CHIANTLA'], ['1302']) -> NULL
-- example: place_near(NULL, ['CHIANTLA'], ['1302']) -> NULL
CREATE OR REPLACE MACRO place_near(v, places, codes) AS
    list_transform(
        [place_words(v)],
        lambda word: CASE
            WHEN length(word) BETWEEN 6 AND 60
            THEN list_transform(
                [
                    list_transform(
                        places,
                        lambda place: CASE
                            WHEN abs(length(place) - length(word)) <= 2 THEN damerau_levenshtein(word, place)
                        END
                    )
                ],
                lambda far: list_transform(
                    [list_min(far)],
                    lambda least: CASE
                        WHEN least <= CASE WHEN length(word) > 10 THEN 2 ELSE 1 END
                            AND len(
                                list_distinct(
                                    list_transform(far, lambda d, i: CASE WHEN d = least THEN codes[i] END)
                                )
                            ) = 1
                        THEN codes[list_position(far, least)]
                    END
                )[1]
            )[1]
        END
    )[1];
