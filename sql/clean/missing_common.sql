-- Whether a text is one of the ways in which sources say that there is no value: dashes, dots, asterisks,
-- and words such as s.d., N/A, sin dato, no aparece. For `missing: [common]`. A zero is a value.
-- Source: our own list, from the extracts of ten institutions; it grows with them.
-- example: missing_common('---') -> true
-- example: missing_common('s.d.') -> true
-- example: missing_common('S/D') -> true
-- example: missing_common(' No  aparece ') -> true
-- example: missing_common('N/A') -> true
-- example: missing_common('…') -> true
-- example: missing_common('0') -> false
-- example: missing_common('NOMBRE') -> false
-- example: missing_common('no aparece en lista') -> false
-- example: missing_common(NULL) -> NULL
CREATE OR REPLACE MACRO missing_common(v) AS
    regexp_full_match(
        fold_text(v),
        '[-–—_.…*?/ ]+|[(]?('
        || 'S[./ ]{0,2}[DNI][.]?|N[./ ]{0,2}[ADRCIE][.]?|NAN|NULL|NULO|NONE|VACIO'
        || '|SIN (DATOS?|INFORMACION|REGISTRO|NOMBRE|NUMERO|ESPECIFICAR|DEFINIR)'
        || '|NO (APARECE|CONSTA|DISPONIBLE|ESPECIFICA|ESPECIFICADO|INDICA|INDICADO|REGISTRA|REGISTRADO'
        || '|TIENE|REPORTA|REPORTADO|DEFINIDO|HAY DATOS?|DATA|APLICA)'
        || '|DESCONOCID[OA]|IGNORAD[OA]|PENDIENTE|NO SE SABE|SE DESCONOCE)[)]?'
    );
