-- A value that is nothing but a number of a NIT's length, without sign that it is one: what remains is to ask how
-- many of a column's such values pass nit, where chance alone passes one in eleven.
-- Source: our own rule; bodies of 5 to 9 digits are in use.
-- example: nit_bare(' 12345679 ') -> 12345679
-- example: nit_bare('8711209000') -> 8711209000
-- example: nit_bare('1234567-9') -> NULL
-- example: nit_bare('1000000020101') -> NULL
-- example: nit_bare('12') -> NULL
CREATE OR REPLACE MACRO nit_bare(v) AS
    CASE WHEN strlen(v) BETWEEN 6 AND 20 AND regexp_full_match(v, ' *[0-9]{6,10} *') THEN trim(v) END;
