-- The name of a place by its code, whatever its level: municipality, department, region (R1 to R8), country (GT).
-- NULL for anything else. Used for `label_of`: the name of what protect left of a code.
-- Source: INE, code lists; Decreto 70-86, art. 3; include/reference/territory.
-- example: place_named('0101') -> Guatemala
-- example: place_named('1601') -> Cobán
-- example: place_named('17') -> Petén
-- example: place_named('R2') -> Norte
-- example: place_named('R8') -> Petén
-- example: place_named('GT') -> Guatemala (país)
-- example: place_named('R9') -> NULL
-- example: place_named('*') -> NULL
-- example: place_named('9901') -> NULL
-- example: place_named('') -> NULL
-- example: place_named(NULL) -> NULL
CREATE OR REPLACE MACRO place_named(code) AS
    CASE
        WHEN code = 'GT' THEN 'Guatemala (país)'
        WHEN regexp_full_match(code, 'R[1-8]')
        THEN list_extract(getvariable('region_names'), ascii(substring(code, 2, 1)) - 48)
        WHEN length(code) = 2 THEN department_name(code)
        ELSE municipality_name(code)
    END;
