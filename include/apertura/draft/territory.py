"""Columns that name departments and municipalities: told from their values by INE's list."""

# ruff: noqa: S608 (columns are our own names, through quoted())

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from apertura.prepare import engine
from apertura.prepare.engine import quoted

SURE, NEAR = 0.98, 0.8
"""Shares of values that INE's list must know: to derive from it, and to derive allowing for misspellings."""


@dataclass(frozen=True)
class Territory:
    """The columns (our names of the staged table) that name places, and the share of rows the list knows."""

    department: str | None = None
    department_share: float = 0.0
    municipality: str | None = None
    municipality_share: float = 0.0


def territory(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> Territory:
    """The best column of departments, and of municipalities given it (or alone), among columns of text."""
    department, share = _best(connection, columns, "department_code({})")
    if share < NEAR:
        department, share = None, 0.0
    others = [name for name in columns if name != department]
    if department is None:
        municipality, known = _best(connection, others, "municipality_code_alone({})")
    else:
        municipality, known = _best(connection, others, f"municipality_code({quoted(department)}, {{}})")
    if known < NEAR:
        municipality, known = None, 0.0
    return Territory(department, share, municipality, known)


def _best(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[str], macro: str
) -> tuple[str | None, float]:
    """The column of whose values the macro knows most, and the share."""
    best: tuple[str | None, float] = (None, 0.0)
    for name in columns:
        known = macro.format(quoted(name))
        used = ", ".join(quoted(column) for column in _used(macro, name))
        row = engine.run(
            connection,
            f"SELECT sum(n) FILTER (WHERE {known} IS NOT NULL), sum(n) FROM (SELECT {used}, count(*) AS n "
            f"FROM drafted WHERE NOT missing_common({quoted(name)}) GROUP BY ALL)",
            doing="looking for places",
        ).fetchone()
        share = float(row[0] or 0) / float(row[1]) if row and row[1] else 0.0
        if share > best[1]:
            best = (name, share)
    return best


def _used(macro: str, name: str) -> list[str]:
    return [name, *(part for part in macro.split('"')[1::2] if part != name)]
