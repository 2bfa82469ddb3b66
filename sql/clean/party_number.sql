-- The number in an OCDS identifier of a party: what stands after its scheme (GT-NIT-, GT-CUI- ...), or all of it.
-- Source: Open Contracting Data Standard 1.1, organization identifiers (org-id.guide).
-- example: party_number('GT-NIT-6200060') -> 6200060
-- example: party_number('GT-GCUC-342-2') -> 342-2
-- example: party_number('6200060') -> 6200060
-- example: party_number('') -> NULL
-- example: party_number(NULL) -> NULL
CREATE OR REPLACE MACRO party_number(v) AS
    nullif(regexp_replace(trim_text(v), '^[A-Za-z]{2}-[A-Za-z]+-', ''), '');
