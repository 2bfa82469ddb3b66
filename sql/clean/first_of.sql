-- The first of two values that is there: sources write one thing under two names, or in two shapes.
-- Source: our own rule.
-- example: first_of('100.0', '100') -> 100.0
-- example: first_of(NULL, '100') -> 100
-- example: first_of('', 'x') ->
-- example: first_of(NULL, NULL) -> NULL
CREATE OR REPLACE MACRO first_of(a, b) AS
    coalesce(a, b);
