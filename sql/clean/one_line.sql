-- The text on one line: line breaks, tabs and repeated blanks become one blank.
-- Source: our own rule; cells of titles with line breaks in them break lists and headings.
-- example: one_line('Informe' || chr(10) || 'Policía  Nacional') -> Informe Policía Nacional
-- example: one_line(' a' || chr(9) || 'b' || chr(13) || chr(10)) -> a b
-- example: one_line('') ->
-- example: one_line(NULL) -> NULL
CREATE OR REPLACE MACRO one_line(v) AS
    trim(regexp_replace(trim_text(v), '\s+', ' ', 'g'));
