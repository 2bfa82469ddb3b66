-- INE's four-digit code of a municipality by its name alone. The six names that occur in two departments (La
-- Democracia, La Libertad, San José, San Lorenzo, San Pedro Sacatepéquez, Santa Bárbara) are refused: NULL.
-- Source: INE, code list mupio_ocu; include/reference/territory.
-- example: municipality_code_alone('COBAN') -> 1601
-- example: municipality_code_alone('Sta. Catarina Pinula') -> 0102
-- example: municipality_code_alone('Nebaj') -> 1413
-- example: municipality_code_alone('La Libertad') -> NULL
-- example: municipality_code_alone('San José') -> NULL
-- example: municipality_code_alone('Chiapas') -> NULL
-- example: municipality_code_alone(NULL) -> NULL
CREATE OR REPLACE MACRO municipality_code_alone(v) AS
    place_among(v, getvariable('municipality_all_places'), getvariable('municipality_all_codes'));
