-- The number that must not stay in the identifier of a public body: a 13-digit one, which is a person's CUI even
-- there. For `inside`.
-- Source: SAT-DSI-393-2025 as reported in the press.
-- example: people_in_public_id('GT-NIT-6200060') -> []
-- example: people_in_public_id('GT-NIT-1234567890101') -> [1234567890101]
-- example: people_in_public_id('') -> []
-- example: people_in_public_id(NULL) -> NULL
CREATE OR REPLACE MACRO people_in_public_id(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN regexp_full_match(party_number(v), '[0-9]{13}') THEN [party_number(v)]
        ELSE []::VARCHAR[]
    END;
