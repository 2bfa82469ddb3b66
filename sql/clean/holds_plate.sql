-- Whether a text holds the plate of a vehicle: category, three digits, three consonants (P-123BCD). Categories: P
-- private, C commercial, M motorcycle, A rental, U urban transport, O official, CD, CC, MI foreign missions, TC,
-- TRC, DIS trailers and dealers; older lists put 0 after the category. With the hyphen it is one anywhere;
-- otherwise models look alike (C200BCD), so it takes the word PLACA, or an `expected` column.
-- Source: Ley de Tránsito (Decreto 132-96) and its Reglamento (Acuerdo Gubernativo 273-98); form as SAT prints it and
-- public programs check it (letter, three digits, three letters). Wants a check against SAT's own text.
-- example: holds_plate('pickup P-123BCD rojo', false) -> true
-- example: holds_plate('PLACAS P 123 BCD', false) -> true
-- example: holds_plate('placa: m0-456fgh', false) -> true
-- example: holds_plate('P123BCD', true) -> true
-- example: holds_plate('123BCD', true) -> true
-- example: holds_plate('P250LWB', false) -> false
-- example: holds_plate('C-200CDI', false) -> false
-- example: holds_plate('placa conmemorativa', false) -> false
-- example: holds_plate(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_plate(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_matches(v, '(?i)[0-9]{3} ?-? ?[B-DF-HJ-NP-TV-Z]{3}($|[^0-9\pL])')
        THEN regexp_matches(
                v,
                '(?i)(^|[^0-9\pL])(P|C|M|A|U|O|TC|TRC|DIS|CD|CC|MI)0?[ -]{0,2}-[ -]{0,2}0?[0-9]{3} ?-?'
                || '[B-DF-HJ-NP-TV-Z]{3}($|[^0-9\pL])'
            )
            OR (
                (expected OR regexp_matches(v, '(?i)placa|matr[ií]cula'))
                AND regexp_matches(
                    v,
                    '(?i)(^|[^0-9\pL])(P|C|M|A|U|O|TC|TRC|DIS|CD|CC|MI)?0?[ -]{0,3}0?[0-9]{3}[ -]{0,2}'
                    || '[B-DF-HJ-NP-TV-Z]{3}($|[^0-9\pL])'
                )
            )
        ELSE false
    END;
