-- A web address that can be followed: scheme http or https, a host with a point (or localhost), blanks inside the
-- path written %20. NULL for anything else. Blanks around it are taken off. It says nothing of whether it answers.
-- Source: RFC 3986, sections 2.1 and 3.
-- example: url_text(' http://siat.oj.gob.gt/#/dashboard ') -> http://siat.oj.gob.gt/#/dashboard
-- example: url_text('http://www.oj.gob.gt/casos ingresados 2019.pdf') -> http://www.oj.gob.gt/casos%20ingresados%202019.pdf
-- example: holds_cui(url_text('http://a.gob.gt/CV 1234567890101.pdf')) -> true
-- example: url_text('HTTPS://Datos.gob.gt') -> HTTPS://Datos.gob.gt
-- example: url_text('www.oj.gob.gt') -> NULL
-- example: url_text('http://sin dominio/a.pdf') -> NULL
-- example: url_text('http://usuario:clave@oj.gob.gt/') -> NULL
-- example: url_text('ftp://oj.gob.gt/a.pdf') -> NULL
-- example: url_text(' ') -> NULL
-- example: url_text(NULL) -> NULL
CREATE OR REPLACE MACRO url_text(v) AS
    CASE
        WHEN regexp_full_match(
            trim_text(v), '(?is)https?://([\pL0-9-]+[.])+[\pL0-9-]*\pL[\pL0-9-]*(:[0-9]{1,5})?([/?#][^<>"{}|\\^`]*)?'
        )
        THEN regexp_replace(trim_text(v), '\s+', '%20', 'g')
    END;
