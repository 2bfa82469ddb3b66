-- Both layouts put together; what each station and variable is, looked up once; the flag of each value. The name
-- of a station that the wide layout writes under its code is not needed: the code tells it.
WITH
measured AS (
    SELECT
        estacion_codigo,
        -- The first digits of the code, but where they are no municipality of INE: see the corrections.
        estacion_municipio,
        coalesce(fecha_ancho, fecha_largo) AS fecha,
        variable,
        coalesce(valor_ancho, valor_largo) AS valor
    FROM cleaned
    -- Rows at the end of the wide file hold a stray marker and tell neither day nor variable.
    WHERE coalesce(fecha_ancho, fecha_largo) IS NOT NULL
        OR variable IS NOT NULL
        OR coalesce(valor_ancho, valor_largo) IS NOT NULL
),

stations AS (
    SELECT
        estacion_codigo,
        code_label_any(estacion_codigo, 'clima-estaciones') AS estacion,
        department_of(estacion_municipio) AS departamento_codigo,
        department_name(department_of(estacion_municipio)) AS departamento,
        estacion_municipio AS municipio_codigo,
        municipality_name(estacion_municipio) AS municipio
    FROM (SELECT DISTINCT estacion_codigo, estacion_municipio FROM measured)
),

variables AS (
    SELECT
        variable,
        code_label_any(variable, 'clima-unidades') AS unidad,
        CAST(split_part(code_label_any(variable, 'clima-rangos'), '..', 1) AS DECIMAL(12, 4)) AS least,
        CAST(split_part(code_label_any(variable, 'clima-rangos'), '..', 2) AS DECIMAL(12, 4)) AS most
    FROM (SELECT DISTINCT variable FROM measured)
),

-- A whole number of three digits among temperatures of the air lost its point. A negative one is a damaged marker where
-- nothing can be below zero.
judged AS (
    SELECT
        measured.* EXCLUDE (estacion_municipio, valor),
        variables.* EXCLUDE (variable),
        variable IN ('temperatura_maxima', 'temperatura_minima', 'temperatura_media', 'temperatura_seca')
            AND valor >= 100 AND valor = floor(valor) AND valor / 10 BETWEEN least AND most AS pointless,
        CASE
            WHEN valor < 0 AND least >= 0 AND unidad <> '°C' THEN NULL
            WHEN pointless THEN CAST(valor / 10 AS DECIMAL(12, 4))
            ELSE valor
        END AS valor
    FROM measured
    LEFT JOIN variables USING (variable)
),

-- What the source gives twice with one value is one; with two values, both stay.
once AS (
    SELECT
        *,
        count(valor) OVER (PARTITION BY estacion_codigo, fecha, variable) AS given
    FROM (SELECT DISTINCT * FROM judged)
)

SELECT
    estacion_codigo,
    estacion,
    departamento_codigo,
    departamento,
    municipio_codigo,
    municipio,
    fecha,
    variable,
    valor,
    unidad,
    CASE
        WHEN valor IS NULL THEN 'sin_dato'
        WHEN given > 1 THEN 'repetido'
        WHEN pointless THEN 'punto_restituido'
        WHEN valor BETWEEN least AND most THEN 'valido'
        ELSE 'improbable'
    END AS calidad
FROM once
LEFT JOIN stations USING (estacion_codigo)
-- A marker beside a value says nothing more.
WHERE valor IS NOT NULL OR given = 0
