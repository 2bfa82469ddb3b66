-- Whether a name is surely that of a legal person: a form of company (S.A., LTDA., S. DE R.L. ...), or a body that is
-- never one person (ASOCIACIÓN, COOPERATIVA, MUNICIPALIDAD, BANCO ...). Trade names alone are none: an individual may
-- trade as DISTRIBUIDORA EL SOL or run an INSTITUTO, and SA without a sign before it may be a surname. What is not
-- known is no legal person.
-- Source: Código de Comercio (Decreto 2-70), art. 10: the kinds of companies; Código Civil (Decreto-Ley 106), art. 15.
-- example: is_legal_person('CONSTRUCTORA GARCIA, S.A.') -> true
-- example: is_legal_person('Pérez y Compañía Limitada') -> true
-- example: is_legal_person('TRANSPORTES XOL SOCIEDAD ANONIMA') -> true
-- example: is_legal_person('Municipalidad de Mixco') -> true
-- example: is_legal_person('CAFÉ DEL SUR S. A.') -> true
-- example: is_legal_person('CAFÉ DEL SUR, SA') -> true
-- example: is_legal_person('ROSA MARIA SA') -> false
-- example: is_legal_person('INSTITUTO PRIVADO LOS ALTOS') -> false
-- example: is_legal_person('DISTRIBUIDORA EL SOL') -> false
-- example: is_legal_person('SALAZAR, ANA') -> false
-- example: is_legal_person('JUAN PEREZ') -> false
-- example: is_legal_person(NULL) -> NULL
CREATE OR REPLACE MACRO is_legal_person(v) AS
    regexp_matches(
        fold_text(v),
        '(^|[^A-Z])(S ?[.,] ?A ?[.]?|S A|SA DE CV|SOCIEDAD ANONIMA|LIMITADA|LTDA|S[. ]*DE[ ]*R[. ]*L|S[.]?R[.]?L|INC|CORP|LLC|GMBH)[. ]*$'
        || '|[,.] ?SA[. ]*$'
        || '|(^|[^A-Z])(SOCIEDAD ANONIMA|COMPANIA LIMITADA|CIA[.]? LTDA)($|[^A-Z])'
        || '|^(ASOCIACION|FUNDACION|COOPERATIVA|FEDERACION|CONFEDERACION|MUNICIPALIDAD|MINISTERIO|SECRETARIA|UNIVERSIDAD'
        || '|BANCO|CONSEJO|COMITE|SUPERINTENDENCIA|REGISTRO|CONTRALORIA|PROCURADURIA|ORGANISMO|EMPRESA ELECTRICA) '
    );
