-- The fixed lines (first digit 2, 6, 7) in a cell that may list several telephones, joined by '; '; NULL when
-- there is none. Mobiles and extensions are dropped. It fails closed: the whole cell is NULL when it holds
-- anything but telephones of 8 digits (or 4 and 4 where no other reading is possible), the country code 502,
-- extensions, the usual words and separators. So no part of a CUI, a NIT or a foreign number comes through.
-- An extension has 1 to 4 digits after EXT, or 2 to 4 after a hyphen: 8 digits, a hyphen and 1 digit are a NIT.
-- Source: Decreto 57-2008, art. 10 no. 2 (official telephones are public); numbering as in phone.
-- example: landlines('77945104') -> 77945104
-- example: landlines('2232-4455') -> 22324455
-- example: landlines('2232 4455') -> 22324455
-- example: landlines('+502 2232-4455') -> 22324455
-- example: landlines('(502) 2232 4455') -> 22324455
-- example: landlines('50222324455') -> 22324455
-- example: landlines('77945104-57101061') -> 77945104
-- example: landlines('77945104-77945105') -> 77945104; 77945105
-- example: landlines('77945104, 77945104 FAX 66335544') -> 77945104; 66335544
-- example: landlines('PBX: 2232-4455 ext. 105 / cel. 5710-1061') -> 22324455
-- example: landlines('22324455-12') -> 22324455
-- example: landlines('4512-2233 7845-1234') -> 78451234
-- example: landlines('57101061') -> NULL
-- example: landlines('+50257101061') -> NULL
-- example: landlines('5710 1061') -> NULL
-- example: landlines('5710 7794 5104') -> NULL
-- example: landlines('5512 3456-7788-9900') -> NULL
-- example: landlines('4512–2233 7845-1234') -> NULL
-- example: landlines('4512/2233 7845-1234') -> NULL
-- example: landlines('2345 6789 0 0101') -> NULL
-- example: landlines('22324455-1') -> NULL
-- example: landlines('NIT 27654321') -> NULL
-- example: landlines('+503 7712 3456') -> NULL
-- example: landlines('503-7123-4567') -> NULL
-- example: landlines('77945104 / 7945104') -> NULL
-- example: landlines('77945104 CASA DE LA DIRECTORA') -> NULL
-- example: landlines('7794510477945105') -> NULL
-- example: landlines('---') -> NULL
-- example: landlines(NULL) -> NULL
CREATE OR REPLACE MACRO landlines(v) AS
    CASE
        WHEN regexp_full_match(v, '[267][0-9]{7}') THEN v
        WHEN regexp_full_match(v, '[0-9]{1,8}') THEN NULL
        ELSE list_transform(
            [
                string_split_regex(
                    regexp_replace(
                        -- a number that says it is a mobile goes with its word; another after that word stays unread
                        regexp_replace(
                            upper(strip_accents(trim_text(v))),
                            '\b(?:CEL|CELS|CELULAR|CELULARES|MOVIL)\b[ .:]*(?:(?:[+]|00)?502[ -]?)?[345][0-9]{3}[ -]?[0-9]{4}\b',
                            ',', 'g'
                        ),
                        '\b(?:TEL|TELS|TELEFONO|TELEFONOS|FAX|TELEFAX|PBX|Y|O)\b[ .:]*', ',', 'g'
                    ),
                    '[ ]*[,;/|\n][ ]*'
                )
            ],
            lambda parts: CASE
                WHEN len(
                    list_filter(
                        parts,
                        lambda part: NOT regexp_full_match(
                            part,
                            '[ .-]*'
                            -- one number, its halves apart or not
                            || '|[ ]*(?:[(]?(?:[+]|00)?502[)]?[ -]?)?[2-7][0-9]{3}[ -]?[0-9]{4}(?: ?EXT(?:ENSION)?[ .:]*[0-9]{1,4})?[ .]*'
                            -- several of 8 digits, and an extension behind the last
                            || '|[ ]*(?:(?:[+]|00)?502 ?)?[2-7][0-9]{7}(?:(?: ?- ?| )(?:(?:[+]|00)?502 ?)?[2-7][0-9]{7})*(?:-[0-9]{2,4})?[ .]*'
                            -- several with a hyphen between the halves, blanks between the numbers
                            || '|[ ]*(?:(?:[+]|00)?502 )?[2-7][0-9]{3}-?[0-9]{4}(?: (?:(?:[+]|00)?502 )?[2-7][0-9]{3}-?[0-9]{4})*[ .]*'
                        )
                    )
                ) = 0
                THEN list_transform(
                    [
                        list_filter(
                            flatten(
                                list_transform(
                                    parts,
                                    lambda part: regexp_extract_all(
                                        regexp_replace(part, '\b((?:502)?[0-9]{4})[ -]([0-9]{4})\b', '\1\2', 'g'),
                                        '\b(?:502)?([0-9]{8})\b', 1
                                    )
                                )
                            ),
                            lambda n: n[1] IN ('2', '6', '7')
                        )
                    ],
                    lambda numbers: CASE
                        WHEN len(numbers) > 0
                        THEN array_to_string(list_filter(numbers, lambda n, i: list_position(numbers, n) = i), '; ')
                    END
                )[1]
            END
        )[1]
    END;
