-- Whether a text holds an e-mail address anywhere, also escaped as in a web address, or with a blank beside its @ where
-- the domain ends like most do. A file of Guatecompras (29813743@BASES.pdf) is none: only digits, @, a file's name.
-- Source: the usual forms of RFC 5322 addresses; what validate holds every published text against; as_read.
-- example: holds_email('COROLLA juan.perez@correo.gt') -> true
-- example: holds_email('<ANA_LÓPEZ@EXAMPLE.COM.GT>') -> true
-- example: holds_email('http://a.gt/7@juan.perez%40correo.gt.pdf') -> true
-- example: holds_email('juan＠correo．gt') -> true
-- example: holds_email('juanperez @correo.com') -> true
-- example: holds_email('55123456@correo.gt') -> true
-- example: holds_email('http://a.gt/29813743@BASES.pdf') -> false
-- example: holds_email('2 @ Q5.00') -> false
-- example: holds_email('@usuario') -> false
-- example: holds_email(NULL) -> NULL
CREATE OR REPLACE MACRO holds_email(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_matches(v, '@|＠|%(25)*40|%(25)*EF%')
        THEN list_transform(
            [as_read(v)],
            lambda read: len(
                list_filter(
                    regexp_extract_all(read, '[\pL0-9._%+-]+@[\pL0-9-]+(?:[.][\pL0-9-]+)*[.]\pL{2,}'),
                    lambda piece: NOT regexp_full_match(
                        lower(piece), '(%[0-9a-f]{2})*[0-9]+@[\pL0-9-]+[.](pdf|docx?|xlsx?|zip|rar|jpe?g|png|txt|pptx?|dwg|mpp)'
                    )
                )
            ) > 0
                OR regexp_matches(
                    read,
                    '(?i)\pL[\pL0-9._+-]{2,} ?@ ?[\pL0-9-]+([.][\pL0-9-]+)*[.](com|net|org|edu|gob|info|gt|es|mx|us)($|[^\pL])'
                )
        )[1]
        ELSE false
    END;
