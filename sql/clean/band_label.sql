-- The band a number falls into: bounds are rising lower bounds, the last band is open. Below the first: NULL.
-- Source: our own rule for `generalize: {bands: ...}`.
-- example: band_label(17, [0, 18, 30, 65]) -> 0-17
-- example: band_label(18, [0, 18, 30, 65]) -> 18-29
-- example: band_label(65, [0, 18, 30, 65]) -> 65+
-- example: band_label(17.9, [0, 18, 30, 65]) -> 0-17
-- example: band_label(0, [0, 1, 5]) -> 0
-- example: band_label(-1, [0, 18, 30, 65]) -> NULL
-- example: band_label(NULL, [0, 18, 30, 65]) -> NULL
CREATE OR REPLACE MACRO band_label(n, bounds) AS
    list_transform(
        [len(list_filter(bounds, lambda bound: bound <= n))],
        lambda i: CASE
            WHEN n IS NULL OR i = 0 THEN NULL
            WHEN i = len(bounds) THEN bounds[i] || '+'
            WHEN bounds[i + 1] - 1 = bounds[i] THEN '' || bounds[i]
            ELSE bounds[i] || '-' || (bounds[i + 1] - 1)
        END
    )[1];
