-- The mailbox of an office, in lower case: its domain is an official one (gob.gt, mil.gt, usac.edu.gt) and its
-- name is made of words for offices and tasks alone. NULL for anybody's own mailbox, and for any other domain.
-- Source: Decreto 57-2008, art. 10 no. 2 (official addresses are public, people's are not); the words are our own.
-- example: role_mailbox('Compras@mineco.gob.gt') -> compras@mineco.gob.gt
-- example: role_mailbox('unidad.compras02@igss.gob.gt') -> unidad.compras02@igss.gob.gt
-- example: role_mailbox('uip@oj.gob.gt') -> uip@oj.gob.gt
-- example: role_mailbox('jperez@mineco.gob.gt') -> NULL
-- example: role_mailbox('compras.jperez@mineco.gob.gt') -> NULL
-- example: role_mailbox('guatecompras@gmail.com') -> NULL
-- example: role_mailbox('compras@mineco.gob.gt.example.com') -> NULL
-- example: role_mailbox(NULL) -> NULL
CREATE OR REPLACE MACRO role_mailbox(v) AS
    nullif(
        regexp_extract(
            lower(trim_text(v)),
            '^(?:(?:guatecompras|compras|compra|adquisiciones|contrataciones|licitaciones|licitacion|cotizaciones|cotizacion'
            || '|eventos|proveedores|proveeduria|almacen|suministros|info|informacion|contacto|atencion|recepcion|correspondencia'
            || '|uip|uaip|uda|udaf|daf|dafim|dmp|dga|dgae|unidad|departamento|depto|direccion|seccion|gerencia|secretaria'
            || '|administracion|administrativa|financiera|financiero|tesoreria|presupuesto|planificacion|juridico|publica'
            || '|municipal|municipalidad|muni|alcaldia|hospital|de|y)[._-]?)+[0-9]{0,4}@(?:[a-z0-9-]+[.])*(?:gob[.]gt|mil[.]gt|usac[.]edu[.]gt)$'
        ),
        ''
    );
