-- As municipality_code, and where the name is not known the municipality of that department that differs
-- least, when it is near and the only one. A name that another department has is no misspelling: NULL.
-- Source: INE, code list mupio_ocu; include/reference/territory; distance as in place_near.
-- example: municipality_code_near('Huehuetenango', 'CHIANTALA') -> 1302
-- example: municipality_code_near('Huehuetenanngo', 'Chiantla') -> 1302
-- example: municipality_code_near('Alta Verapaz', 'San Pedro Carhca') -> 1609
-- example: municipality_code_near('Alta Verapaz', 'Cobán') -> 1601
-- example: municipality_code_near('Petén', 'Cobán') -> NULL
-- example: municipality_code_near('Petén', 'Tapachula') -> NULL
-- example: municipality_code_near(NULL, 'Chiantla') -> NULL
-- example: municipality_code_near('Petén', NULL) -> NULL
CREATE OR REPLACE MACRO municipality_code_near(department, municipality) AS
    CASE
        WHEN capital_zone(department, municipality) IS NOT NULL THEN '0101'
        ELSE list_transform(
            list_transform(
                [department_code_near(department)],
                lambda d: 10 * ascii(d) + ascii(right(d, 1)) - 528
            ),
            lambda n: coalesce(
                place_among(
                    municipality,
                    list_extract(getvariable('municipality_places'), n),
                    list_extract(getvariable('municipality_codes'), n)
                ),
                CASE
                    WHEN NOT list_contains(getvariable('municipality_every_place'), place_words(municipality))
                    THEN place_near(
                        municipality,
                        list_extract(getvariable('municipality_places'), n),
                        list_extract(getvariable('municipality_codes'), n)
                    )
                END
            )
        )[1]
    END;
