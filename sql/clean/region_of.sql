-- The development region of a department's or a municipality's code, R1 to R8; NULL when there is no such place.
-- Source: Decreto 70-86, Ley Preliminar de Regionalización, art. 3; include/reference/territory/regions.csv.
-- example: region_of('01') -> R1
-- example: region_of('1601') -> R2
-- example: region_of('14') -> R7
-- example: region_of('17') -> R8
-- example: region_of('23') -> NULL
-- example: region_of('0100') -> NULL
-- example: region_of('1') -> NULL
-- example: region_of(NULL) -> NULL
CREATE OR REPLACE MACRO region_of(code) AS
    CASE
        WHEN regexp_full_match(code, '0[1-9]|1[0-9]|2[0-2]') OR department_of(code) IS NOT NULL
        THEN list_extract(
            getvariable('region_codes'), 10 * ascii(code) + ascii(substring(code, 2, 1)) - 528
        )
    END;
