-- Whether a text holds the number of a passport: after the word, or alone where one is `expected`. Numbers of all
-- countries: up to three letters and six to nine digits.
-- Source: ICAO Doc 9303 (document number of at most nine characters in the machine readable zone).
-- example: holds_passport('Pasaporte No. 123456789', false) -> true
-- example: holds_passport('extranjero, PASSPORT AB1234567', false) -> true
-- example: holds_passport('AB1234567', true) -> true
-- example: holds_passport('AB1234567', false) -> false
-- example: holds_passport('trámite de pasaporte', false) -> false
-- example: holds_passport('pasaporte: 20 quetzales', true) -> false
-- example: holds_passport(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_passport(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_matches(v, '[0-9]{6}')
        THEN regexp_matches(
                v,
                '(?i)(pasaporte|passport|(^|[^\pL])pas[.])[^0-9]{0,20}([^0-9\pL])([A-Z]{1,3}[ -]?)?[0-9]{6,9}($|[^0-9\pL])'
            )
            OR (expected AND regexp_full_match(trim(v), '(?i)[A-Z]{0,3}[ -]?[0-9]{6,9}[A-Z]?'))
        ELSE false
    END;
