-- For comparing only: upper case, no accents, blanks and line breaks collapsed, nothing that does not show.
-- The Ñ becomes N.
-- Source: our own rule; sources write the same place or word with and without accents.
-- example: fold_text('  Sololá  ') -> SOLOLA
-- example: fold_text('Viñas') -> VINAS
-- example: fold_text('Sigüilá') -> SIGUILA
-- example: fold_text('violencia ' || chr(13) || chr(10) || ' contra') -> VIOLENCIA CONTRA
-- example: fold_text('femi' || chr(173) || 'ci' || chr(8204) || 'dio') -> FEMICIDIO
-- example: fold_text('violacio' || chr(769) || 'n') -> VIOLACION
-- example: fold_text('año: violacio' || chr(0) || 'n') -> ANO: VIOLACION
-- example: fold_text(NULL) -> NULL
CREATE OR REPLACE MACRO fold_text(v) AS
    -- strip_accents would end the text at a NUL.
    upper(strip_accents(replace(trim_text(replace(v, chr(0), '')), chr(10), ' ')));
