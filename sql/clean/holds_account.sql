-- Whether a text holds a bank account: a valid IBAN of Guatemala, or a number after words like CUENTA BANCARIA, CTA.
-- MONETARIA, CUENTA DE AHORRO No.; or a number alone where one is `expected`. CUENTA alone is also bookkeeping
-- (CUENTA 1101), so a number after it needs eight digits.
-- Source: iban; account numbers of Guatemalan banks have 6 to 14 digits, with hyphens (our own rule).
-- example: holds_account('pagar a GT82 TRAJ 0102 0000 0012 1002 9690', false) -> true
-- example: holds_account('Cta. monetaria 3-445-12345-6', false) -> true
-- example: holds_account('cuenta de ahorro No. 4455123456 Banrural', false) -> true
-- example: holds_account('4455123456', true) -> true
-- example: holds_account('GT83 TRAJ 0102 0000 0012 1002 9690', false) -> false
-- example: holds_account('cuenta contable 1101-02', false) -> false
-- example: holds_account('4455123456', false) -> false
-- example: holds_account(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_account(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN expected AND regexp_full_match(trim(v), '[0-9](-?[0-9]){5,19}') THEN true
        WHEN regexp_matches(v, '(?i)cuenta|cta|GT *[0-9]{2}')
        THEN regexp_matches(
                v,
                '(?i)(^|[^\pL])((cuenta|cta)s?[.]? +(bancari[ao]|monetari[ao]|(de )?(ahorros?|dep[oó]sitos?))s?[^0-9]{0,25}'
                || '[0-9](-?[0-9]){5,19}|(cuenta|cta)[.]? *(no[.]?|n[uú]mero|#|:)?[ .:]{0,3}[0-9](-?[0-9]){7,19})($|[^0-9\pL])'
            )
            OR len(
                list_filter(
                    regexp_extract_all(v, '(?i)(^|[^0-9\pL])(GT *[0-9]{2}([ -]?[0-9A-Z]){24})($|[^0-9\pL])', 2),
                    lambda one: iban(one) IS NOT NULL
                )
            ) > 0
        ELSE false
    END;
