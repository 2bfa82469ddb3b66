-- The label of a code by a list of include/reference/lists, when it has the same one in all years. Otherwise,
-- and for a code that the list does not have, NULL.
-- Source: the list, which says where it comes from in include/reference/lists/README.md.
-- example: code_label_any('1', 'si-no') -> Sí
-- example: code_label_any(' 02 ', 'si-no') -> No
-- example: code_label_any('9', 'si-no') -> NULL
-- example: code_label_any('1', 'no-hay-tal-lista') -> NULL
-- example: code_label_any(NULL, 'si-no') -> NULL
CREATE OR REPLACE MACRO code_label_any(code, list_name) AS
    listed_label(code_key(code), NULL, list_name);
