-- A code of digits that lost the zeros in front (a workbook took it for a number), put right: so many digits.
-- NULL for what is longer, is no whole number, or is zero alone.
-- Source: our own rule; MINFIN and SEGEPLAN write municipality 0101 as 101.
-- example: code_padded('101', 4) -> 0101
-- example: code_padded('101.0', 4) -> 0101
-- example: code_padded(' 2217 ', 4) -> 2217
-- example: code_padded('22170', 4) -> NULL
-- example: code_padded('0', 4) -> NULL
-- example: code_padded('10A', 4) -> NULL
-- example: code_padded(NULL, 4) -> NULL
CREATE OR REPLACE MACRO code_padded(v, digits) AS
    CASE
        WHEN regexp_full_match(code_key(v), '[1-9][0-9]*') AND length(code_key(v)) <= digits
        THEN lpad(code_key(v), digits, '0')
    END;
