-- The first of two texts that is there, blanks being none: where layouts of a source write one thing in
-- different columns.
-- Source: our own rule.
-- example: first_text('INS010101CV', NULL) -> INS010101CV
-- example: first_text(NULL, 'INS010101CV') -> INS010101CV
-- example: first_text('  ', 'INS010101CV') -> INS010101CV
-- example: first_text('uno', 'dos') -> uno
-- example: first_text(NULL, ' ') -> NULL
-- example: first_text(NULL, NULL) -> NULL
CREATE OR REPLACE MACRO first_text(one, other) AS
    coalesce(nullif(trim_text(one), ''), nullif(trim_text(other), ''));
