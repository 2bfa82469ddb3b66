-- The number of a month by its Spanish name, whole or cut to three or four letters, as two digits. A number
-- from 1 to 12 is taken, too.
-- Source: Real Academia Española (setiembre is right, too); our own list of what is cut.
-- example: month_number('enero') -> 01
-- example: month_number('SEPTIEMBRE') -> 09
-- example: month_number('Setiembre') -> 09
-- example: month_number('sept.') -> 09
-- example: month_number('dic') -> 12
-- example: month_number('3') -> 03
-- example: month_number('13') -> NULL
-- example: month_number('january') -> NULL
-- example: month_number(NULL) -> NULL
CREATE OR REPLACE MACRO month_number(v) AS
    -- A list of one: the folded text stands once in what the engine plans, not once for each WHEN.
    list_transform(
        [rtrim(fold_text(v), '.')],
        lambda m: CASE m
            WHEN 'ENERO' THEN '01' WHEN 'ENE' THEN '01' WHEN '1' THEN '01' WHEN '01' THEN '01'
            WHEN 'FEBRERO' THEN '02' WHEN 'FEB' THEN '02' WHEN '2' THEN '02' WHEN '02' THEN '02'
            WHEN 'MARZO' THEN '03' WHEN 'MAR' THEN '03' WHEN '3' THEN '03' WHEN '03' THEN '03'
            WHEN 'ABRIL' THEN '04' WHEN 'ABR' THEN '04' WHEN '4' THEN '04' WHEN '04' THEN '04'
            WHEN 'MAYO' THEN '05' WHEN 'MAY' THEN '05' WHEN '5' THEN '05' WHEN '05' THEN '05'
            WHEN 'JUNIO' THEN '06' WHEN 'JUN' THEN '06' WHEN '6' THEN '06' WHEN '06' THEN '06'
            WHEN 'JULIO' THEN '07' WHEN 'JUL' THEN '07' WHEN '7' THEN '07' WHEN '07' THEN '07'
            WHEN 'AGOSTO' THEN '08' WHEN 'AGO' THEN '08' WHEN '8' THEN '08' WHEN '08' THEN '08'
            WHEN 'SEPTIEMBRE' THEN '09' WHEN 'SETIEMBRE' THEN '09' WHEN 'SEPT' THEN '09' WHEN 'SEP' THEN '09'
            WHEN 'SET' THEN '09' WHEN '9' THEN '09' WHEN '09' THEN '09'
            WHEN 'OCTUBRE' THEN '10' WHEN 'OCT' THEN '10' WHEN '10' THEN '10'
            WHEN 'NOVIEMBRE' THEN '11' WHEN 'NOV' THEN '11' WHEN '11' THEN '11'
            WHEN 'DICIEMBRE' THEN '12' WHEN 'DIC' THEN '12' WHEN '12' THEN '12'
        END
    )[1];
