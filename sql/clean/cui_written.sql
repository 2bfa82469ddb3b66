-- Every number in a text that is written like a CUI (DPI number): 13 digits together, or 4-5-4, 4-9, 9-4, 8-1-4
-- or 4-5-2-2 with at most three blanks, hyphens or other marks between the groups, with zeros before it, with commas
-- of thousands, or as a spreadsheet writes large numbers (1.2E+12); as 13 digits each, right or not. Longer
-- numbers hold none. A cheap look lets through whatever could be one, only then is it looked at.
-- Source: as cui; how identity cards, forms and spreadsheets write it; as_read.
-- example: cui_written('DPI 1234 56789 0101 CEL') -> [1234567890101]
-- example: cui_written('1234567890118 y 1000-00002-0101') -> [1234567890118, 1000000020101]
-- example: cui_written('a.gt/CV%201234567890101.pdf') -> [1234567890101]
-- example: cui_written('１２３４５６７８９０１０１') -> [1234567890101]
-- example: cui_written('0001234567890101') -> [1234567890101]
-- example: cui_written('1,234,567,890,101') -> [1234567890101]
-- example: cui_written('1.234567890101E+12') -> [1234567890101]
-- example: cui_written('1234 CALLE 56789 ZONA 0101') -> []
-- example: cui_written('sin número') -> []
-- example: cui_written(NULL) -> NULL
CREATE OR REPLACE MACRO cui_written(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN strlen(v) >= 8 AND regexp_matches(
            v,
            '(^|[^0-9])0*[0-9]{4}[^0-9\pL]{0,3}[0-9]{4}[^0-9\pL]{0,3}[0-9]'
            || '[^0-9\pL]{0,3}[0-9]{2}[^0-9\pL]{0,3}[0-9]{2}($|[^0-9])'
            || '|%[0-9A-Fa-f]{2}|[０-９]|[0-9](,[0-9]{3}){4}|[0-9][Ee][+]?12'
        )
        THEN list_transform(
            [as_read(v)],
            lambda read: list_concat(
                list_filter(
                    list_transform(
                        -- Runs of digits, and what breaks a number: letters, or more than three other characters.
                        list_transform(
                            [regexp_extract_all(read, '[0-9]+|\pL+|[^0-9\pL]{4,}')],
                            lambda runs: list_transform(
                                range(1, len(runs) + 1), lambda i: array_to_string(runs[i : i + 3], ' ')
                            )
                        )[1],
                        lambda near: right(replace(
                            regexp_extract(
                                near,
                                '^(0{1,8}[1-9][0-9]{12}|[0-9]{13}|[0-9]{4} [0-9]{5} [0-9]{4}|[0-9]{4} [0-9]{9}|[0-9]{9} [0-9]{4}'
                                || '|[0-9]{8} [0-9] [0-9]{4}|[0-9]{4} [0-9]{5} [0-9]{2} [0-9]{2})( |$)',
                                1
                            ),
                            ' ', ''
                        ), 13)
                    ),
                    lambda digits: digits <> ''
                ),
                list_concat(
                    list_transform(
                        regexp_extract_all(read, '(^|[^0-9.,])([0-9](,[0-9]{3}){4})($|[^0-9,]|,[^0-9])', 2),
                        lambda grouped: replace(grouped, ',', '')
                    ),
                    list_transform(
                        regexp_extract_all(read, '(^|[^0-9.,])([0-9][.,][0-9]{1,12})[Ee][+]?12($|[^0-9])', 2),
                        lambda mantissa: rpad(translate(mantissa, '.,', ''), 13, '0')
                    )
                )
            )
        )[1]
        ELSE []::VARCHAR[]
    END;
