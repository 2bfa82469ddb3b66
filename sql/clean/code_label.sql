-- The label of a code in a year, by a list of include/reference/lists (columns code, label, from, to). Codes
-- are compared without zeros in front and without a .0 after them. NULL for a code that the list does not have
-- in that year: with `strict: true` such a code is counted.
-- Source: the list, which says where it comes from in include/reference/lists/README.md.
-- example: code_label('1', '2020', 'si-no') -> Sí
-- example: code_label('02', '2020', 'si-no') -> No
-- example: code_label('2.0', '2020.0', 'si-no') -> No
-- example: code_label('9', '2020', 'si-no') -> NULL
-- example: code_label('uno', '2020', 'si-no') -> NULL
-- example: code_label('1', NULL, 'si-no') -> NULL
-- example: code_label(NULL, '2020', 'si-no') -> NULL
CREATE OR REPLACE MACRO code_label(code, year, list_name) AS
    CASE WHEN year IS NOT NULL THEN listed_label(code_key(code), code_key(year), list_name) END;
