-- The number that must not stay in a party's identifier: none where the party is a legal person or the identifier
-- is a public registry's (GT-CISP, GT-GCUC), else its number. For `inside`. Parties as in is_legal_party.
-- Source: as is_legal_party; Guatecompras, registries of its organization identifiers.
-- example: people_in_id('GT-NIT-2', 'GT-NIT-2', 'ANA XOL', NULL) -> [2]
-- example: people_in_id('GT-NIT-1', 'GT-NIT-1', 'SOL, S.A.', NULL) -> []
-- example: people_in_id('GT-CISP-12101206', NULL, NULL, NULL) -> []
-- example: people_in_id('GT-CISP-1234567890101', NULL, NULL, NULL) -> [1234567890101]
-- example: people_in_id(NULL, NULL, NULL, NULL) -> NULL
CREATE OR REPLACE MACRO people_in_id(v, ids, names, types) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_matches(v, '^GT-(CISP|GCUC)-') AND NOT regexp_matches(v, '[0-9]{13}') THEN []::VARCHAR[]
        WHEN is_legal_party(v, ids, names, types) THEN []::VARCHAR[]
        ELSE [party_number(v)]
    END;
