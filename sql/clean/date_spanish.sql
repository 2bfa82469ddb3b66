-- A date with the month's Spanish name: 5 de enero de 2020, 05-ene-20, lunes, 5 de enero del 2020. Strict
-- calendar; a year of two digits is of 1950 to 2049.
-- Source: our own rule; documents and workbooks of Spanish locale.
-- example: date_spanish('5 de enero de 2020') -> 2020-01-05
-- example: date_spanish('Lunes, 6 de ENERO del 2020') -> 2020-01-06
-- example: date_spanish('05-ene-20') -> 2020-01-05
-- example: date_spanish('29 feb. 2020') -> 2020-02-29
-- example: date_spanish('1o. de mayo de 1999') -> 1999-05-01
-- example: date_spanish('29 de febrero de 2019') -> NULL
-- example: date_spanish('5 de enero') -> NULL
-- example: date_spanish('5 de January de 2020') -> NULL
-- example: date_spanish('05/01/2020') -> NULL
-- example: date_spanish(NULL) -> NULL
CREATE OR REPLACE MACRO date_spanish(v) AS
    list_transform(
        [
            regexp_extract(
                fold_text(v),
                '^(?:(?:LUNES|MARTES|MIERCOLES|JUEVES|VIERNES|SABADO|DOMINGO),? )?'
                || '(\d{1,2})(?:RO|O)?[.º°]?(?: DE | ?[-/] ?| )([A-Z]{3,10}[.]?)(?: DEL? |,? | ?[-/] ?)((?:19|20)?\d\d)$',
                ['d', 'm', 'y']
            )
        ],
        lambda d: CAST(
            try_strptime(year_of_two(d.y) || '-' || month_number(d.m) || '-' || lpad(d.d, 2, '0'), '%Y-%m-%d') AS DATE
        )
    )[1];
