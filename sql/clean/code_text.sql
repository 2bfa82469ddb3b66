-- A code stays text: every blank goes, leading zeros and all other characters stay.
-- Source: our own rule; SAT writes a blank before each tariff code.
-- example: code_text(' 8711209000') -> 8711209000
-- example: code_text('0101 2100 00') -> 0101210000
-- example: code_text('00-01-0138-46') -> 00-01-0138-46
-- example: code_text(NULL) -> NULL
CREATE OR REPLACE MACRO code_text(v) AS
    regexp_replace(v, '[\s\x{A0}\x{2000}-\x{200B}\x{202F}\x{3000}\x{FEFF}]+', '', 'g');
