-- The codes of ten digits, each with the text of its heading of four; dashes before a text mark its level.
-- A heading that is not divided has no line of its own: its one code ends in zeros, and its text is the heading's.
WITH lines AS (
    SELECT
        translate(codigo_fuente, '.', '') AS code,
        regexp_replace(texto_fuente, '\s+', ' ', 'g') AS text
    FROM cleaned
    WHERE regexp_full_match(codigo_fuente, '\d{2}[.]\d{2}|\d{4}[.]\d{2}[.]\d{2}[.]\d{2}')
)
SELECT
    leaf.code AS partida,
    left(leaf.code, 2) AS capitulo_codigo,
    coalesce(heading.text, CASE WHEN leaf.code LIKE '%000000' THEN leaf.text END) AS encabezado,
    regexp_replace(leaf.text, '^[- ]+', '') AS descripcion,
    CAST(length(replace(regexp_extract(leaf.text, '^[- ]*'), ' ', '')) AS BIGINT) AS nivel
FROM lines AS leaf
LEFT JOIN lines AS heading ON heading.code = left(leaf.code, 4)
WHERE length(leaf.code) = 10
