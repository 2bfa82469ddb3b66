-- Whether a text holds a place in the country to about ten metres, so that it may be somebody's home: latitude and
-- longitude with four decimals or more, or with seconds; where coordinates are `expected`, one of both alone.
-- Source: bounds of Guatemala (13.5 to 18 north, 88 to 92.5 west); 0.0001 degrees are about 11 m.
-- example: holds_coordinates('14.6349, -90.5069', false) -> true
-- example: holds_coordinates('https://mapa.example/@14.63491,-90.50691,17z', false) -> true
-- example: holds_coordinates('N 14°38''05.6" O 90°30''24.8"', false) -> true
-- example: holds_coordinates('14.63491', true) -> true
-- example: holds_coordinates('-90.50691', true) -> true
-- example: holds_coordinates('14.63, -90.51', true) -> false
-- example: holds_coordinates('14.63491', false) -> false
-- example: holds_coordinates('Q14.6349 y Q90.5069 por unidad', false) -> false
-- example: holds_coordinates(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_coordinates(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_matches(v, '1[3-7][.][0-9]{4}|(8[89]|9[0-2])[.][0-9]{4}|[0-9]°')
        THEN regexp_matches(
                v,
                '(^|[^0-9.])1[3-7][.][0-9]{4,}°?[ ,;/NnLAT]{1,6}[-−]?[WwOo]? ?(8[89]|9[0-2])[.][0-9]{4,}($|[^0-9])'
            )
            OR regexp_matches(v, '(^|[^0-9])[0-9]{1,2} ?° ?[0-9]{1,2} ?[''′’´] ?[0-9]{1,2}([.,][0-9]+)? ?["″”]')
            OR (expected AND regexp_full_match(trim(v), '1[3-7][.][0-9]{4,}|[-−]?(8[89]|9[0-2])[.][0-9]{4,}'))
        ELSE false
    END;
