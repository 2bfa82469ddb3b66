-- Whether a text holds a date of birth: a day, month and year after words like NACIDO EL, FECHA DE NACIMIENTO, or any
-- such date where one is `expected`.
-- Source: our own rule; dates as the vocabulary's date macros read them.
-- example: holds_birth_date('nacido el 3/5/1980 en Mixco', false) -> true
-- example: holds_birth_date('F. NAC. 1980-05-03', false) -> true
-- example: holds_birth_date('Fecha de nacimiento: 3 de mayo de 1980', false) -> true
-- example: holds_birth_date('1980-05-03', true) -> true
-- example: holds_birth_date('3/5/1980', false) -> false
-- example: holds_birth_date('inscripción de nacimiento 2020', true) -> false
-- example: holds_birth_date(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_birth_date(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN expected OR regexp_matches(v, '(?i)naci|nac[.]|f[.]? ?nac|dob|born')
        THEN (
                expected
                AND regexp_matches(
                    v,
                    '(?i)(^|[^0-9])([0-9]{1,2}[/.-][0-9]{1,2}[/.-](19|20)?[0-9]{2}|(19|20)[0-9]{2}[/.-][0-9]{1,2}[/.-][0-9]{1,2}'
                    || '|[0-9]{1,2} +(de +)?(ene|feb|mar|abr|may|jun|jul|ago|sep|set|oct|nov|dic)\pL*[ ,]+(del? +)?(19|20)[0-9]{2})($|[^0-9])'
                )
            )
            OR (
                regexp_matches(v, '(?i)(^|[^\pL])(naci|nac[.]|f[.]? ?nac|dob($|[^\pL])|born)')
                AND regexp_matches(
                    v,
                    '(?i)(naci|nac[.]|f[.]? ?nac|dob|born)[^0-9]{0,30}(^|[^0-9])([0-9]{1,2}[/.-][0-9]{1,2}[/.-](19|20)?[0-9]{2}'
                    || '|(19|20)[0-9]{2}[/.-][0-9]{1,2}[/.-][0-9]{1,2}'
                    || '|[0-9]{1,2} +(de +)?(ene|feb|mar|abr|may|jun|jul|ago|sep|set|oct|nov|dic)\pL*[ ,]+(del? +)?(19|20)[0-9]{2})($|[^0-9])'
                )
            )
        ELSE false
    END;
