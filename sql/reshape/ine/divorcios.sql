-- Couples of whom both ages are known: of a divorce with one age, the other would stand alone.
SELECT
    anio,
    edad_hombre,
    edad_mujer
FROM cleaned
WHERE edad_hombre IS NOT NULL
    AND edad_mujer IS NOT NULL
