-- The canonical IBAN of a Guatemalan account: GT, two check digits, four characters of the bank, twenty of the
-- account (currency, kind, number), no blanks, upper case; NULL when the check digits are wrong.
-- With the first four characters at the end and letters as 10 to 35 the number is 1 modulo 97.
-- Source: ISO 13616 and ISO 7064 (mod 97-10); the SWIFT IBAN registry's example for Guatemala.
-- example: iban('GT82 TRAJ 0102 0000 0012 1002 9690') -> GT82TRAJ01020000001210029690
-- example: iban('gt82traj01020000001210029690') -> GT82TRAJ01020000001210029690
-- example: iban('GT83TRAJ01020000001210029690') -> NULL
-- example: iban('ES9121000418450200051332') -> NULL
-- example: iban(NULL) -> NULL
CREATE OR REPLACE MACRO iban(v) AS
    list_transform(
        [upper(translate(v, ' -.' || chr(160), ''))],
        lambda w: CASE
            WHEN regexp_full_match(w, 'GT[0-9]{2}[A-Z0-9]{24}')
                AND list_reduce(
                    list_transform(
                        string_split(substr(w, 5) || substr(w, 1, 4), ''),
                        lambda c: CASE WHEN c >= 'A' THEN ascii(c) - 55 ELSE ascii(c) - 48 END
                    ),
                    lambda r, n: (r * CASE WHEN n > 9 THEN 100 ELSE 10 END + n) % 97
                ) = 1
            THEN w
        END
    )[1];
