-- The department's code of a municipality's code; NULL when there is no such municipality.
-- Source: INE, code list mupio_ocu; rule for `generalize: {to: department}`.
-- example: department_of('1601') -> 16
-- example: department_of('0100') -> NULL
-- example: department_of('16') -> NULL
-- example: department_of(NULL) -> NULL
CREATE OR REPLACE MACRO department_of(code) AS
    CASE WHEN municipality_name(code) IS NOT NULL THEN left(code, 2) END;
