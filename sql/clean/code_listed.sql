-- Whether a list of include/reference/lists has a code in any year, as true or false; codes are compared as
-- code_label does. NULL where there is no code.
-- Source: the list, which says where it comes from in include/reference/lists/README.md.
-- example: code_listed('1', 'si-no') -> true
-- example: code_listed(' 02 ', 'si-no') -> true
-- example: code_listed('9', 'si-no') -> false
-- example: code_listed('1', 'no-hay-tal-lista') -> false
-- example: code_listed('', 'si-no') -> NULL
-- example: code_listed(NULL, 'si-no') -> NULL
CREATE OR REPLACE MACRO code_listed(code, list_name) AS
    CASE WHEN code_key(code) <> '' THEN listed_label(code_key(code), NULL, list_name) IS NOT NULL END;
