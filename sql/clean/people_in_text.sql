-- What must not stay in a free text or web address: numbers of its record's parties that are no legal persons, any NIT
-- (as nit_pieces) that is no legal party's, any number that is a valid CUI, e-mail addresses that are no office's, mobiles; longest first. NULL, so that the whole text
-- is refused, where it names a contact of the record or anybody else. For `inside`. Parties as in is_legal_party.
-- Source: as is_legal_party, cui, role_mailbox, holds_mobile, names_contact, holds_name.
-- example: people_in_text('Oferta de GT-NIT-1234 y 1234', 'GT-NIT-1234', 'ANA XOL', NULL, NULL) -> [1234]
-- example: people_in_text('Oferta de 6200060-2', 'GT-NIT-62000602', 'ANA XOL', NULL, NULL) -> [6200060-2]
-- example: people_in_text('Oferta de 576937-k', 'GT-NIT-576937K', 'ANA XOL', NULL, NULL) -> [576937-k]
-- example: people_in_text('Firma ella, NIT 1234567-9', 'GT-NIT-576937K', 'SOL, S.A.', NULL, NULL) -> [1234567-9]
-- example: people_in_text('Oferta de NIT 576937-K', 'GT-NIT-576937K', 'SOL, S.A.', NULL, NULL) -> []
-- example: people_in_text('http://a.gt/7@NIT%20576937%2DK.pdf', NULL, NULL, NULL, NULL) -> NULL
-- example: people_in_text('http://a.gt/files/7@1234567890101%20CV.pdf', NULL, NULL, NULL, NULL) -> [1234567890101]
-- example: people_in_text('http://a.gt/files/7@CV%201234567890101.pdf', NULL, NULL, NULL, NULL) -> [1234567890101]
-- example: people_in_text('DPI 1234 56789 0101, cel. 5512-3456', NULL, NULL, NULL, NULL) -> [1234 56789 0101, 5512-3456]
-- example: people_in_text('Escriba a ana@correo.gt o a compras@mineco.gob.gt', NULL, NULL, NULL, NULL) -> [ana@correo.gt]
-- example: people_in_text('http://a.gt/29813743@BASES.pdf', NULL, NULL, NULL, NULL) -> []
-- example: people_in_text('Compra de 500 sillas', 'GT-NIT-1', 'SOL, S.A.', NULL, NULL) -> []
-- example: people_in_text('Contrato de Ana Xol', NULL, NULL, NULL, 'ANA XOL TZOC') -> NULL
-- example: people_in_text('http://a.gt/7@CV%20Juan%20P%C3%A9rez%20L%C3%B3pez.pdf', NULL, NULL, NULL, NULL) -> NULL
-- example: people_in_text(NULL, NULL, NULL, NULL, NULL) -> NULL
CREATE OR REPLACE MACRO people_in_text(v, ids, names, types, contacts) AS
    CASE
        WHEN v IS NULL OR names_contact(v, contacts) THEN NULL
        -- a NIT that only shows when escapes are read cannot be replaced piece by piece
        WHEN len(list_filter(nits_of_others(as_read(v), ids, names, types), lambda one: NOT contains(v, one))) > 0
        THEN NULL
        WHEN holds_name(regexp_replace(
                coalesce(TRY(url_decode(regexp_replace(v, '^https?://[^/]*', ''))), as_read(v)),
                '[-_+@/.=&?]+', ' ', 'g'
            ), false)
        THEN NULL
        ELSE longest_first(
            list_concat(
                list_concat(
                    list_filter(
                        regexp_extract_all(v, '(?:%[0-9A-Fa-f]{2})*([0-9](?:(?:[ ._-]|%20){0,3}[0-9]){12})', 1),
                        lambda piece: cui(translate(replace(piece, '%20', ''), ' ._-', '')) IS NOT NULL
                    ),
                    list_filter(
                        regexp_extract_all(v, '[\pL0-9._%+-]+@[\pL0-9-]+(?:[.][\pL0-9-]+)*[.]\pL{2,}'),
                        lambda piece: role_mailbox(piece) IS NULL
                            AND NOT regexp_matches(lower(piece), '[.](pdf|docx?|xlsx?|zip|rar|jpe?g|png|txt|pptx?|dwg|mpp)$')
                    )
                ),
                list_concat(
                    list_concat(nits_of_others(v, ids, names, types), CASE
                        WHEN holds_mobile(v, false)
                        THEN regexp_extract_all(v, '[345][0-9]{3}[ .-]?[0-9]{4}')
                        ELSE []::VARCHAR[]
                    END),
                    list_filter(
                        flatten(
                            list_transform(
                                list_filter(
                                    coalesce(string_split(ids, chr(10)), []::VARCHAR[]),
                                    lambda id: len(people_in_id(id, ids, names, types)) > 0
                                ),
                                -- as it is, with the hyphen before its check digit, and with a small k
                                lambda id: flatten(
                                    list_transform(
                                        [party_number(id), regexp_replace(party_number(id), '-?(.)$', '-\1')],
                                        lambda number: [number, lower(number)]
                                    )
                                )
                            )
                        ),
                        lambda number: length(number) >= 4 AND contains(v, number)
                    )
                )
            )
        )
    END;
