-- Whether a text holds 13 digits that end in a municipality, written like a CUI, whose check digit is wrong: a CUI
-- with a typing error, or another number. A finding of second rank, never one of holds_cui.
-- Source: as cui; the list holds the number of municipalities of departments 01 to 22 (INE).
-- example: holds_cui_doubtful('DPI 1234 56780 0101') -> true
-- example: holds_cui_doubtful('5486 27065 0101') -> true
-- example: holds_cui_doubtful('1234 56789 0101') -> false
-- example: holds_cui_doubtful('7401234567893') -> false
-- example: holds_cui_doubtful(NULL) -> NULL
CREATE OR REPLACE MACRO holds_cui_doubtful(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        ELSE len(
            list_filter(
                cui_written(v),
                lambda digits: regexp_full_match(digits, '[0-9]{9}(0[1-9]|1[0-9]|2[0-2])(0[1-9]|[1-3][0-9])')
                    AND 10 * (ascii(substr(digits, 12, 1)) - 48) + (ascii(substr(digits, 13, 1)) - 48)
                        <= list_extract(
                            [17, 8, 16, 16, 14, 14, 19, 8, 24, 21, 9, 30, 33, 21, 8, 17, 14, 5, 11, 11, 7, 17],
                            10 * (ascii(substr(digits, 10, 1)) - 48) + (ascii(substr(digits, 11, 1)) - 48)
                        )
                    AND cui(digits) IS NULL
            )
        ) > 0
    END;
