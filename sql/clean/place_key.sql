-- How names of places are compared: folded, without full stops, commas and brackets.
-- Source: our own rule.
-- example: place_key('Sto. Domingo  Xenacoj') -> STO DOMINGO XENACOJ
-- example: place_key('PETÉN.') -> PETEN
-- example: place_key('---') -> ---
-- example: place_key(NULL) -> NULL
CREATE OR REPLACE MACRO place_key(v) AS
    fold_text(regexp_replace(v, '[.,()]+', ' ', 'g'));
