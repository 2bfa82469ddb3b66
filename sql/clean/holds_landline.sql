-- Whether a text holds a fixed line (8 digits, first 2, 6 or 7) or, beside a word like TEL, the short number of a
-- service (11X, 12X, 15XX, 17XX, 1-80X): telephones of offices, which may be public, not of people.
-- Source: Plan Nacional de Numeración (SIT, Acuerdo Gubernativo 498-2002).
-- example: holds_landline('PBX 2232-4455 ext. 105') -> true
-- example: holds_landline('77945104') -> true
-- example: holds_landline('Denuncias: llame al 1515') -> true
-- example: holds_landline('tel. 1-801-000123') -> true
-- example: holds_landline('5512-3456') -> false
-- example: holds_landline('año 1998') -> false
-- example: holds_landline('122324455') -> false
-- example: holds_landline(NULL) -> NULL
CREATE OR REPLACE MACRO holds_landline(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        ELSE regexp_matches(v, '[0-9]{3}')
            AND (
                regexp_matches(v, '(^|[^0-9\pL]|502 ?)[267][0-9]{3}[ .-]?[0-9]{4}($|[^0-9\pL])')
                OR regexp_matches(
                    v,
                    '(?i)(tel|llam|call center|pbx|denuncia|emergencia)[^0-9]{0,20}'
                    || '(1[12][0-9]|1[57][0-9]{2}|1-?80[0-9]([ -]?[0-9]{3,6})?)($|[^0-9])'
                )
            )
    END;
