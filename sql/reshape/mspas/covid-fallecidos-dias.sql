-- All municipalities of the file are added up.
SELECT
    fecha,
    CAST(sum(fallecidos) AS BIGINT) AS fallecidos
FROM cleaned
GROUP BY ALL
