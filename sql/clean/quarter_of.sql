-- The quarter of a date or date and time, as YYYY-T1 to YYYY-T4 (trimestre).
-- Source: our own rule for `generalize: {to: quarter}`.
-- example: quarter_of(DATE '2020-02-29') -> 2020-T1
-- example: quarter_of(DATE '2020-12-01') -> 2020-T4
-- example: quarter_of('29/02/2020') -> NULL
-- example: quarter_of(NULL) -> NULL
CREATE OR REPLACE MACRO quarter_of(v) AS
    CASE right(month_of(v), 2)
        WHEN '01' THEN year_of(v) || '-T1' WHEN '02' THEN year_of(v) || '-T1' WHEN '03' THEN year_of(v) || '-T1'
        WHEN '04' THEN year_of(v) || '-T2' WHEN '05' THEN year_of(v) || '-T2' WHEN '06' THEN year_of(v) || '-T2'
        WHEN '07' THEN year_of(v) || '-T3' WHEN '08' THEN year_of(v) || '-T3' WHEN '09' THEN year_of(v) || '-T3'
        WHEN '10' THEN year_of(v) || '-T4' WHEN '11' THEN year_of(v) || '-T4' WHEN '12' THEN year_of(v) || '-T4'
    END;
