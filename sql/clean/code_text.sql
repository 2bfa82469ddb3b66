-- A code stays text: every blank, and what shows as nothing, goes; leading zeros and all other characters stay.
-- Source: our own rule; SAT writes a blank before each tariff code.
-- example: code_text(' 8711209000') -> 8711209000
-- example: code_text('0101 2100 00') -> 0101210000
-- example: code_text('00-01-0138-46') -> 00-01-0138-46
-- example: code_text(chr(65279) || '01' || chr(173) || '02') -> 0102
-- example: code_text(NULL) -> NULL
CREATE OR REPLACE MACRO code_text(v) AS
    regexp_replace(v, '[\s\x{A0}\x{2000}-\x{200A}\x{202F}\x{3000}\p{Cf}]+', '', 'g');
