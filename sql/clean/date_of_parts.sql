-- A date of its day, month and year, where the source keeps them apart; whole numbers, padded or not, a .0
-- after them allowed. NULL when one is missing or the calendar has no such day; years 1900 to 2100.
-- Source: our own rule; INE's vital and traffic statistics (DIAOCU, MESOCU, AÑOOCU).
-- example: date_of_parts('29', '2', '2020') -> 2020-02-29
-- example: date_of_parts('03', '01', '2018') -> 2018-01-03
-- example: date_of_parts('3.0', '1.0', '2018.0') -> 2018-01-03
-- example: date_of_parts('29', '2', '2019') -> NULL
-- example: date_of_parts('99', '1', '2018') -> NULL
-- example: date_of_parts('1', '13', '2018') -> NULL
-- example: date_of_parts('1', '1', '18') -> NULL
-- example: date_of_parts('1', NULL, '2018') -> NULL
-- example: date_of_parts(NULL, NULL, NULL) -> NULL
CREATE OR REPLACE MACRO date_of_parts(day, month, year) AS
    date_dmy(
        CASE
            WHEN day IS NOT NULL AND month IS NOT NULL AND year IS NOT NULL
            THEN code_key(day) || '/' || code_key(month) || '/' || code_key(year)
        END
    );
