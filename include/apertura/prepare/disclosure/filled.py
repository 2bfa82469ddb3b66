"""What an older version hid, with the cells that are told now filled in: a subtraction in the older tables.

A cell that hid others in its sums, and is told now, leaves them with less to hide behind. The older version
was proven by itself, so what counts is what is narrow only since the cells are filled.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np

from apertura.contract.privacy import Counts, Privacy
from apertura.prepare.disclosure import subtraction
from apertura.prepare.disclosure.linkage import Found
from apertura.prepare.disclosure.space import Flags, Table, build
from apertura.prepare.engine import quoted, run


@dataclass(frozen=True)
class Told:
    """A table of counts in three forms, each as it can stand after FROM: the older version's, today's, and
    today's true counts."""

    old: str
    new: str
    raw: str


@dataclass(frozen=True)
class _Read:
    """The older table, its hidden cells with today's counts, and which cells are told."""

    table: Table
    then: Flags
    now: Flags


def attack(
    connection: duckdb.DuckDBPyConnection, privacy: Privacy, told: Mapping[str, Told], dataset: str
) -> Found | None:
    """`told`: resource -> its forms. Small cells that the older version hid and today's hides, too; those
    that are known within less than the threshold once both versions are put together, and were not before.
    None where nothing that was hidden is told now.
    """
    models = [model for model in subtraction.models_of(privacy) if model.resource in told]
    read = [_read(connection, model, told[model.resource]) for model in models]
    if not any((one.now & ~one.then).any() for one in read):
        return None
    both = _found(connection, privacy, read, [one.then | one.now for one in read], dataset)
    alone = _found(connection, privacy, read, [one.then for one in read], dataset)
    return Found(both.tried, max(0, both.succeeded - alone.succeeded), both.smallest)


def _found(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    read: Iterable[_Read],
    known: list[Flags],
    dataset: str,
) -> Found:
    totals = any(one.what == "totals" for one in privacy.prior_publications)
    space = build(connection, privacy, [one.table for one in read], known, dataset)
    return subtraction.of_space(space, totals_known=totals)


def _read(connection: duckdb.DuckDBPyConnection, model: Counts, told: Told) -> _Read:
    names = [quoted(dimension.field) for dimension in model.dimensions]
    count = quoted(model.count)
    labels = ", ".join(f"CAST({name} AS VARCHAR) AS q{n}" for n, name in enumerate(names))

    def side(relation: str) -> str:
        return f"(SELECT {labels}, any_value({count}) AS n FROM {relation} GROUP BY ALL)"

    def on(other: str) -> str:
        return " AND ".join(f"o.q{n} IS NOT DISTINCT FROM {other}.q{n}" for n in range(len(names)))

    rows = run(
        connection,
        f"SELECT {', '.join(f'o.q{n}' for n in range(len(names)))}, coalesce(o.n, t.n, r.n), "
        f"o.n IS NOT NULL, t.n IS NOT NULL FROM {side(told.old)} o LEFT JOIN {side(told.new)} t ON {on('t')} "
        f"LEFT JOIN {side(told.raw)} r ON {on('r')} ORDER BY ALL",
        doing="filling what an older version hid",
    ).fetchall()
    return _Read(
        Table(model, [row[:-3] for row in rows], [None if row[-3] is None else int(row[-3]) for row in rows]),
        np.array([bool(row[-2]) for row in rows], dtype=np.bool_),
        np.array([bool(row[-1]) for row in rows], dtype=np.bool_),
    )
