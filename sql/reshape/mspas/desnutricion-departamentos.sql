-- Municipalities are added up to departments; sex and age band are told in words.
SELECT
    departamento_codigo,
    departamento,
    anio,
    tipo,
    CASE sexo WHEN 'F' THEN 'Mujer' WHEN 'M' THEN 'Hombre' END AS sexo,
    CASE edad
        WHEN '< 1 mes' THEN 'Menos de 1 mes'
        WHEN '1m a < 2m' THEN 'De 1 a menos de 2 meses'
        WHEN '2m a < 1 a' THEN 'De 2 meses a menos de 1 año'
        WHEN '1a a 4 a' THEN 'De 1 a 4 años'
    END AS edad,
    CAST(sum(casos) AS BIGINT) AS casos
FROM cleaned
GROUP BY ALL
