-- A tariff code of `digits` digits, its lost zero restored, that a list of include/reference/lists has; NULL
-- for all else: the list proves the zero.
-- Source: the list, which says where it comes from in include/reference/lists/README.md.
-- example: tariff_known('101', 4, 'sac-partidas') -> 0101
-- example: tariff_known('8711', 4, 'sac-partidas') -> 8711
-- example: tariff_known('9999', 4, 'sac-partidas') -> NULL
-- example: tariff_known('8711', 4, 'no-hay-tal-lista') -> NULL
-- example: tariff_known('motos', 4, 'sac-partidas') -> NULL
-- example: tariff_known(NULL, 4, 'sac-partidas') -> NULL
CREATE OR REPLACE MACRO tariff_known(v, digits, list_name) AS
    CASE
        WHEN listed_label(code_key(tariff_valid(v, digits)), NULL, list_name) IS NOT NULL
        THEN tariff_valid(v, digits)
    END;
