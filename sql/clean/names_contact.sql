-- Whether a text names one of the contacts of its record, one a line: two words of the name in it, in any order,
-- whatever accents, case, or signs between. Contacts that are offices (MUNICIPALIDAD, COMPRAS ...) are nobody.
-- Source: our own rule; files and titles carry the names of the officials who made them.
-- example: names_contact('CV Ana Lucía Xol.pdf', 'COMPRAS' || chr(10) || 'ANA LUCIA XOL TZOC') -> true
-- example: names_contact('http://a.gt/1@xol_TZOC%20firma.pdf', 'Ana Xol Tzoc') -> true
-- example: names_contact('CONSTRUCCION EN XOL', 'Ana Xol Tzoc') -> false
-- example: names_contact('DEPARTAMENTO DE COMPRAS', 'DEPARTAMENTO DE COMPRAS') -> false
-- example: names_contact('ALGO', NULL) -> false
-- example: names_contact(NULL, 'Ana Xol Tzoc') -> NULL
CREATE OR REPLACE MACRO names_contact(v, contacts) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN contacts IS NULL THEN false
        ELSE list_transform(
            [string_split_regex(fold_text(coalesce(TRY(url_decode(v)), as_read(v))), '[^A-Z]+')],
            lambda words: len(
                list_filter(
                    string_split(contacts, chr(10)),
                    lambda contact: NOT regexp_matches(
                        fold_text(contact),
                        '(^|[^A-Z])(MUNICIPALIDAD|DEPARTAMENTO|DIRECCION|UNIDAD|SECCION|OFICINA|MINISTERIO|INSTITUTO|HOSPITAL'
                        || '|GERENCIA|COMISION|JUNTA|COMPRAS|ADQUISICIONES|SECRETARIA|COORDINACION|SUBDIRECCION|CENTRO|UNIVERSIDAD'
                        || '|FONDO|REGISTRO|CONSEJO|EMPRESA|COMANDO|BRIGADA|ESCUELA|ALMACEN|TESORERIA|DAFIM|UDAF)($|[^A-Z])'
                    )
                    AND len(
                        list_filter(
                            list_distinct(string_split_regex(fold_text(contact), '[^A-Z]+')),
                            lambda word: length(word) >= 3 AND list_contains(words, word)
                        )
                    ) >= 2
                )
            ) > 0
        )[1]
    END;
