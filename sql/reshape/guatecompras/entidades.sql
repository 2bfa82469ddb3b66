-- The same release comes in more than one file: its rows are equal once they are read, and stay once.
SELECT DISTINCT
    publicacion_id, entidad_id, registro, nombre, roles, pertenece_a_id, pertenece_a, nivel, tipo_entidad,
    sector, direccion, departamento_codigo, departamento, municipio_codigo, municipio, pais, correo,
    telefono, fax
FROM cleaned
