-- The format that the file name at the end of a web address tells: its extension in lower case, of a list of
-- known ones. NULL where it tells none: mostly a page.
-- Source: the extensions of IANA's media types that institutions publish under.
-- example: url_format('http://www.oj.gob.gt/estadisticas/casos%202019.PDF') -> pdf
-- example: url_format('http://oj.gob.gt/a.xlsx?v=2#hoja') -> xlsx
-- example: url_format('http://siat.oj.gob.gt/#/dashboard') -> NULL
-- example: url_format('http://www.oj.gob.gt') -> NULL
-- example: url_format('http://oj.gob.gt/informe.v2') -> NULL
-- example: url_format(NULL) -> NULL
CREATE OR REPLACE MACRO url_format(v) AS
    nullif(
        regexp_extract(
            lower(v),
            '^https?://[^/?#]+/[^?#]*[.](pdf|docx?|xlsx?|csv|json|xml|html?|txt|zip|rar|pptx?|ods|odt|sav|shp|jpe?g|png)'
            || '([?#].*)?$',
            1
        ),
        ''
    );
