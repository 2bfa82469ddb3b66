-- How words of closed vocabularies are compared: folded, punctuation as blanks, letters that stand alone put
-- together, so that I.N.E.D. is INED.
-- Source: our own rule.
-- example: word_key(' Educación,  Básica ') -> EDUCACION BASICA
-- example: word_key('I.N.E.D. "Xela"') -> INED XELA
-- example: word_key('Plan A') -> PLAN A
-- example: word_key('A B 1') -> AB 1
-- example: word_key('---') ->
-- example: word_key(NULL) -> NULL
CREATE OR REPLACE MACRO word_key(v) AS
    trim(
        regexp_replace(
            replace(
                regexp_replace(
                    regexp_replace('  ' || fold_text(v) || '  ', '[^A-Z0-9]+', '  ', 'g'),
                    -- With two blanks between words, each lone letter is marked with the blanks at its sides.
                    ' ([A-Z]) ', '<\1>', 'g'
                ),
                '><', ''
            ),
            '[<> ]+', ' ', 'g'
        )
    );
