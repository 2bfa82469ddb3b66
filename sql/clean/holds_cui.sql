-- Whether a text holds a valid CUI (DPI number) anywhere: 13 digits together or in groups, also escaped as in a web
-- address. Longer numbers hold none. Which numbers are looked at say cui_written and cui_grouped; here their check
-- digit and territory are.
-- Source: as cui; what validate holds every published text against.
-- example: holds_cui('COROLLA JUAN PEREZ DPI 1234 56789 0101 CEL') -> true
-- example: holds_cui('1000-00002-0101') -> true
-- example: holds_cui('DPI1000000020101.') -> true
-- example: holds_cui('2024 1234 56789 0101') -> true
-- example: holds_cui('1234567890118 1000000020101') -> true
-- example: holds_cui('12345678 9 0101') -> true
-- example: holds_cui('http://a.gt/files/7@CV%20de%201234567890101.pdf') -> true
-- example: holds_cui('1234%2056789%200101 100%25%ff') -> true
-- example: holds_cui('123456789 01 01') -> true
-- example: holds_cui('5486 27065 0101') -> false
-- example: holds_cui('11234567890101') -> false
-- example: holds_cui('1234 CALLE 56789 ZONA 0101') -> false
-- example: holds_cui('7794-5104, 6633-5544') -> false
-- example: holds_cui(NULL) -> NULL
CREATE OR REPLACE MACRO holds_cui(v) AS
    CASE
        WHEN v IS NULL THEN NULL
        ELSE len(list_filter(cui_written(v), lambda digits: cui(digits) IS NOT NULL)) > 0
            OR len(list_filter(cui_grouped(v), lambda digits: cui(digits) IS NOT NULL)) > 0
    END;
