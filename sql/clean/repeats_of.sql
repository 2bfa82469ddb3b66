-- How many of four further values only repeat the first one; NULL without a first one.
-- Source: our own rule; catalogues fill the field of every format with one address.
-- example: repeats_of('a', 'a', 'a', NULL, 'b') -> 2
-- example: repeats_of('a', 'a', 'a', 'a', 'a') -> 4
-- example: repeats_of('a', NULL, NULL, NULL, NULL) -> 0
-- example: repeats_of(NULL, 'a', 'a', 'a', 'a') -> NULL
CREATE OR REPLACE MACRO repeats_of(first, a, b, c, d) AS
    CASE
        WHEN first IS NOT NULL THEN len(list_filter([a, b, c, d], lambda one: one IS NOT DISTINCT FROM first))
    END;
