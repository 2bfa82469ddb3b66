-- An amount in quetzales: Q, Q. or GTQ before it or nothing, commas between thousands or none, decimal
-- point, negative with a minus or in brackets. What could be read in two ways (1.234,56 or 12,34) is NULL.
-- Source: our own rule; the comma for thousands and the point for decimals are the usage of Guatemala.
-- example: number_gtq('Q1,234.56') -> 1234.56
-- example: number_gtq('Q 1,234.56') -> 1234.56
-- example: number_gtq('Q. 12') -> 12
-- example: number_gtq('1234.5') -> 1234.5
-- example: number_gtq('(123.45)') -> -123.45
-- example: number_gtq('-Q5.00') -> -5.00
-- example: number_gtq('Q-5.00') -> -5.00
-- example: number_gtq('1.234,56') -> NULL
-- example: number_gtq('12,34') -> NULL
-- example: number_gtq('1234,567') -> NULL
-- example: number_gtq('(-5)') -> NULL
-- example: number_gtq('(5') -> NULL
-- example: number_gtq('Q') -> NULL
-- example: number_gtq(NULL) -> NULL
CREATE OR REPLACE MACRO number_gtq(v) AS
    CASE
        WHEN regexp_full_match(v, '-? ?(Q[.]?|GTQ)? ?(\d{1,3}(,\d{3})+|\d+)([.]\d+)?')
            OR regexp_full_match(v, '(Q[.]?|GTQ) ?- ?(\d{1,3}(,\d{3})+|\d+)([.]\d+)?')
        THEN replace(regexp_replace(regexp_replace(v, '(GTQ|Q[.]?)', ''), ' +', '', 'g'), ',', '')
        WHEN regexp_full_match(v, '[(](Q[.]?|GTQ)? ?(\d{1,3}(,\d{3})+|\d+)([.]\d+)?[)]')
            OR regexp_full_match(v, '(Q[.]?|GTQ) ?[(](\d{1,3}(,\d{3})+|\d+)([.]\d+)?[)]')
        THEN '-' || regexp_replace(regexp_replace(v, '(GTQ|Q[.]?)', ''), '[(), ]+', '', 'g')
    END;
