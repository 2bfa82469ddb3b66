-- A tariff code of `digits` digits (8 or 10) that lost the zero in front, put right: one digit too few, and
-- with the zero its first two are a chapter (01 to 09). Full stops and blanks go. All else stays as it is.
-- Source: the chapters of the Harmonized System (01 to 97, 77 is kept free); SAC of Central America.
-- example: tariff_code('101210000', 10) -> 0101210000
-- example: tariff_code('8711209000', 10) -> 8711209000
-- example: tariff_code('101.21.00.00', 10) -> 0101210000
-- example: tariff_code('1012100', 8) -> 01012100
-- example: tariff_code('12345', 10) -> 12345
-- example: tariff_code('x', 10) -> x
-- example: tariff_code(NULL, 10) -> NULL
CREATE OR REPLACE MACRO tariff_code(v, digits) AS
    CASE
        WHEN length(translate(code_text(v), '.', '')) = digits - 1
            AND regexp_full_match(translate(code_text(v), '.', ''), '[1-9][0-9]+')
        THEN '0' || translate(code_text(v), '.', '')
        WHEN regexp_full_match(code_text(v), '[0-9.]*[0-9][0-9.]*') THEN translate(code_text(v), '.', '')
        ELSE code_text(v)
    END;
