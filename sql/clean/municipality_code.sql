-- INE's four-digit code of a municipality by the names of its department and its own, whatever accents,
-- case, known alias or abbreviation; a zone of the capital is 0101. NULL when the pair is not known.
-- Source: INE, code list mupio_ocu; include/reference/territory.
-- example: municipality_code('Alta Verapaz', 'COBAN') -> 1601
-- example: municipality_code('SAN MARCOS', 'San Lorenzo') -> 1229
-- example: municipality_code('SUCHITEPEQUEZ', 'San Lorenzo') -> 1007
-- example: municipality_code('CIUDAD CAPITAL', 'ZONA 7') -> 0101
-- example: municipality_code('QUICHE', 'Nebaj') -> 1413
-- example: municipality_code('Quiché', 'Sta. Cruz del Quiché') -> 1401
-- example: municipality_code('Sololá', 'S. Lucas Tolimán') -> 0713
-- example: municipality_code('Petén', 'Cobán') -> NULL
-- example: municipality_code('Petén', NULL) -> NULL
-- example: municipality_code(NULL, 'Cobán') -> NULL
CREATE OR REPLACE MACRO municipality_code(department, municipality) AS
    CASE
        WHEN capital_zone(department, municipality) IS NOT NULL THEN '0101'
        ELSE list_transform(
            list_transform(
                [department_code(department)],
                lambda d: 10 * ascii(d) + ascii(right(d, 1)) - 528
            ),
            lambda n: place_among(
                municipality,
                list_extract(getvariable('municipality_places'), n),
                list_extract(getvariable('municipality_codes'), n)
            )
        )[1]
    END;
