-- What is compared of a number or name by which somebody is known: a NIT or CUI in its canonical form, else the
-- text folded, without blanks, hyphens and full stops.
-- Source: as nit; fold_text.
-- example: person_key('1234 56789 0101') -> 1234567890101
-- example: person_key('576937-k') -> 576937K
-- example: person_key('EXT-A 12.3') -> EXTA123
-- example: person_key('Sololá') -> SOLOLA
-- example: person_key(NULL) -> NULL
CREATE OR REPLACE MACRO person_key(v) AS
    coalesce(nit(v), nullif(translate(fold_text(v), ' -.', ''), ''));
