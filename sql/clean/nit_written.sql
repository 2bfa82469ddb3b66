-- What in a text is written like a NIT by itself, with its hyphen or its K; whether its check digit is right is not
-- asked. Of two that share the sign between them the second is left out.
-- Source: as nit; SAT's printed form is body, hyphen, check digit.
-- example: nit_written('de 576937-K y 12345-6') -> [576937-K, 12345-6]
-- example: nit_written('576937-K/1234567-9') -> [576937-K]
-- example: nit_written('12345679') -> []
-- example: nit_written(NULL) -> NULL
CREATE OR REPLACE MACRO nit_written(v) AS
    regexp_extract_all(v, '(?i)(^|[^0-9\pL-])([0-9]{5,9} ?- ?[0-9K]|[0-9]{5,9}K)($|[^0-9\pL-])', 2);
