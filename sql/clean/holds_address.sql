-- Whether a text holds the address of one house: its number (3-45, casa 7, lote 12, apto. 3, manzana B) beside a
-- street or an area (calle, avenida, zona, colonia, aldea, barrio ...), or a kilometre of a road with an area. A
-- street or an area alone is a place. Where addresses are `expected` a street with a number does.
-- Kilometres of public works (MEJORAMIENTO, TRAMO ...) are none.
-- Source: our own rule, after how addresses are written in the country.
-- example: holds_address('5a. calle 3-45 zona 1', false) -> true
-- example: holds_address('Col. El Amparo, manzana B lote 12', false) -> true
-- example: holds_address('Aldea Chichipate, casa No. 7', false) -> true
-- example: holds_address('Callejón del Nance 12-34', false) -> true
-- example: holds_address('Km. 22.5 carretera a El Salvador, aldea Puerta Parada', false) -> true
-- example: holds_address('6a avenida 12', true) -> true
-- example: holds_address('Mejoramiento calle principal aldea Chichipate', false) -> false
-- example: holds_address('MEJORAMIENTO CARRETERA KM 22 ALDEA EL RODEO', false) -> false
-- example: holds_address('ZONA 1', true) -> false
-- example: holds_address('temporada 2019-20', false) -> false
-- example: holds_address(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_address(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_matches(v, '[0-9]|(?i)(manzana|mz)')
            AND regexp_matches(
                v,
                '(?i)(^|[^\pL])(calle|av|avenida|callej[oó]n|diagonal|b(ou)?lev(ar|ard)|blvd|calzada|carretera|ruta|v[ií]a'
                || '|zona|z|col|colonia|barrio|aldea|cant[oó]n|caser[ií]o|residencial(es)?|lotificaci[oó]n|condominio'
                || '|finca|sector|asentamiento|paraje|km|kil[oó]metro)($|[^\pL])'
            )
        THEN regexp_matches(
                v,
                '(?i)(^|[^0-9\pL/-])[0-9]{1,3}[A-Z]? ?[-–] ?[0-9]{1,3}( ?["'']?[A-Z]["'']?)?($|[^0-9\pL/-])'
                || '|(^|[^\pL])(casa|lote|lt|apto|apartamento|mz|manzana|no|n[uú]mero)[.]? *(no[.]?|#)? *["'']?([0-9]{1,4}[A-Z]?|[A-Z])["'']?($|[^0-9\pL])'
                || '|#[ ]?[0-9]'
            )
            OR (
                expected
                AND regexp_matches(v, '(?i)(calle|av|avenida|callej[oó]n|diagonal|calzada)[.]? [^0-9]{0,30}[0-9]{1,3}($|[^0-9\pL])')
            )
            OR (
                regexp_matches(v, '(?i)(^|[^\pL])(km|kil[oó]metro)[.]? *[0-9]')
                AND regexp_matches(
                    v,
                    '(?i)(^|[^\pL])(zona|col|colonia|barrio|aldea|cant[oó]n|caser[ií]o|residencial(es)?|condominio|finca)($|[^\pL])'
                )
                AND NOT regexp_matches(
                    v, '(?i)mejoramiento|construcc|pavimenta|bacheo|mantenimiento|reparac|tramo|ampliac|rehabilita|balasto'
                )
            )
        ELSE false
    END;
