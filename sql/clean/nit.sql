-- The canonical NIT: upper case, no blanks, hyphens or leading zeros, right check digit, or NULL. CF
-- (consumidor final) is NULL. Thirteen digits are an individual's CUI, which is the NIT since 17 March 2025.
-- s = sum of the body's digits from the right * 2, 3, 4 ...; check = (-s) mod 11, written K when 10.
-- Source: SAT's NIT, rule as in the public implementations; SAT-DSI-393-2025 as reported in the press.
-- example: nit('576937-K') -> 576937K
-- example: nit(' 576937-k ') -> 576937K
-- example: nit('1234567-9') -> 12345679
-- example: nit('39525503-1') -> 395255031
-- example: nit('123456-0') -> 1234560
-- example: nit('0001234560') -> 1234560
-- example: nit('123456-7') -> NULL
-- example: nit('1234 56789 0101') -> 1234567890101
-- example: nit('CF') -> NULL
-- example: nit('C/F') -> NULL
-- example: nit('0') -> NULL
-- example: nit('') -> NULL
-- example: nit(NULL) -> NULL
CREATE OR REPLACE MACRO nit(v) AS
    list_transform(
        list_transform(
            [ltrim(upper(translate(v, ' -.' || chr(160), '')), '0')],
            lambda w: {'w': w, 'c': lpad(w, 12, '0')}
        ),
        lambda n: CASE
            WHEN regexp_full_match(n.w, '[0-9]{13}') THEN cui(n.w)
            WHEN regexp_full_match(n.w, '[0-9]{1,11}[0-9K]')
                AND (
                    12 * (ascii(substr(n.c, 1, 1)) - 48) + 11 * (ascii(substr(n.c, 2, 1)) - 48)
                    + 10 * (ascii(substr(n.c, 3, 1)) - 48) + 9 * (ascii(substr(n.c, 4, 1)) - 48)
                    + 8 * (ascii(substr(n.c, 5, 1)) - 48) + 7 * (ascii(substr(n.c, 6, 1)) - 48)
                    + 6 * (ascii(substr(n.c, 7, 1)) - 48) + 5 * (ascii(substr(n.c, 8, 1)) - 48)
                    + 4 * (ascii(substr(n.c, 9, 1)) - 48) + 3 * (ascii(substr(n.c, 10, 1)) - 48)
                    + 2 * (ascii(substr(n.c, 11, 1)) - 48)
                    + CASE right(n.c, 1) WHEN 'K' THEN 10 ELSE ascii(right(n.c, 1)) - 48 END
                ) % 11 = 0
            THEN n.w
        END
    )[1];
