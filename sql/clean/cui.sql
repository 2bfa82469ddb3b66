-- The canonical CUI (DPI number): 13 digits whose check digit and territory are right, or NULL.
-- 8 digits serial, 1 check, 2 department, 2 municipality. check = (sum of d[i] * (i+2), i = 0..7) mod 11,
-- 10 is never valid. The list holds the number of municipalities of departments 01 to 22 (INE).
-- Source: RENAP's CUI; rule as in the public implementations, checked against published examples.
-- example: cui('1234 56789 0101') -> 1234567890101
-- example: cui('1000-00002-0101') -> 1000000020101
-- example: cui('１２３４ ５６７８９ ０１０１') -> 1234567890101
-- example: cui('5486 27065 0101') -> NULL
-- example: cui('1234567890118') -> NULL
-- example: cui('1234567892301') -> NULL
-- example: cui('123456789010') -> NULL
-- example: cui(NULL) -> NULL
CREATE OR REPLACE MACRO cui(v) AS
    list_transform(
        [translate(v, '０１２３４５６７８９ -.' || chr(160), '0123456789')],
        lambda c: CASE
            WHEN regexp_full_match(c, '[0-9]{9}(0[1-9]|1[0-9]|2[0-2])(0[1-9]|[1-3][0-9])')
                AND (
                    2 * (ascii(substr(c, 1, 1)) - 48) + 3 * (ascii(substr(c, 2, 1)) - 48)
                    + 4 * (ascii(substr(c, 3, 1)) - 48) + 5 * (ascii(substr(c, 4, 1)) - 48)
                    + 6 * (ascii(substr(c, 5, 1)) - 48) + 7 * (ascii(substr(c, 6, 1)) - 48)
                    + 8 * (ascii(substr(c, 7, 1)) - 48) + 9 * (ascii(substr(c, 8, 1)) - 48)
                ) % 11 = ascii(substr(c, 9, 1)) - 48
                AND 10 * (ascii(substr(c, 12, 1)) - 48) + (ascii(substr(c, 13, 1)) - 48) <= list_extract(
                    [17, 8, 16, 16, 14, 14, 19, 8, 24, 21, 9, 30, 33, 21, 8, 17, 14, 5, 11, 11, 7, 17],
                    10 * (ascii(substr(c, 10, 1)) - 48) + (ascii(substr(c, 11, 1)) - 48)
                )
            THEN c
        END
    )[1];
