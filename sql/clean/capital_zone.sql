-- The zone number of Guatemala City where a source writes zones as municipalities of a 23rd department.
-- Source: MINEDUC's directory (CIUDAD CAPITAL); zones 1 to 19, 21, 24 and 25 exist.
-- example: capital_zone('CIUDAD CAPITAL', 'ZONA 7') -> 7
-- example: capital_zone('Ciudad de Guatemala', 'zona 07') -> 7
-- example: capital_zone('CIUDAD CAPITAL', 'ZONA 20') -> NULL
-- example: capital_zone('GUATEMALA', 'ZONA 7') -> NULL
-- example: capital_zone('CIUDAD CAPITAL', NULL) -> NULL
-- example: capital_zone(NULL, 'ZONA 7') -> NULL
CREATE OR REPLACE MACRO capital_zone(department, municipality) AS
    CASE
        WHEN place_key(department) IN ('CIUDAD CAPITAL', 'CIUDAD DE GUATEMALA')
        THEN nullif(
            regexp_extract(place_key(municipality), '^ZONA 0?([1-9]|1[0-9]|21|24|25)$', 1), ''
        )
    END;
