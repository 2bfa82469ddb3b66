-- A number that lost its decimal point, put right: when it lies outside `low` to `high`, and moving the point
-- by `decimals` digits brings it in, it is moved. What is outside both ways, or is no number, stays as it is:
-- an implausible value is for an expectation to flag.
-- Source: our own rule; INSIVUMEH's TMAX of 362.0 for 36.2.
-- example: point_restored('362.0', -10, 50, 1) -> 36.2
-- example: point_restored('36.2', -10, 50, 1) -> 36.2
-- example: point_restored('-75', -10, 50, 1) -> -7.5
-- example: point_restored('1234', -10, 50, 2) -> 12.34
-- example: point_restored('9999', -10, 50, 1) -> 9999
-- example: point_restored('caliente', -10, 50, 1) -> caliente
-- example: point_restored(NULL, -10, 50, 1) -> NULL
CREATE OR REPLACE MACRO point_restored(v, low, high, decimals) AS
    CASE
        WHEN TRY_CAST(number_plain(v) AS DECIMAL(24, 6)) NOT BETWEEN low AND high
            AND TRY_CAST(number_plain(v) AS DECIMAL(24, 6)) / pow(10, decimals) BETWEEN low AND high
        THEN regexp_replace(
            CAST(
                TRY_CAST(TRY_CAST(number_plain(v) AS DECIMAL(24, 6)) / pow(10, decimals) AS DECIMAL(24, 6)) AS VARCHAR
            ),
            '[.]?0+$', ''
        )
        ELSE v
    END;
