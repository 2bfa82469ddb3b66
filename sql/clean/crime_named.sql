-- A crime's name as the law writes it, by a way of writing it that differs in case, accents or blanks. NULL
-- for every crime that is not on this list of those whose judgments may be published.
-- Source: Código Penal (Decreto 17-73) and Ley de Armas y Municiones (Decreto 15-2009); the choice is ours:
-- none is against sexual freedom, against women, within a family or by or against minors.
-- example: crime_named('Extorsion ') -> EXTORSIÓN
-- example: crime_named('ROBO  AGRAVADO') -> ROBO AGRAVADO
-- example: crime_named('NO CONSTA') -> NULL
-- example: crime_named('VIOLACIÓN') -> NULL
-- example: crime_named('ROBO AGRAVADO Y VIOLACIÓN') -> NULL
-- example: crime_named(NULL) -> NULL
CREATE OR REPLACE MACRO crime_named(v) AS
    CASE fold_text(v)
        WHEN 'ALLANAMIENTO' THEN 'ALLANAMIENTO'
        WHEN 'AMENAZAS' THEN 'AMENAZAS'
        WHEN 'APROPIACION Y RETENCION INDEBIDAS' THEN 'APROPIACIÓN Y RETENCIÓN INDEBIDAS'
        WHEN 'ESTAFA PROPIA' THEN 'ESTAFA PROPIA'
        WHEN 'EXTORSION' THEN 'EXTORSIÓN'
        WHEN 'HOMICIDIO CULPOSO' THEN 'HOMICIDIO CULPOSO'
        WHEN 'HURTO' THEN 'HURTO'
        WHEN 'LESIONES LEVES' THEN 'LESIONES LEVES'
        WHEN 'PORTACION ILEGAL DE ARMAS DE FUEGO' THEN 'PORTACIÓN ILEGAL DE ARMAS DE FUEGO'
        WHEN 'ROBO AGRAVADO' THEN 'ROBO AGRAVADO'
        WHEN 'USURPACION' THEN 'USURPACIÓN'
    END;
