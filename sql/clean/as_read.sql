-- A text as a person reads it, for detectors: full-width digits and signs as plain ones and, where there are escapes of
-- web addresses (%20), behind the text as it stands also the decoded one, twice if it was escaped twice.
-- Escapes of other characters than ASCII become a letter, so that no text is too broken to be looked at.
-- Source: RFC 3986, section 2.1; Unicode, Halfwidth and Fullwidth Forms.
-- example: as_read('tel. 55') -> tel. 55
-- example: as_read('１２＠ａ．gt') -> 12@ａ.gt
-- example: as_read('CV%201234') -> CV%201234 y CV 1234
-- example: as_read('a%2540b') -> a%2540b y a@b
-- example: as_read('%F3%EF%BC%917') -> %F3%EF%BC%917 y ñ17
-- example: as_read('50%') -> 50%
-- example: as_read(NULL) -> NULL
CREATE OR REPLACE MACRO as_read(v) AS
    CASE
        WHEN regexp_matches(v, '%[0-9A-Fa-f]{2}|[０-９＠．]')
        THEN list_transform(
            list_transform(
                [translate(v, '０１２３４５６７８９＠．', '0123456789@.')],
                lambda plain: {
                    'plain': plain,
                    'once': url_decode(
                        regexp_replace(
                            regexp_replace(
                                regexp_replace(
                                    regexp_replace(plain, '(?i)%25([0-9A-F]{2})', '%\1', 'g'), '(?i)%EF%BC%9([0-9])', '\1', 'g'
                                ),
                                '(?i)%C2%A0', ' ', 'g'
                            ),
                            '%[89A-Fa-f][0-9A-Fa-f]', 'ñ', 'g'
                        )
                    )
                }
            ),
            lambda read: CASE
                WHEN regexp_matches(read.plain, '%[0-9A-Fa-f]{2}') THEN read.plain || ' y ' || read.once ELSE read.plain
            END
        )[1]
        ELSE v
    END;
