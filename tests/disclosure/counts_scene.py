"""A dataset of counts for the tests: tables from rows, protected, and an attacker of the tests' own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from scipy.optimize import linprog

from apertura.contract import Resource
from apertura.contract.privacy import Privacy
from apertura.prepare.disclosure.counts import CountsOutcome, protect

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Given:
    """A table of counts: its dimensions as in the contract (or only names), its rows (labels, then count)."""

    dimensions: list[dict[str, Any] | str]
    rows: Iterable[Row]

    @property
    def declared(self) -> list[dict[str, Any]]:
        return [{"field": d} if isinstance(d, str) else d for d in self.dimensions]


def resource(name: str, dimensions: list[dict[str, Any]]) -> Resource:
    told = {"title": "Título", "description": "Descripción", "access": "publica", "personal": "none"}
    fields: list[dict[str, Any]] = [
        {"name": d["field"], "source": d["field"], "treatment": "keep", **told} for d in dimensions
    ]
    fields.append(
        {
            **told,
            "name": "casos",
            "source": "casos",
            "type": "integer",
            "access": "confidencial",
            "personal": "sensible",
            "treatment": "suppress",
        }
    )
    fields.append({"name": "casos_estado", "state_of": "casos", "treatment": "keep", **told})
    return Resource.model_validate({"name": name, "title": "T", "description": "D", "fields": fields})


def privacy_of(tables: dict[str, Given], roles: dict[str, Any] | None = None) -> Privacy:
    models = [
        {"kind": "counts", "resource": name, "count": "casos", "dimensions": given.declared}
        for name, given in tables.items()
    ]
    return Privacy.model_validate(
        {
            "unit": "persona",
            "attacker": "Cualquiera",
            "tables": models,
            "roles": roles or {},
        }
    )


def protected(
    tables: dict[str, Given],
    roles: dict[str, Any] | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    supposed: str | None = "Nadie los tiene.",
    **more: Any,
) -> tuple[duckdb.DuckDBPyConnection, CountsOutcome]:
    """The connection that holds the protected tables, and the outcome."""
    connection = connection or duckdb.connect()
    for name, given in tables.items():
        columns = ", ".join(f'"{d["field"]}" VARCHAR' for d in given.declared)
        connection.execute(f'CREATE OR REPLACE TABLE "{name}" ({columns}, casos BIGINT)')
        rows = list(given.rows)
        if rows:
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
    outcome = protect(
        connection,
        {name: f'"{name}"' for name in tables},
        {name: resource(name, given.declared) for name, given in tables.items()},
        privacy_of(tables, roles).model_copy(update={"unpublished_totals": supposed}),
        **more,
    )
    return connection, outcome


def published(connection: duckdb.DuckDBPyConnection, outcome: CountsOutcome, name: str) -> dict[Row, Any]:
    """Labels -> the published count, or the word of its state."""
    rows = connection.sql(f"SELECT * FROM {outcome.relations[name]}").fetchall()
    return {row[:-2]: row[-1] if row[-2] is None else row[-2] for row in rows}


def attacked(
    cells: dict[Row, int], hidden: set[Row], sums: list[tuple[list[Row], int]]
) -> dict[Row, tuple[float, float]]:
    """The interval of each hidden cell given sums (cells, total), by linear programming on plain values.

    Written from the definition, apart from the library's attacker: absolute counts, no deviations.
    """
    order = sorted(hidden, key=str)
    place = {cell: number for number, cell in enumerate(order)}
    rows, totals = [], []
    for parts, total in sums:
        line = np.zeros(len(order))
        for part in parts:
            if part in place:
                line[place[part]] += 1
            else:
                total -= cells[part]
        if line.any():
            rows.append(line)
            totals.append(total)
    found = {}
    for cell in order:
        cost = np.zeros(len(order))
        cost[place[cell]] = 1
        ends = []
        for way in (1, -1):
            given = {"A_eq": np.array(rows), "b_eq": totals} if rows else {}
            answer = linprog(way * cost, bounds=(0, None), **given)
            ends.append(float(way * answer.fun) if answer.status == 0 else float("inf"))
        found[cell] = (ends[0], ends[1])
    return found
