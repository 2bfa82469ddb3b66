-- Whether a text holds a valid CUI (DPI number) anywhere: 13 digits together, or written 4-5-4, 4-9, 9-4,
-- 8-1-4 or 4-5-2-2 with at most three blanks, hyphens or other marks between the groups. Longer numbers hold none.
-- The first look is a cheap one that lets through whatever could be a CUI; the second checks digit and territory.
-- Source: as cui; what validate holds every published text against.
-- example: holds_cui('COROLLA JUAN PEREZ DPI 1234 56789 0101 CEL') -> true
-- example: holds_cui('1000-00002-0101') -> true
-- example: holds_cui('DPI1000000020101.') -> true
-- example: holds_cui('2024 1234 56789 0101') -> true
-- example: holds_cui('1234567890118 1000000020101') -> true
-- example: holds_cui('12345678 9 0101') -> true
-- example: holds_cui('5486 27065 0101') -> false
-- example: holds_cui('11234567890101') -> false
-- example: holds_cui('1234 CALLE 56789 ZONA 0101') -> false
-- example: holds_cui('7794-5104, 6633-5544') -> false
-- example: holds_cui(NULL) -> NULL
CREATE OR REPLACE MACRO holds_cui(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN strlen(v) >= 13 AND regexp_matches(
            v,
            '(^|[^0-9])[0-9]{4}[^0-9\pL]{0,3}[0-9]{4}[^0-9\pL]{0,3}[0-9]'
            || '[^0-9\pL]{0,3}[0-9]{2}[^0-9\pL]{0,3}[0-9]{2}($|[^0-9])'
        )
        THEN len(
            list_filter(
                -- Runs of digits, and what breaks a number: letters, or more than three other characters.
                list_transform(
                    [regexp_extract_all(v, '[0-9]+|\pL+|[^0-9\pL]{4,}')],
                    lambda runs: list_transform(
                        range(1, len(runs) + 1), lambda i: array_to_string(runs[i : i + 3], ' ')
                    )
                )[1],
                lambda near: cui(
                    regexp_extract(
                        near,
                        '^([0-9]{13}|[0-9]{4} [0-9]{5} [0-9]{4}|[0-9]{4} [0-9]{9}|[0-9]{9} [0-9]{4}'
                        || '|[0-9]{8} [0-9] [0-9]{4}|[0-9]{4} [0-9]{5} [0-9]{2} [0-9]{2})( |$)',
                        1
                    )
                ) IS NOT NULL
            )
        ) > 0
        ELSE false
    END;
