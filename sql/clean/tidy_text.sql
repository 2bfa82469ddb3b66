-- trim_text after safe_text, with one look at a text that needs neither: most need neither.
-- Source: as safe_text and trim_text.
-- example: tidy_text('  Santa' || chr(13) || chr(10) || ' Rosa' || chr(1)) = 'Santa' || chr(10) || 'Rosa' || chr(65533) -> true
-- example: tidy_text('Santa Rosa') -> Santa Rosa
-- example: tidy_text('') ->
-- example: tidy_text(NULL) -> NULL
CREATE OR REPLACE MACRO tidy_text(v) AS
    CASE
        WHEN regexp_matches(
            v,
            '^ |  | $|[\x00-\x1F\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\p{Cf}\x{FFFE}\x{FFFF}]'
        )
        THEN trim_text(safe_text(v))
        ELSE v
    END;
