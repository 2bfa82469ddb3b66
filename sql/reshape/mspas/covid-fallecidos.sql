-- The days of a month are added up.
SELECT
    departamento_codigo,
    departamento,
    municipio_codigo,
    municipio,
    poblacion,
    mes,
    CAST(sum(fallecidos) AS BIGINT) AS fallecidos
FROM cleaned
GROUP BY ALL
