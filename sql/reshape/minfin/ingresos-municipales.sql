-- One row for each municipality, year and section: the source left the sub-section out, so its rows repeat.
-- Where the source gave one municipality two codes, both are told.
SELECT
    ejercicio,
    departamento_codigo,
    departamento,
    municipio_codigo,
    municipio,
    string_agg(DISTINCT municipio_codigo_fuente, '; ' ORDER BY municipio_codigo_fuente) AS municipio_codigo_fuente,
    clase_codigo,
    clase,
    seccion_codigo,
    seccion,
    CAST(sum(asignado) AS DECIMAL(18, 4)) AS asignado,
    CAST(sum(modificado) AS DECIMAL(18, 4)) AS modificado,
    CAST(sum(vigente) AS DECIMAL(18, 4)) AS vigente,
    CAST(sum(devengado) AS DECIMAL(18, 4)) AS devengado,
    count(*) AS filas_fuente,
    bool_and(abs(asignado + modificado - vigente) < 0.01) AS identidad_cuadra,
    bool_or(starts_with(devengado_fuente, '-')) AS devengado_negativo
FROM cleaned
GROUP BY ALL
