-- Judgments of first instance since the parameter desde (YYYY-MM-DD), one row per accused person.
-- Written for PostgreSQL and SQLite alike; a date becomes its ISO text where it is compared.
WITH dates AS (
    SELECT
        casos.id AS caso_id,
        CAST(casos.fecha_hecho AS VARCHAR(10)) AS hecho
    FROM casos
),
-- Each victim's whole years of age on the day; null where a date is unknown.
victims AS (
    SELECT
        partes.caso_id,
        partes.id AS parte_id,
        personas.nombre,
        CAST(SUBSTR(dates.hecho, 1, 4) AS INTEGER)
            - CAST(SUBSTR(CAST(personas.fecha_nacimiento AS VARCHAR(10)), 1, 4) AS INTEGER)
            - CASE
                WHEN SUBSTR(dates.hecho, 6, 5) < SUBSTR(CAST(personas.fecha_nacimiento AS VARCHAR(10)), 6, 5)
                    THEN 1
                ELSE 0
            END AS edad
    FROM partes
    JOIN personas ON personas.id = partes.persona_id
    JOIN dates ON dates.caso_id = partes.caso_id
    WHERE partes.papel = 'victima'
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
    CASE WHEN victims_of_case.caso_id IS NULL THEN 'false' ELSE victims_of_case.menor END AS victima_menor,
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
