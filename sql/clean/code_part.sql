-- So many characters of a code, from a place on, counted from 1; NULL where the code is too short for them.
-- Source: our own rule; INSIVUMEH's stations carry their municipality behind three letters.
-- example: code_part('INS160101CV', 4, 4) -> 1601
-- example: code_part(' INS160101CV ', 4, 4) -> 1601
-- example: code_part('INS16', 4, 4) -> NULL
-- example: code_part('', 1, 1) -> NULL
-- example: code_part(NULL, 4, 4) -> NULL
CREATE OR REPLACE MACRO code_part(v, place, size) AS
    CASE WHEN length(code_text(v)) >= place + size - 1 THEN substr(code_text(v), place, size) END;
