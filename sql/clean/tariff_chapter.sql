-- The chapter of the Harmonized System that a tariff code of `digits` digits belongs to, its lost zero
-- restored; NULL for what is no tariff code.
-- Source: the Harmonized System: the first two digits are the chapter.
-- example: tariff_chapter('101210000', 10) -> 01
-- example: tariff_chapter('8711.20.90.00', 10) -> 87
-- example: tariff_chapter('7712345678', 10) -> NULL
-- example: tariff_chapter('x', 10) -> NULL
-- example: tariff_chapter(NULL, 10) -> NULL
CREATE OR REPLACE MACRO tariff_chapter(v, digits) AS
    left(tariff_valid(v, digits), 2);
