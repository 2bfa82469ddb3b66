-- Whether two names are the same when accents, case and blanks are not looked at. No name is not the same
-- as any name, so the answer is never NULL.
-- Source: our own rule, for rows whose institution bears exactly the name of a person beside it.
-- example: same_name('COLEGIO  María Pérez', 'colegio maria perez') -> true
-- example: same_name('María Pérez', 'María Pérez de León') -> false
-- example: same_name('María Pérez', NULL) -> false
-- example: same_name(NULL, NULL) -> false
-- example: same_name('', ' ') -> false
CREATE OR REPLACE MACRO same_name(a, b) AS
    coalesce(fold_text(a) <> '' AND fold_text(a) = fold_text(b), false);
