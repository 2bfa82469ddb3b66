-- No blanks at the ends, one blank where there were several; blanks include tabs, U+00A0 and the other
-- spaces of Unicode. A line break inside stays one line break. Characters that show as nothing (soft hyphens,
-- zero-width and direction marks) go: a word with one inside is the same word.
-- Source: Unicode 15, property White_Space and general category Cf.
-- example: trim_text('  Santa   Rosa ') -> Santa Rosa
-- example: trim_text(chr(160) || 'Petén' || chr(160) || chr(9) || 'Flores') -> Petén Flores
-- example: trim_text('uno  ' || chr(10) || chr(10) || '  dos') = 'uno' || chr(10) || 'dos' -> true
-- example: trim_text('San' || chr(173) || 'ta' || chr(8203) || ' ' || chr(8205) || ' Rosa') -> Santa Rosa
-- example: trim_text(chr(160)) = '' -> true
-- example: trim_text(chr(65279)) = '' -> true
-- example: trim_text(NULL) -> NULL
CREATE OR REPLACE MACRO trim_text(v) AS
    CASE
        WHEN regexp_matches(
            v, '^ |  | $|[\t-\r\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\p{Cf}]'
        )
        THEN trim(
            regexp_replace(
                regexp_replace(
                    regexp_replace(v, '\p{Cf}+', '', 'g'),
                    '[ \t\x0B\x0C\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+',
                    ' ', 'g'
                ),
                ' ?[\r\n][\r\n ]*', chr(10), 'g'
            ),
            ' ' || chr(10)
        )
        ELSE v
    END;
