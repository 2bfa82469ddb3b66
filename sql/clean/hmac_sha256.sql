-- The first 128 bits of HMAC-SHA-256 over a text, as 32 hex digits. `inner_key` and `outer_key` are the key,
-- filled with zeros to 64 bytes, XOR 0x36 and 0x5c.
-- Source: RFC 2104; checked against RFC 4231, test case 2 (key Jefe) cut to 128 bits (RFC 2104, section 5).
-- example: hmac_sha256('what do ya want for nothing?', unhex('7c535053' || repeat('36', 60)), unhex('16393a39' || repeat('5c', 60))) -> 5bdcc146bf60754e6a042426089575c7
-- example: hmac_sha256('', unhex(repeat('36', 64)), unhex(repeat('5c', 64))) -> b613679a0814d9ec772f95d778c35fc5
-- example: hmac_sha256('ñ', unhex(repeat('36', 64)), unhex(repeat('5c', 64))) -> 8089608bb9fee2981b2cf7e87b7baf93
-- example: hmac_sha256(NULL, unhex(repeat('36', 64)), unhex(repeat('5c', 64))) -> NULL
CREATE OR REPLACE MACRO hmac_sha256(message, inner_key, outer_key) AS
    left(sha256(outer_key || unhex(sha256(inner_key || encode(message)))), 32);
