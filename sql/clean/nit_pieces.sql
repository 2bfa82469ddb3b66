-- The pieces of a text that are surely valid NITs, as they are written: after the word NIT, or with hyphen or K.
-- Source: as nit; SAT's printed form is body, hyphen, check digit.
-- example: nit_pieces('Proveedor con NIT 576937-K') -> [576937-K]
-- example: nit_pieces('factura de 1234567-9') -> [1234567-9]
-- example: nit_pieces('12345679') -> []
-- example: nit_pieces('2019-1') -> []
-- example: nit_pieces(NULL) -> NULL
CREATE OR REPLACE MACRO nit_pieces(v) AS
    CASE WHEN v IS NOT NULL THEN list_filter(
        list_distinct(
            list_concat(
                regexp_extract_all(v, '(?i)(^|[^0-9\pL-])([0-9]{5,9} ?- ?[0-9K]|[0-9]{5,9}K)($|[^0-9\pL-])', 2),
                regexp_extract_all(
                    v,
                    '(?i)(^|[^\pL])N[.]?I[.]?T[.]?( +n[uú]mero| +no[.]?| *#)?[ .:=]{0,3}'
                    || '([0-9]{4,9}[ -]{0,3}[0-9K])($|[^0-9\pL])',
                    3
                )
            )
        ),
        lambda one: nit(one) IS NOT NULL
    ) END;
