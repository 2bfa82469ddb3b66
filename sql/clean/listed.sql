-- A list that came as lines, one value each, on one line with `; ` between; empty lines go.
-- Source: how the JSON reader joins what stands in a list.
-- example: listed('tender' || chr(10) || 'award') -> tender; award
-- example: listed('uno' || chr(10) || '' || chr(10) || 'dos') -> uno; dos
-- example: listed('uno') -> uno
-- example: listed('') -> NULL
-- example: listed(NULL) -> NULL
CREATE OR REPLACE MACRO listed(v) AS
    nullif(array_to_string(list_filter(string_split(v, chr(10)), lambda line: trim(line) <> ''), '; '), '');
