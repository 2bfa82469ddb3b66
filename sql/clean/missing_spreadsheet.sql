-- Whether a text is what a workbook shows where a formula failed, in Spanish or English, or where a column
-- was too narrow. For `missing: [spreadsheet]`.
-- Source: the error values of ECMA-376 part 1, 18.17.3, and their Spanish forms.
-- example: missing_spreadsheet('#¡DIV/0!') -> true
-- example: missing_spreadsheet('#DIV/0!') -> true
-- example: missing_spreadsheet('#N/D') -> true
-- example: missing_spreadsheet('#¿NOMBRE?') -> true
-- example: missing_spreadsheet('########') -> true
-- example: missing_spreadsheet('#5') -> false
-- example: missing_spreadsheet('DIV/0') -> false
-- example: missing_spreadsheet(NULL) -> NULL
CREATE OR REPLACE MACRO missing_spreadsheet(v) AS
    regexp_full_match(
        fold_text(v),
        '#{2,}|#([¡¿]?(DIV/0|REF|NAME|NOMBRE|VALUE|VALOR|NUM|NULL|NULO|SPILL|DESBORDAMIENTO|CALC)[!?]|N/[AD])[!]?'
    );
