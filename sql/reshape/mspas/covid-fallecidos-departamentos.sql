-- The municipalities of a department are added up.
SELECT
    departamento_codigo,
    departamento,
    fecha,
    CAST(sum(fallecidos) AS BIGINT) AS fallecidos
FROM cleaned
GROUP BY ALL
