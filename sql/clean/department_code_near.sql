-- As department_code, and where the name is not known the department that differs least, when it is near and
-- the only one: for sources typed by hand.
-- Source: INE, code list depto_ocu; include/reference/territory; distance as in place_near.
-- example: department_code_near('QUETZALTENANGOO') -> 09
-- example: department_code_near('Sacatepequz') -> 03
-- example: department_code_near('Petén') -> 17
-- example: department_code_near('Peten.') -> 17
-- example: department_code_near('Chiapas') -> NULL
-- example: department_code_near('') -> NULL
-- example: department_code_near(NULL) -> NULL
CREATE OR REPLACE MACRO department_code_near(v) AS
    coalesce(
        department_code(v),
        place_near(v, getvariable('department_places'), getvariable('department_codes'))
    );
