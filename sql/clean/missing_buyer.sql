-- Whether a text says that a buyer gave no NIT: CF, C/F, consumidor final. For `missing: [buyer]`.
-- Source: SAT's invoices; the number of zeros is what systems write for it.
-- example: missing_buyer('CF') -> true
-- example: missing_buyer('c/f') -> true
-- example: missing_buyer('C. F.') -> true
-- example: missing_buyer('Consumidor Final') -> true
-- example: missing_buyer('000') -> true
-- example: missing_buyer('576937-K') -> false
-- example: missing_buyer('CFE') -> false
-- example: missing_buyer(NULL) -> NULL
CREATE OR REPLACE MACRO missing_buyer(v) AS
    regexp_full_match(fold_text(v), 'C[./ ]{0,2}F[.]?|CONSUMIDOR( FINAL)?|0+');
