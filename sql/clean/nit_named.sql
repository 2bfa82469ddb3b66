-- The numbers in a text that stand after the word NIT. GT-NIT-… is an identifier of procurement, not the word.
-- Source: our own rule, from how the real texts name it.
-- example: nit_named('NIT 12345679') -> [12345679]
-- example: nit_named('N.I.T. No. 576937-K, nit: 1234567-9') -> [576937-K, 1234567-9]
-- example: nit_named('GT-NIT-12345679') -> []
-- example: nit_named('12345679') -> []
-- example: nit_named(NULL) -> NULL
CREATE OR REPLACE MACRO nit_named(v) AS
    CASE WHEN v IS NOT NULL THEN list_concat(
        regexp_extract_all(
            v,
            '(?i)(^|[^\pL])N[.]?I[.]?T[.]?( +n[uú]mero| +no[.]?| *#)?[/_ .:=]{0,3}([0-9]{4,9}[ -]{0,3}[0-9K])\b',
            3
        ),
        regexp_extract_all(
            v, '(?i)(^|[^\pL-])N[.]?I[.]?T[.]?[/_ .:=]?-[/_ .:=-]?([0-9]{4,9}[ -]{0,3}[0-9K])\b', 2
        )
    ) END;
