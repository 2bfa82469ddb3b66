-- A row for each spouse whose nationality is known.
SELECT
    anio,
    sexo,
    nacionalidad
FROM (
    SELECT
        anio,
        unnest([
            {sexo: 'Hombre', nacionalidad: nacionalidad_hombre},
            {sexo: 'Mujer', nacionalidad: nacionalidad_mujer}
        ], recursive := true)
    FROM cleaned
)
WHERE nacionalidad IS NOT NULL
