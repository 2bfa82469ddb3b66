-- A year of four digits by one of two or four: 50 to 99 are of the 20th century, 00 to 49 of the 21st.
-- Source: our own rule, the same for all sources; POSIX cuts at 68 and Excel at 29.
-- example: year_of_two('20') -> 2020
-- example: year_of_two('75') -> 1975
-- example: year_of_two('1999') -> 1999
-- example: year_of_two('3') -> NULL
-- example: year_of_two('1850') -> NULL
-- example: year_of_two('dos') -> NULL
-- example: year_of_two(NULL) -> NULL
CREATE OR REPLACE MACRO year_of_two(v) AS
    CASE
        WHEN regexp_full_match(v, '(19|20)\d\d') THEN v
        WHEN regexp_full_match(v, '[0-4]\d') THEN '20' || v
        WHEN regexp_full_match(v, '[5-9]\d') THEN '19' || v
    END;
