-- The pieces of a text that are surely valid NITs, as they are written: after the word NIT, or with hyphen or K.
-- A number ends where the next one may begin: what was found is put out of the text and the rest looked at once more.
-- Source: as nit; SAT's printed form is body, hyphen, check digit.
-- example: nit_pieces('Proveedor con NIT 576937-K') -> [576937-K]
-- example: nit_pieces('factura de 1234567-9') -> [1234567-9]
-- example: nit_pieces('576937-K/1234567-9') -> [1234567-9, 576937-K]
-- example: nit_pieces('12345-6 1234567-9') -> [1234567-9]
-- example: nit_pieces('NIT/12345679') -> [12345679]
-- example: nit_pieces('nit-12345679') -> [12345679]
-- example: nit_pieces('NIT_12345679') -> [12345679]
-- example: nit_pieces('GT-NIT-12345679') -> []
-- example: nit_pieces('12345679') -> []
-- example: nit_pieces('2019-1') -> []
-- example: nit_pieces(NULL) -> NULL
CREATE OR REPLACE MACRO nit_pieces(v) AS
    CASE WHEN v IS NOT NULL THEN list_filter(
        list_sort(
            list_distinct(
                list_concat(
                    nit_written(v),
                    nit_written(
                        regexp_replace(
                            v,
                            '(?i)(^|[^0-9\pL-])([0-9]{5,9} ?- ?[0-9K]|[0-9]{5,9}K)($|[^0-9\pL-])',
                            '\1 \3',
                            'g'
                        )
                    ),
                    nit_named(v)
                )
            )
        ),
        lambda one: nit(one) IS NOT NULL
    ) END;
