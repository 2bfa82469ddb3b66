-- Texts of a list, each once, the longest first and equal ones in the order of letters: who replaces them one after
-- the other does not cut a longer one in two.
-- Source: our own rule.
-- example: longest_first(['12', '1234', '12', 'ab']) -> [1234, 12, ab]
-- example: longest_first([]::VARCHAR[]) -> []
-- example: longest_first(['a', '']) -> [a]
-- example: longest_first(NULL) -> NULL
CREATE OR REPLACE MACRO longest_first(v) AS
    list_transform(
        list_sort(
            list_transform(
                list_filter(list_distinct(v), lambda one: one <> ''), lambda one: {'l': -length(one), 't': one}
            )
        ),
        lambda one: one.t
    );
