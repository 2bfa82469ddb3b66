-- Always applied first: CR and CRLF become LF, characters that XML 1.0 forbids become U+FFFD.
-- Source: XML 1.0 (fifth edition), production 2 (Char) and section 2.11 (line ends).
-- example: safe_text('a' || chr(13) || chr(10) || 'b' || chr(13) || 'c') = 'a' || chr(10) || 'b' || chr(10) || 'c' -> true
-- example: safe_text('uno' || chr(1) || 'dos') = 'uno' || chr(65533) || 'dos' -> true
-- example: safe_text('Cobán ñ') -> Cobán ñ
-- example: safe_text(NULL) -> NULL
CREATE OR REPLACE MACRO safe_text(v) AS
    CASE
        WHEN regexp_matches(v, '[\x00-\x08\x0B-\x1F\x{FFFE}\x{FFFF}]')
        THEN regexp_replace(
            replace(replace(v, chr(13) || chr(10), chr(10)), chr(13), chr(10)),
            '[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]', chr(65533), 'g'
        )
        ELSE v
    END;
