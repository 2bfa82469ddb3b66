-- Whether a text holds a Guatemalan mobile (8 digits, first 3, 4 or 5). Written 4-4 with a hyphen or full stop,
-- or after 502, it is one anywhere. Eight digits together, or with a blank between, may be a model or a
-- year ('RAM 3500 2018'): they are one beside a word like CEL or TEL, or where `expected` says that the
-- column is of a kind in which people write telephones (addresses, names, contacts).
-- Pairs (55 12 34 56) are one only there. Eight digits after CÓDIGO or UNSPSC are none.
-- Source: numbering as in phone; what validate holds every published text against.
-- example: holds_mobile('CEL 5512-3456', false) -> true
-- example: holds_mobile('ANA 5512-3456.', false) -> true
-- example: holds_mobile('2232-4455/5512-3456', false) -> true
-- example: holds_mobile('+502 5512 3456', false) -> true
-- example: holds_mobile('(502)55123456', false) -> true
-- example: holds_mobile('cel.55123456', false) -> true
-- example: holds_mobile('MÓVIL: 4512 3456', false) -> true
-- example: holds_mobile('5A CALLE 3-45 ZONA 1, 55123456', true) -> true
-- example: holds_mobile('http://a.gt/7@CEL%2055123456.pdf', false) -> true
-- example: holds_mobile('CEL ５５１２３４５６', false) -> true
-- example: holds_mobile('55 12 34 56', true) -> true
-- example: holds_mobile('Tel. 55.12.34.56', false) -> true
-- example: holds_mobile('Computadora, codigo UNSPSC 43211507', true) -> false
-- example: holds_mobile('código 43211507, tel. 55123456', true) -> true
-- example: holds_mobile('55 12 34 56', false) -> false
-- example: holds_mobile('RAM 3500 2018', false) -> false
-- example: holds_mobile('40128365', false) -> false
-- example: holds_mobile('2232-4455', true) -> false
-- example: holds_mobile('155123456', true) -> false
-- example: holds_mobile('77945104; 66335544', true) -> false
-- example: holds_mobile(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_mobile(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN strlen(v) >= 8 AND regexp_matches(
            v,
            '[345][0-9]{3}[^0-9\pL]{0,3}[0-9]{4}($|[^0-9])|[345][0-9][ .-][0-9]{2}[ .-][0-9]{2}[ .-][0-9]{2}($|[^0-9])'
            || '|%[0-9A-Fa-f]{2}|[０-９]'
        )
        THEN list_transform(
            [as_read(v)],
            lambda read: regexp_matches(read, '(^|[^0-9\pL])[345][0-9]{3} ?[-.‐-―] ?[0-9]{4}($|[^0-9\pL])')
                OR regexp_matches(read, '(^|[^0-9])(00)?502\)?[ .-]{0,2}[345][0-9]{3}[ .-]?[0-9]{4}($|[^0-9])')
                OR (
                    (expected OR regexp_matches(read, '(?i)(^|[^\pL])(cel|tel|m[oó]vil|what?s|wa($|[^\pL])|llam|contact)'))
                    AND regexp_matches(
                        regexp_replace(
                            read, '(?i)(unspsc|c[oó]digos?|c[oó]d[.])[ :.#-]*(unspsc|no[.]?|n[uú]mero)?[ :.#-]*[0-9]{8}', ' ', 'g'
                        ),
                        '(^|[^0-9])([345][0-9]{3}[^0-9\pL,;/]{0,3}[0-9]{4}'
                        || '|[345][0-9][ .-][0-9]{2}[ .-][0-9]{2}[ .-][0-9]{2})($|[^0-9])'
                    )
                )
        )[1]
        ELSE false
    END;
