-- The fixed lines (first digit 2, 6, 7) in a cell that may list several telephones, joined by '; '; mobiles,
-- old numbers of 7 digits, extensions and everything else are dropped; NULL when no fixed line is left.
-- Only a group of exactly 8 digits, or 4 and 4 with one blank or hyphen between, is a number.
-- Source: Decreto 57-2008, art. 10 no. 2 (official telephones are public); numbering as in phone.
-- example: landlines('77945104') -> 77945104
-- example: landlines('2232-4455') -> 22324455
-- example: landlines('+502 2232-4455') -> 22324455
-- example: landlines('50222324455') -> 22324455
-- example: landlines('77945104-57101061') -> 77945104
-- example: landlines('77945104-77945105') -> 77945104; 77945105
-- example: landlines('77945104, 77945104 FAX 66335544') -> 77945104; 66335544
-- example: landlines('57101061') -> NULL
-- example: landlines('+50257101061') -> NULL
-- example: landlines('5710 1061') -> NULL
-- example: landlines('5710 7794 5104') -> NULL
-- example: landlines('7945104 cel. 5710106') -> NULL
-- example: landlines('7794510477945105') -> NULL
-- example: landlines('---') -> NULL
-- example: landlines(NULL) -> NULL
CREATE OR REPLACE MACRO landlines(v) AS
    CASE
        WHEN regexp_full_match(v, '[267][0-9]{7}') THEN v
        WHEN regexp_full_match(v, '[0-9]{1,8}') THEN NULL
        ELSE list_transform(
            [
                list_filter(
                    regexp_extract_all(
                        regexp_replace(
                            -- the country code goes
                            regexp_replace(v, '(^|[^0-9])(?:[+]|00)?502[ )-]*([0-9]{4}[ -]?[0-9]{4})', '\1 \2', 'g'),
                            -- 4 and 4 become 8, leftmost first
                            '\b([0-9]{4})[ -]([0-9]{4})\b', '\1\2', 'g'
                        ),
                        '[0-9]+'
                    ),
                    lambda n: regexp_full_match(n, '[267][0-9]{7}')
                )
            ],
            lambda numbers: CASE
                WHEN len(numbers) > 0
                THEN array_to_string(list_filter(numbers, lambda n, i: list_position(numbers, n) = i), '; ')
            END
        )[1]
    END;
