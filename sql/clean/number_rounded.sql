-- A plain number without the noise of binary fractions: rounded to so many decimals, halves away from zero, in
-- exact arithmetic. Zeros at the end, and the sign of a zero, go. NULL for what is no plain number.
-- Source: our own rule; a workbook writes 492.19 as 492.190000000006, and 0 as -0.00000000000363797880709171.
-- example: number_rounded('492.190000000006', 4) -> 492.19
-- example: number_rounded('-0.00000000000363797880709171', 4) -> 0
-- example: number_rounded('480289.30155', 4) -> 480289.3016
-- example: number_rounded('-2.5', 0) -> -3
-- example: number_rounded('391010000', 2) -> 391010000
-- example: number_rounded('.5', 2) -> 0.5
-- example: number_rounded('1,234', 2) -> NULL
-- example: number_rounded('123456789012345678901', 2) -> NULL
-- example: number_rounded(NULL, 2) -> NULL
CREATE OR REPLACE MACRO number_rounded(v, decimals) AS
    -- Cut to 18 decimals first: a cast would round there, and a second rounding could then go the wrong way.
    regexp_replace(
        CAST(
            round(
                TRY_CAST(regexp_extract(number_plain(v), '^-?\d*([.]\d{1,18})?') AS DECIMAL(38, 18)), decimals
            ) AS VARCHAR
        ),
        '[.]0*$|([.]\d*[1-9])0+$',
        '\1'
    );
