-- The code of a place among others, by any way of writing it that leads to exactly one of them: places and
-- codes go together, one by one.
-- Source: our own rule.
-- example: place_among('Sta. Lucía', ['SANTA LUCIA', 'SAN LUCAS'], ['01', '02']) -> 01
-- example: place_among('S. Lucas', ['SANTA LUCIA', 'SAN LUCAS'], ['01', '02']) -> 02
-- example: place_among('S. José', ['SAN JOSE', 'SANTO JOSE'], ['01', '02']) -> NULL
-- example: place_among('Lucas', ['SANTA LUCIA', 'SAN LUCAS'], ['01', '02']) -> NULL
-- example: place_among('', ['SAN LUCAS'], ['02']) -> NULL
-- example: place_among(NULL, ['SAN LUCAS'], ['02']) -> NULL
CREATE OR REPLACE MACRO place_among(v, places, codes) AS
    coalesce(
        list_extract(codes, list_position(places, place_key(v))),
        list_transform(
            [
                list_distinct(
                    list_transform(place_readings(v), lambda r: list_extract(codes, list_position(places, r)))
                )
            ],
            lambda found: CASE WHEN len(found) = 1 THEN found[1] END
        )[1]
    );
