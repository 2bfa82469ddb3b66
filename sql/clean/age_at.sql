-- Whole years between a birth date and an event, both as text; NULL when either is unknown, when the event
-- comes before the birth, or beyond 110 years. A birth in 1900 is what systems write for an unknown one: NULL.
-- Source: our own rule; somebody born on 29 February turns a year older on 1 March of common years.
-- example: age_at('2000-05-10', '2018-05-09') -> 17
-- example: age_at('2000-05-10', '2018-05-10') -> 18
-- example: age_at('10/5/2000', '2018-05-10 10:30:00') -> 18
-- example: age_at('2000-02-29', '2018-02-28') -> 17
-- example: age_at('2000-02-29', '2018-03-01') -> 18
-- example: age_at('1911-06-01', '2021-06-01') -> 110
-- example: age_at('1910-06-01', '2021-06-01') -> NULL
-- example: age_at('1900-01-01', '2005-06-01') -> NULL
-- example: age_at('2018-05-10', '2000-05-10') -> NULL
-- example: age_at(NULL, '2018-05-10') -> NULL
CREATE OR REPLACE MACRO age_at(birth, event) AS
    list_filter(
        [
            date_part('year', calendar_date(event)) - date_part('year', calendar_date(birth))
            - CASE WHEN strftime(calendar_date(event), '%m%d') < strftime(calendar_date(birth), '%m%d') THEN 1 ELSE 0 END
        ],
        lambda years: years BETWEEN 0 AND 110 AND date_part('year', calendar_date(birth)) <> 1900
    )[1];
