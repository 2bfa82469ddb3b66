-- The canonical Guatemalan telephone: 8 digits, first digit 2 to 7, country code 502 taken off, or NULL.
-- Source: Plan Nacional de Numeración (SIT, Acuerdo Gubernativo 498-2002); 2, 6, 7 fixed and 3, 4, 5 mobile.
-- example: phone('2232-4455') -> 22324455
-- example: phone('+502 5512 3456') -> 55123456
-- example: phone('(502) 77945104') -> 77945104
-- example: phone('1801') -> NULL
-- example: phone('99999999') -> NULL
-- example: phone('22324455 / 22324456') -> NULL
-- example: phone(NULL) -> NULL
CREATE OR REPLACE MACRO phone(v) AS
    CASE
        WHEN regexp_full_match(
            translate(v, ' -().' || chr(160), ''), '(([+]|00)?502)?[2-7][0-9]{7}'
        )
        THEN right(translate(v, ' -().' || chr(160), ''), 8)
    END;
