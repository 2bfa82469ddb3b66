-- Whether the party with this identifier is surely a legal person, by the list of a record's parties: identifiers,
-- names and types, one a line, in step. The source's type decides (an individual is none whatever the name), then
-- the name. A 13-digit CUI is nobody's but a person's. What is not known is no legal person.
-- Source: SAT-DSI-393-2025 as reported in the press; as is_legal_person.
-- example: is_legal_party('GT-NIT-1', 'GT-NIT-1' || chr(10) || 'GT-NIT-2', 'SOL, S.A.' || chr(10) || 'ANA XOL', chr(10)) -> true
-- example: is_legal_party('GT-NIT-2', 'GT-NIT-1' || chr(10) || 'GT-NIT-2', 'SOL, S.A.' || chr(10) || 'ANA XOL', chr(10)) -> false
-- example: is_legal_party('GT-NIT-3', 'GT-NIT-3', 'CONSORCIO EL SOL, S.A.', NULL) -> true
-- example: is_legal_party('GT-NIT-3', 'GT-NIT-3', 'CONSORCIO EL SOL', NULL) -> false
-- example: is_legal_party('GT-NIT-3', 'GT-NIT-3', 'EL SOL', 'Consorcio') -> true
-- example: is_legal_party('GT-NIT-3', 'GT-NIT-3', 'EL SOL', 'Sociedad Anónima') -> true
-- example: is_legal_party('GT-NIT-3', 'GT-NIT-3', 'EL SOL, S.A.', 'Persona individual') -> false
-- example: is_legal_party('GT-NIT-1234567890101', 'GT-NIT-1234567890101', 'EL SOL, S.A.', 'Sociedad Anónima') -> false
-- example: is_legal_party('GT-NIT-9', 'GT-NIT-3', 'EL SOL, S.A.', NULL) -> false
-- example: is_legal_party(NULL, 'GT-NIT-3', 'EL SOL, S.A.', NULL) -> NULL
CREATE OR REPLACE MACRO is_legal_party(v, ids, names, types) AS
    list_transform(
        [{'ids': string_split(ids, chr(10)), 'names': string_split(names, chr(10)), 'types': string_split(types, chr(10))}],
        lambda parties: CASE
            WHEN v IS NULL THEN NULL
            WHEN cui(party_number(v)) IS NOT NULL OR regexp_full_match(party_number(v), '[0-9]{13}') THEN false
            WHEN len(parties.ids) IS DISTINCT FROM len(parties.names) THEN false
            ELSE list_transform(
                [
                    {
                        'name': list_extract(parties.names, list_position(parties.ids, v)),
                        'type': fold_text(
                            CASE
                                WHEN len(parties.types) = len(parties.ids)
                                THEN list_extract(parties.types, list_position(parties.ids, v))
                            END
                        )
                    }
                ],
                lambda party: coalesce(
                    CASE
                        WHEN regexp_matches(party.type, 'INDIVIDUAL|NATURAL|PERSONAL|PROPIETARI') THEN false
                        WHEN regexp_matches(
                            party.type,
                            'SOCIEDAD|ANONIMA|LIMITADA|SECTOR PUBLICO|JURIDICA|ASOCIACION|FUNDACION|COOPERATIVA|CONSORCIO|ENTIDAD|MUNICIPALIDAD'
                        )
                        THEN true
                        ELSE is_legal_person(party.name)
                    END,
                    false
                )
            )[1]
        END
    )[1];
