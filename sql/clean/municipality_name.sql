-- A municipality's name by INE's four-digit code.
-- Source: INE, code list mupio_ocu; include/reference/territory.
-- example: municipality_name('0101') -> Guatemala
-- example: municipality_name('1333') -> Petatán
-- example: municipality_name('0100') -> NULL
-- example: municipality_name('0118') -> NULL
-- example: municipality_name('2301') -> NULL
-- example: municipality_name(NULL) -> NULL
CREATE OR REPLACE MACRO municipality_name(code) AS
    CASE
        WHEN regexp_full_match(code, '(0[1-9]|1[0-9]|2[0-2])(0[1-9]|[1-3][0-9])')
        THEN list_extract(
            list_extract(getvariable('municipality_names'), 10 * ascii(code) + ascii(substr(code, 2, 1)) - 528),
            10 * ascii(substr(code, 3, 1)) + ascii(right(code, 1)) - 528
        )
    END;
