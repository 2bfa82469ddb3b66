-- Every 13 digits in a text in two to six groups of any length, or one by one, with one to three blanks, hyphens, points
-- or low lines between: a CUI as somebody may write it who does not know how cards do. As 13 digits each; whether
-- they are one only check digit and municipality tell. Not for codes, whose groups mean other things.
-- Source: as cui; our own rule.
-- example: cui_grouped('DPI 123456789 01 01') -> [1234567890101]
-- example: cui_grouped('7 1234 5678 9 0101') -> [1234567890101]
-- example: cui_grouped('1 2 3 4 5 6 7 8 9 0 1 0 1') -> [1234567890101]
-- example: cui_grouped('123%20456%20789%200101') -> [1234567890101]
-- example: cui_grouped('1 2 3 4 5 6 7 8 9 10 11') -> []
-- example: cui_grouped('7794-5104, 66335') -> []
-- example: cui_grouped(NULL) -> NULL
CREATE OR REPLACE MACRO cui_grouped(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN strlen(v) >= 14 AND regexp_matches(v, '[0-9](?:[\s\x{A0}._–-]{0,3}[0-9]){12}|%[0-9A-Fa-f]{2}|[０-９]')
        THEN flatten(
            list_transform(
                regexp_extract_all(as_read(v), '[0-9]+(?:[\s\x{A0}._–-]{1,3}[0-9]+)+'),
                lambda chain: list_transform(
                    [regexp_extract_all(chain, '[0-9]+')],
                    lambda groups: list_filter(
                        flatten(
                            list_transform(
                                range(1, len(groups) + 1),
                                lambda i: list_transform(
                                    [2, 3, 4, 5, 6, 13],
                                    lambda n: CASE
                                        WHEN n <= len(groups) - i + 1 THEN array_to_string(groups[i : i + n - 1], '')
                                    END
                                )
                            )
                        ),
                        lambda digits: length(digits) = 13
                    )
                )[1]
            )
        )
        ELSE []::VARCHAR[]
    END;
