-- A row for each spouse whose occupation is known: the major group is the first digit of a code of two digits
-- (of four in 2012), whose leading zero may be lost. 97 to 99 and texts mean that nothing is known.
SELECT
    anio,
    code_label_any(left(codigo, 1), 'ciuo-grandes-grupos') AS ocupacion
FROM (
    SELECT
        anio,
        CASE WHEN length(leido) > 2 THEN lpad(leido, 4, '0') ELSE lpad(leido, 2, '0') END AS codigo
    FROM (
        SELECT
            anio,
            unnest([ocupacion_hombre, ocupacion_mujer]) AS leido
        FROM cleaned
    )
    WHERE regexp_full_match(leido, '\d{1,4}')
)
WHERE left(codigo, 2) NOT IN ('97', '98', '99')
