-- Months and countries with a value; the month's total of the source is held against the sum of its countries.
-- Under the table stand a few values without year, month and total: they belong to no month and are left out. A
-- row that lacks only one of the three stays, and is refused for it.
SELECT
    anio,
    mes,
    periodo,
    pais_codigo,
    pais,
    continente,
    valor_cif,
    sum(valor_cif) OVER (PARTITION BY anio, mes) IS NOT DISTINCT FROM total_del_mes AS cuadra_con_total
FROM cleaned
WHERE NOT (anio IS NULL AND mes IS NULL AND total_del_mes IS NULL)
QUALIFY valor_cif IS NOT NULL
