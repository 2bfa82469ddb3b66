-- A text whose UTF-8 was read as windows-1252 or latin-1 by somebody before us, as it was meant; read wrongly
-- twice is mended, too. Only what turns back into UTF-8 to the last byte is changed.
-- Source: our own rule; SQL cannot say it, so the function mojibake_reread does it for texts that show signs.
-- example: mojibake_mended('COMPAÃ‘IA') -> COMPAÑIA
-- example: mojibake_mended('PeÃƒÂ±a') -> Peña
-- example: mojibake_mended('BogotÃ¡') -> Bogotá
-- example: mojibake_mended('COMPAÑIA') -> COMPAÑIA
-- example: mojibake_mended('COMPAÃ‘IA Ñ') -> COMPAÃ‘IA Ñ
-- example: mojibake_mended('São') -> São
-- example: mojibake_mended(NULL) -> NULL
CREATE OR REPLACE MACRO mojibake_mended(v) AS
    CASE
        -- The first byte of a letter and one that may follow it, as those programs showed them.
        WHEN regexp_matches(v, '[Â-ô][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]')
        THEN coalesce(mojibake_reread(v), v)
        ELSE v
    END;
