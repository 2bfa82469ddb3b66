-- A row for each spouse, of those whose age and schooling are known.
SELECT
    anio,
    sexo,
    edad,
    escolaridad
FROM (
    SELECT
        anio,
        unnest([
            {sexo: 'Hombre', edad: edad_hombre, escolaridad: escolaridad_hombre},
            {sexo: 'Mujer', edad: edad_mujer, escolaridad: escolaridad_mujer}
        ], recursive := true)
    FROM cleaned
)
WHERE edad IS NOT NULL
    AND escolaridad IS NOT NULL
