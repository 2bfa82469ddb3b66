-- Judgments of first instance since the parameter desde (YYYY-MM-DD), one row per accused person.
-- Written for PostgreSQL and SQLite alike; a date becomes its ISO text where it is compared. Fails closed: a
-- date that is no ISO date is unknown, and everybody in a case who is not known to be accused is a victim.
WITH texts AS (
    SELECT
        partes.caso_id,
        partes.id AS parte_id,
        personas.nombre,
        CAST(casos.fecha_hecho AS VARCHAR(10)) AS hecho,
        CAST(personas.fecha_nacimiento AS VARCHAR(10)) AS nacimiento
    FROM partes
    JOIN casos ON casos.id = partes.caso_id
    LEFT JOIN personas ON personas.id = partes.persona_id
    WHERE COALESCE(LOWER(TRIM(partes.papel)), '') NOT IN (
        'sindicado', 'sindicada', 'acusado', 'acusada', 'imputado', 'imputada', 'procesado', 'procesada',
        'condenado', 'condenada'
    )
),
-- SQLite keeps in a date whatever was written; 1900 is what systems write for a birth they do not know.
dated AS (
    SELECT
        caso_id,
        parte_id,
        nombre,
        CASE
            WHEN SUBSTR(hecho, 5, 1) = '-' AND SUBSTR(hecho, 8, 1) = '-' AND SUBSTR(hecho, 11, 1) IN ('', ' ', 'T')
                AND LENGTH(SUBSTR(hecho, 1, 10)) = 10
                AND LTRIM(SUBSTR(hecho, 1, 4) || SUBSTR(hecho, 6, 2) || SUBSTR(hecho, 9, 2), '0123456789') = ''
                AND SUBSTR(hecho, 6, 2) BETWEEN '01' AND '12' AND SUBSTR(hecho, 9, 2) BETWEEN '01' AND '31'
                THEN SUBSTR(hecho, 1, 10)
        END AS hecho,
        CASE
            WHEN SUBSTR(nacimiento, 5, 1) = '-' AND SUBSTR(nacimiento, 8, 1) = '-'
                AND SUBSTR(nacimiento, 11, 1) IN ('', ' ', 'T')
                AND LENGTH(SUBSTR(nacimiento, 1, 10)) = 10
                AND LTRIM(
                    SUBSTR(nacimiento, 1, 4) || SUBSTR(nacimiento, 6, 2) || SUBSTR(nacimiento, 9, 2), '0123456789'
                ) = ''
                AND SUBSTR(nacimiento, 6, 2) BETWEEN '01' AND '12' AND SUBSTR(nacimiento, 9, 2) BETWEEN '01' AND '31'
                AND SUBSTR(nacimiento, 1, 4) <> '1900'
                THEN SUBSTR(nacimiento, 1, 10)
        END AS nacimiento
    FROM texts
),
years AS (
    SELECT
        caso_id,
        parte_id,
        nombre,
        CAST(SUBSTR(hecho, 1, 4) AS INTEGER) - CAST(SUBSTR(nacimiento, 1, 4) AS INTEGER)
            - CASE WHEN SUBSTR(hecho, 6, 5) < SUBSTR(nacimiento, 6, 5) THEN 1 ELSE 0 END AS edad
    FROM dated
),
-- Each victim's whole years of age on the day; null where a date is unknown or the age cannot be.
victims AS (
    SELECT
        caso_id,
        parte_id,
        nombre,
        CASE WHEN edad BETWEEN 0 AND 110 THEN edad END AS edad
    FROM years
),
-- true: a victim was under 18; null: of one it is not known; a case without victims has no row here.
victims_of_case AS (
    SELECT
        caso_id,
        MIN(parte_id) AS primera_parte_id,
        CASE
            WHEN MIN(edad) < 18 THEN 'true'
            WHEN COUNT(edad) < COUNT(*) THEN NULL
            ELSE 'false'
        END AS menor
    FROM victims
    GROUP BY caso_id
)
SELECT
    casos.expediente,
    juzgados.nombre AS juzgado,
    juzgados.departamento,
    juzgados.municipio,
    jueces.nombre AS juez,
    casos.materia,
    delitos.nombre AS delito,
    casos.fecha_hecho,
    sentencias.fecha AS fecha_sentencia,
    sentencias.tipo AS tipo_sentencia,
    sentencias.pena_meses,
    sentencias.multa,
    personas.nombre AS sindicado_nombre,
    personas.cui AS sindicado_cui,
    personas.fecha_nacimiento AS sindicado_nacimiento,
    personas.sexo AS sindicado_sexo,
    personas.direccion,
    victims.nombre AS victima_nombre,
    -- Without a victim on record it is known only of a crime that has none.
    CASE
        WHEN victims_of_case.caso_id IS NOT NULL THEN victims_of_case.menor
        WHEN delitos.nombre = 'PORTACIÓN ILEGAL DE ARMAS DE FUEGO' THEN 'false'
    END AS victima_menor,
    casos.hechos
FROM sentencias
JOIN partes ON partes.id = sentencias.parte_id
JOIN personas ON personas.id = partes.persona_id
JOIN casos ON casos.id = partes.caso_id
JOIN juzgados ON juzgados.id = casos.juzgado_id
JOIN jueces ON jueces.id = casos.juez_id
JOIN delitos ON delitos.id = casos.delito_id
LEFT JOIN victims_of_case ON victims_of_case.caso_id = casos.id
LEFT JOIN victims ON victims.parte_id = victims_of_case.primera_parte_id
WHERE CAST(sentencias.fecha AS VARCHAR(10)) >= :desde
ORDER BY casos.expediente, sentencias.id
