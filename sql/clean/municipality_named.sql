-- A municipality's name as INE writes it, by the names of its department and its own; a zone of the capital
-- is Guatemala. NULL when the pair is not known.
-- Source: INE, code list mupio_ocu; include/reference/territory.
-- example: municipality_named('ALTA VERAPAZ', 'COBAN') -> Cobán
-- example: municipality_named('CIUDAD CAPITAL', 'ZONA 7') -> Guatemala
-- example: municipality_named('QUICHE', 'NEBAJ') -> Santa María Nebaj
-- example: municipality_named('Petén', 'Cobán') -> NULL
-- example: municipality_named(NULL, 'Cobán') -> NULL
CREATE OR REPLACE MACRO municipality_named(department, municipality) AS
    -- A list of one: the code stands once in what the engine plans.
    list_transform([municipality_code(department, municipality)], lambda code: municipality_name(code))[1];
