-- A place's key with what sources cut written out: Sta., Sto., Sn., Ma., Gral., and without "municipio de" or
-- "departamento de" before it. A lone S stays: it may be San, Santa or Santo.
-- Source: our own list.
-- example: place_words('Sta. Cruz del Quiché') -> SANTA CRUZ DEL QUICHE
-- example: place_words('Sto. Domingo Xenacoj') -> SANTO DOMINGO XENACOJ
-- example: place_words('Sn Juan Ostuncalco') -> SAN JUAN OSTUNCALCO
-- example: place_words('MUNICIPIO DE STA. MA. DE JESÚS') -> SANTA MARIA DE JESUS
-- example: place_words('S. Juan') -> S JUAN
-- example: place_words(NULL) -> NULL
CREATE OR REPLACE MACRO place_words(v) AS
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(place_key(v), '^(MUNICIPIO|MPIO|DEPARTAMENTO|DEPTO) (DE )?', ''),
                    '\b(STA|SNTA)\b', 'SANTA', 'g'
                ),
                '\b(STO|SNTO)\b', 'SANTO', 'g'
            ),
            '\bSN\b', 'SAN', 'g'
        ),
        '\bMA\b', 'MARIA', 'g'
    );
