"""The one order that published rows have: by the declared key, then by every other column.

Sources mostly come in the order of their key. Seeing that reads the key alone; sorting moves every row.
"""

# ruff: noqa: S608 (names are declared ones, through quoted())

from __future__ import annotations

import duckdb

from apertura.contract import Resource
from apertura.prepare.engine import quoted, run


def in_order(connection: duckdb.DuckDBPyConnection, resource: Resource, select: str, *, doing: str) -> str:
    """`select`, which gives the resource's published columns in a row order of its own, put in order.

    It is read for its key first, so it should be cheap to read; the result keeps the order only while the
    connection preserves insertion order, as `engine.connect` has it.
    """
    key = [quoted(name) for name in resource.primaryKey]
    return select if key and _rises(connection, select, key, doing) else sorted_by_all(resource, select)


def sorted_by_all(resource: Resource, select: str) -> str:
    """The same by sorting, whatever order `select` has and however dear it is to read."""
    key = [quoted(name) for name in resource.primaryKey]
    names = [quoted(field.name) for field in resource.published_fields]
    order = ", ".join(f"{name} NULLS FIRST" for name in [*key, *(n for n in names if n not in key)])
    return f"SELECT * FROM ({select}) ORDER BY {order}"


def _rises(connection: duckdb.DuckDBPyConnection, select: str, key: list[str], doing: str) -> bool:
    """Whether each row's key is there and greater than that of the row before: then nothing else decides."""
    before = [quoted(f"before:{number}") for number in range(len(key))]
    lagged = ", ".join(f"lag({name}) OVER () AS {was}" for name, was in zip(key, before, strict=True))
    rises, equal = [], ""
    for name, was in zip(key, before, strict=True):
        rises.append(f"{equal}{name} > {was}")
        equal += f"{name} = {was} AND "
    there = " AND ".join(f"{name} IS NOT NULL" for name in key)
    # Only before the first row is there nothing: every row's own key must be there.
    first = " AND ".join(f"{was} IS NULL" for was in before)
    holds = f"({there}) AND ({first} OR {' OR '.join(f'({one})' for one in rises)})"
    query = (
        f"SELECT count(*) FILTER (WHERE ({holds}) IS DISTINCT FROM true) "
        f"FROM (SELECT {', '.join(key)}, {lagged} FROM ({select}))"
    )
    row = run(connection, query, doing=doing).fetchone()
    return row is not None and row[0] == 0
