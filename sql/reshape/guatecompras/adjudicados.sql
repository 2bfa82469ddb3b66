-- The same release comes in more than one file: its rows are equal once they are read, and stay once.
SELECT DISTINCT
    publicacion_id, departamento_codigo, departamento, municipio_codigo, municipio, adjudicacion_id,
    proveedor_id, nombre
FROM cleaned
