-- Whether a text holds an e-mail address anywhere.
-- Source: the usual forms of RFC 5322 addresses; what validate holds every published text against.
-- example: holds_email('COROLLA juan.perez@correo.gt') -> true
-- example: holds_email('<ANA_LÓPEZ@EXAMPLE.COM.GT>') -> true
-- example: holds_email('2 @ Q5.00') -> false
-- example: holds_email('@usuario') -> false
-- example: holds_email(NULL) -> NULL
CREATE OR REPLACE MACRO holds_email(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        ELSE contains(v, '@') AND regexp_matches(v, '[\pL0-9._%+-]@[\pL0-9-]+([.][\pL0-9-]+)*[.]\pL{2,}')
    END;
