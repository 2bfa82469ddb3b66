-- The same release comes in more than one file: its rows are equal once they are read, and stay once.
SELECT DISTINCT
    publicacion_id, ocid, concurso_id, fecha, fecha_carga, etiquetas, tipo_inicio, idioma, comprador_id,
    comprador, contratante_id, contratante, departamento_codigo, departamento, municipio_codigo, municipio,
    titulo, estado, estado_detalle, metodo, modalidad, categoria, presentacion, fecha_convocatoria,
    inicio_ofertas, fin_ofertas, ofertantes, valor_estimado, moneda, segmento
FROM cleaned
