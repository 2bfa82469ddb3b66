-- Whether somebody was under 18 at an event; NULL when it cannot be known, which exclude_rows takes as yes.
-- Source: Decreto 27-2003 (Ley PINA), art. 2.
-- example: is_minor_at('2000-05-10', '2018-05-09') -> true
-- example: is_minor_at('2000-05-10', '2018-05-10') -> false
-- example: is_minor_at('desconocida', '2018-05-10') -> NULL
-- example: is_minor_at('1900-01-01', '2018-05-10') -> NULL
-- example: is_minor_at('1901-01-01', '2018-05-10') -> NULL
-- example: is_minor_at(NULL, '2018-05-10') -> NULL
CREATE OR REPLACE MACRO is_minor_at(birth, event) AS
    age_at(birth, event) < 18;
