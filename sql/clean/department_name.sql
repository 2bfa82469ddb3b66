-- A department's name by INE's two-digit code.
-- Source: INE, code list depto_ocu; include/reference/territory.
-- example: department_name('07') -> Sololá
-- example: department_name('7') -> NULL
-- example: department_name('00') -> NULL
-- example: department_name('23') -> NULL
-- example: department_name(NULL) -> NULL
CREATE OR REPLACE MACRO department_name(code) AS
    CASE
        WHEN regexp_full_match(code, '0[1-9]|1[0-9]|2[0-2]')
        THEN list_extract(getvariable('department_names'), 10 * ascii(code) + ascii(right(code, 1)) - 528)
    END;
