-- Of two lists in step, one value a line: the value at the first line whose mark is, or holds, the one asked for.
-- NULL when no line does, the value there is empty, or the lists are not of one length.
-- Source: how the JSON reader joins what stands in a list; its columns over one list stay in step.
-- example: listed_where('COBAN' || chr(10) || 'FLORES', 'supplier' || chr(10) || 'buyer; payer', 'buyer') -> FLORES
-- example: listed_where('COBAN', 'buyer', 'buyer') -> COBAN
-- example: listed_where('COBAN', 'buyers', 'buyer') -> NULL
-- example: listed_where('COBAN', 'buyer' || chr(10) || 'buyer', 'buyer') -> NULL
-- example: listed_where(NULL, 'buyer', 'buyer') -> NULL
CREATE OR REPLACE MACRO listed_where(v, marks, mark) AS
    list_transform(
        [{'values': string_split(v, chr(10)), 'marks': string_split(marks, chr(10))}],
        lambda lists: CASE
            WHEN len(lists.values) = len(lists.marks)
            THEN nullif(
                list_extract(
                    lists.values,
                    list_position(
                        list_transform(lists.marks, lambda line: list_contains(string_split(line, '; '), mark)), true
                    )
                ),
                ''
            )
        END
    )[1];
