"""Rows that look like many people and are few: candidates counted by whose rows they are.

Who holds the raw table knows whose each row is. Independent of the module that suppresses: labels and classes
are made anew by SQL, over what was written.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Sensitive, Unit
from apertura.prepare.disclosure import linkage
from apertura.prepare.disclosure.linkage import Found
from apertura.prepare.engine import quoted, run


def attack(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    unit: Unit,
    relations: tuple[str, str],
    names: tuple[Sequence[str], Sequence[str]],
    k: int,
    sensitive: Sequence[Sensitive],
) -> Found:
    """Raw rows in published classes of fewer than k people, or whose people share a value too often.

    `relations`: raw and published, as they can stand after FROM. `names`: what the adversary knows, and all
    columns that tell which raw rows were published (records leave whole, by all of them).
    """
    (raw, published), (knows, everything) = relations, names
    levels = linkage.levels_of(connection, published, resource, everything)
    labels = ", ".join(linkage.known(resource, levels, everything))
    shown = ", ".join(linkage.shown(everything))
    whose = " || chr(31) || ".join(quoted(name) for name in unit.columns)  # NULL when any is missing
    kinds = "".join(f", CAST({quoted(one.field)} AS VARCHAR) AS s{n}" for n, one in enumerate(sensitive))
    on = " AND ".join(f"r.q{n} IS NOT DISTINCT FROM p.q{n}" for n in range(len(everything)))
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE attack_rows AS SELECT r.* FROM "
        f"(SELECT {labels}, {whose} AS person{kinds} FROM {raw}) r "
        f"SEMI JOIN (SELECT DISTINCT {shown} FROM {published}) p ON {on}",
        doing="counting the people of each class",
    )
    keys = ", ".join(f"q{list(everything).index(name)}" for name in knows)
    # A row of nobody known adds nobody to a class, and may be anybody who shares a value there.
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE attack_people AS SELECT {keys}, count(*) AS held, "
        f"greatest(count(DISTINCT person), 1) AS people FROM attack_rows GROUP BY {keys}",
        doing="counting the people of each class",
    )
    [row] = run(
        connection,
        f"SELECT coalesce(sum(held), 0), coalesce(sum(held) FILTER (WHERE people < {k}), 0), min(people) "
        "FROM attack_people",
        doing="counting the people of each class",
    ).fetchall()
    found = Found(int(row[0]), int(row[1]), None if row[2] is None else int(row[2]))
    for number, one in enumerate(sensitive):
        if one.largest_share is not None:
            found += Found(found.tried, _shared(connection, keys, number, one.largest_share), None)
    return found


def _shared(connection: duckdb.DuckDBPyConnection, keys: str, number: int, limit: float) -> int:
    """Rows of classes in which too large a part of the people has one value."""
    on = " AND ".join(f"v.{key} IS NOT DISTINCT FROM c.{key}" for key in keys.split(", "))
    [row] = run(
        connection,
        f"""
        WITH v AS (
            SELECT {keys}, count(DISTINCT person) + CAST(count(*) > count(person) AS INTEGER) AS people
            FROM attack_rows
            WHERE s{number} IS NOT NULL
            GROUP BY {keys}, s{number}
        )
        SELECT coalesce(sum(c.held), 0) FROM attack_people c
        WHERE EXISTS (SELECT 1 FROM v WHERE {on} AND v.people > {limit!r} * c.people + 1e-9)
        """,
        doing="counting what people of a class share",
    ).fetchall()
    return int(row[0])
