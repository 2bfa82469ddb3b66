-- INE's two-digit code of a department by its name, whatever accents, case, known alias or abbreviation;
-- CIUDAD CAPITAL is 01. NULL when the name is not known.
-- Source: INE, code list depto_ocu; include/reference/territory.
-- example: department_code('Petén') -> 17
-- example: department_code('EL QUICHE') -> 14
-- example: department_code('CIUDAD CAPITAL') -> 01
-- example: department_code('SACATEPEQUEZ') -> 03
-- example: department_code('Depto. de Sta. Rosa') -> 06
-- example: department_code('Sn. Marcos') -> 12
-- example: department_code('Chiapas') -> NULL
-- example: department_code(NULL) -> NULL
CREATE OR REPLACE MACRO department_code(v) AS
    place_among(v, getvariable('department_places'), getvariable('department_codes'));
