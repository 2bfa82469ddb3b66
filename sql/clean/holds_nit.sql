-- Whether a text holds a valid NIT that is surely one: after the word NIT, or written with its hyphen or its K.
-- A bare number that passes is none here: one in eleven of all numbers does.
-- Source: as nit; SAT's printed form is body, hyphen, check digit.
-- example: holds_nit('Proveedor con NIT 576937-K') -> true
-- example: holds_nit('nit: 39525503 1') -> true
-- example: holds_nit('N.I.T. No. 12345679') -> true
-- example: holds_nit('factura de 1234567-9') -> true
-- example: holds_nit('576937k') -> true
-- example: holds_nit('http://a.gt/7@NIT%20576937%2DK.pdf') -> true
-- example: holds_nit('Factura 12345-6 1234567-9') -> true
-- example: holds_nit('nit-12345679') -> true
-- example: holds_nit('GT-NIT-12345679') -> false
-- example: holds_nit('12345679') -> false
-- example: holds_nit('1234567-8') -> false
-- example: holds_nit('2019-1') -> false
-- example: holds_nit('NIT: CF') -> false
-- example: holds_nit(NULL) -> NULL
CREATE OR REPLACE MACRO holds_nit(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_matches(
            v, '(?i)[0-9]{5} ?- ?[0-9K]($|[^0-9\pL-])|[0-9]{5}K($|[^0-9\pL])|(^|[^\pL])N[.]?I[.]?T|%[0-9A-F]{2}|[０-９]'
        )
        THEN len(nit_pieces(as_read(v))) > 0
        ELSE false
    END;
