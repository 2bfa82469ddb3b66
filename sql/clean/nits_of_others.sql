-- The NITs in a text (as nit_pieces) that are no legal person's among its record's parties. Parties as in
-- is_legal_party.
-- Source: as is_legal_party, nit_pieces.
-- example: nits_of_others('NIT 576937-K', 'GT-NIT-576937K', 'SOL, S.A.', NULL) -> []
-- example: nits_of_others('NIT 576937-K', 'GT-NIT-576937K', 'ANA XOL', NULL) -> [576937-K]
-- example: nits_of_others('de Ana, NIT 576937-K', 'GT-NIT-12345679', 'SOL, S.A.', NULL) -> [576937-K]
-- example: nits_of_others('de Ana, NIT 576937-K', NULL, NULL, NULL) -> [576937-K]
-- example: nits_of_others(NULL, NULL, NULL, NULL) -> NULL
CREATE OR REPLACE MACRO nits_of_others(v, ids, names, types) AS
    CASE WHEN v IS NOT NULL THEN list_filter(
        nit_pieces(v),
        lambda one: NOT list_contains(
            list_transform(
                list_filter(
                    coalesce(string_split(ids, chr(10)), []::VARCHAR[]),
                    lambda id: coalesce(is_legal_party(id, ids, names, types), false)
                ),
                lambda id: coalesce(nit(party_number(id)), '')
            ),
            nit(one)
        )
    ) END;
