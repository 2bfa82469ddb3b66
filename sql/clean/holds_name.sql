-- Whether a text holds the name of a person: a given name beside a surname, in either order, or after a title, unless
-- the words around say that a school, a street, a place or a firm bears it. Where people are `expected`, any
-- listed name in a value that is nothing but a name, too. Single words are never looked at elsewhere.
-- Source: include/reference/names (its README says from where); what it finds is measured in docs/detectors.md.
-- example: holds_name('García Pérez, María', false) -> true
-- example: holds_name('MARIA GARCIA', false) -> true
-- example: holds_name('se notificó a Juan Tzoc en su casa', false) -> true
-- example: holds_name('Licda. Ana de Arévalo', false) -> true
-- example: holds_name('COLEGIO MIXTO JOSÉ MARTÍ LÓPEZ', false) -> false
-- example: holds_name('San José Pinula', false) -> false
-- example: holds_name('Distribuidora García López, S.A.', false) -> false
-- example: holds_name('MERCEDES BENZ', false) -> false
-- example: holds_name('Tzoc Xol', true) -> true
-- example: holds_name(NULL, true) -> NULL
CREATE OR REPLACE MACRO holds_name(v, expected) AS
    CASE
        WHEN v IS NULL THEN NULL
        WHEN expected OR regexp_matches(v, '\pL{2}[^\pL]+\pL{2}')
        -- The function is called once: SURE comes after LIKELY in the alphabet.
        THEN coalesce(name_evidence(v) >= CASE WHEN expected THEN 'likely' ELSE 'sure' END, false)
        ELSE false
    END;
