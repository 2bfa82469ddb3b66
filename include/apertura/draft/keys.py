"""Columns that tell every row from the others: alone, by two, by three."""

# ruff: noqa: S608 (columns are our own names, through quoted())

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import duckdb

from apertura.prepare import engine

_SAMPLE = 50_000
_TRIED = 200
"""Combinations that are tried on the sample."""
_CANDIDATES = 12


def candidate_keys(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, int]], rows: int
) -> list[list[str]]:
    """The shortest combinations of up to three columns whose values no two rows share, at most five.

    `columns` are those that may be part of a key, without empty cells, with their numbers of distinct
    values. Combinations are tried on the first rows; those that hold there on all.
    """
    if rows < 2:
        return []
    ordered = sorted((pair for pair in columns if pair[1] > 1), key=lambda pair: -pair[1])
    singles = [[name] for name, distinct in ordered if distinct == rows]
    if singles:
        return singles[:5]
    chosen = ordered[:_CANDIDATES]
    for size in (2, 3):
        wide = [
            [name for name, _ in combination]
            for combination in combinations(chosen, size)
            if _product(combination) >= rows
        ]
        found = [names for names in wide[:_TRIED] if _unique(connection, names, min(rows, _SAMPLE))]
        if rows > _SAMPLE:
            found = [names for names in found[:10] if _unique(connection, names, rows)]
        if found:
            return found[:5]
    return []


def repeated_rows(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], rows: int) -> int:
    """Of the rows with a value, those that are the same as an earlier one in every column."""
    if len(columns) > 200:
        return 0
    names = ", ".join(engine.quoted(name) for name in columns)
    row = engine.run(
        connection,
        f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM drafted WHERE coalesce({names}) IS NOT NULL)",
        doing="counting repeated rows",
    ).fetchone()
    return rows - int(row[0]) if row else 0


def _product(columns: Sequence[tuple[str, int]]) -> int:
    product = 1
    for _, distinct in columns:
        product *= distinct
    return product


def _unique(connection: duckdb.DuckDBPyConnection, names: Sequence[str], rows: int) -> bool:
    listed = ", ".join(engine.quoted(name) for name in names)
    there = f"SELECT {listed} FROM drafted WHERE {engine.quoted(names[0])} IS NOT NULL LIMIT {rows}"
    row = engine.run(
        connection,
        f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM ({there}))",
        doing="looking for a key",
    ).fetchone()
    return row is not None and int(row[0]) == rows
