-- The same release comes in more than one file: its rows are equal once they are read, and stay once.
SELECT DISTINCT
    publicacion_id, departamento_codigo, departamento, municipio_codigo, municipio, item_id, descripcion,
    caracteristicas, clasificacion, clasificacion_codigo, cantidad, unidad, precio_unitario, moneda
FROM cleaned
