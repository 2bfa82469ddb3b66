-- One count for each municipality, year and type. The source's rows are one each once the municipality is known
-- by its name and department; were one to come twice, it is two parts of one count.
SELECT
    departamento_codigo,
    departamento,
    municipio_codigo,
    municipio,
    anio,
    tipo,
    CAST(sum(casos) AS BIGINT) AS casos
FROM cleaned
GROUP BY ALL
