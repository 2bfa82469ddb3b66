-- A department's name as INE writes it, by any known way of writing it. NULL when the name is not known.
-- Source: INE, code list depto_ocu; include/reference/territory.
-- example: department_named('SOLOLA') -> Sololá
-- example: department_named('CIUDAD CAPITAL') -> Guatemala
-- example: department_named('Chiapas') -> NULL
-- example: department_named(NULL) -> NULL
CREATE OR REPLACE MACRO department_named(v) AS
    list_transform([department_code(v)], lambda code: department_name(code))[1];
