-- A further address of the same thing, where it is one: NULL when it only repeats the first.
-- Source: our own rule; catalogues fill the field of every format with one address.
-- example: own_link('http://a.gt/x.csv', 'http://a.gt/x.pdf') -> http://a.gt/x.csv
-- example: own_link('http://a.gt/x.pdf', 'http://a.gt/x.pdf') -> NULL
-- example: own_link('http://a.gt/x.csv', NULL) -> http://a.gt/x.csv
-- example: own_link(NULL, 'http://a.gt/x.pdf') -> NULL
CREATE OR REPLACE MACRO own_link(v, first) AS
    CASE WHEN v IS DISTINCT FROM first THEN v END;
