"""Tables of counts: small counts are suppressed, and others so that no sum gives them back.

PRIVACY of counts: a threshold alone fails, because tables add up. `protect` finds the pattern over all
sums, linked tables and totals included (`space`, `suppress`), and has it attacked (`attacker`): for each
suppressed cell the interval that linear programming leaves is at least as wide as the threshold, so that it
never lies within 1 … threshold-1.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from apertura.contract import Resource
from apertura.contract.privacy import Counts, Privacy
from apertura.errors import PrivacyError, in_our_words
from apertura.prepare import columns, engine
from apertura.prepare.disclosure import space as cells
from apertura.prepare.disclosure import suppress
from apertura.prepare.disclosure.rollup import Label
from apertura.prepare.disclosure.space import Flags, Space, Table

SUPPRESSED, UNAVAILABLE = "suprimido", "no_disponible"
CellKey = tuple[str, tuple[Label, ...]]
"""A cell across releases: its resource, and its labels as text in the order of the model's dimensions."""


@dataclass(frozen=True)
class CountsOutcome:
    """Resource -> temporary table with the published columns; and what was done (private: exact counts)."""

    relations: dict[str, str]
    document: dict[str, Any]


@in_our_words
def protect(
    connection: duckdb.DuckDBPyConnection,
    relations: dict[str, str],
    resources: dict[str, Resource],
    privacy: Privacy,
    *,
    known: Set[CellKey] | None = None,
    previous: Set[CellKey] | None = None,
    dataset: str = "this dataset",
) -> CountsOutcome:
    """Suppress in all tables of counts of a dataset at once.

    `relations`: resource -> cleaned relation (dimension columns, count). `known`: cells that retained
    versions publish; `previous`: cells that the last release suppressed, preferred again (both from
    `cell_keys`). Vocabulary macros are loaded. PrivacyError when a table has two rows for one cell or a
    negative count, when a small cell is published already, or when some cannot be protected.
    """
    models = [table for table in privacy.tables if isinstance(table, Counts)]
    tables = [_read(connection, relations[m.resource], m, resources[m.resource], dataset) for m in models]
    known, previous = known or frozenset(), previous or frozenset()
    space = cells.build(connection, privacy, tables, [_among(table, known) for table in tables], dataset)
    told = space.primary & space.known
    if told.any():
        raise PrivacyError(
            f"{dataset}: small counts that must be suppressed are published in a retained version",
            hint="withdrawing that version does not help: what was public stays known while the count is "
            "the same. Keep the last release; a new one is possible when the source has changed these counts",
        )
    before = np.zeros(space.size, dtype=bool)
    for table in tables:
        before[space.rows[table.model.resource][_among(table, previous)]] = True
    pattern = suppress.find(space, before & ~space.known, dataset)
    if pattern.assumed and privacy.unpublished_totals is None:
        raise PrivacyError(
            f"{dataset}: the counts are only protected as long as nobody publishes {pattern.assumed} totals "
            "that no table holds",
            hint="publish coarser tables; or, where nobody has those totals, say why in "
            "`privacy.unpublished_totals`: the certificate tells it",
        )
    made = {
        table.model.resource: _write(
            connection,
            relations[table.model.resource],
            resources[table.model.resource],
            table,
            pattern.suppressed[space.rows[table.model.resource]],
        )
        for table in tables
    }
    return CountsOutcome(made, _document(space, tables, pattern))


@in_our_words
def cell_keys(
    connection: duckdb.DuckDBPyConnection, relation: str, model: Counts
) -> tuple[frozenset[CellKey], frozenset[CellKey]]:
    """The published and the suppressed cells of a published table, for `known` and `previous`."""
    state = engine.quoted(f"{model.count}_estado")
    rows = engine.run(
        connection,
        f"SELECT {_label_columns(model)}, {state} = {engine.literal(SUPPRESSED)}, "
        f"{engine.quoted(model.count)} IS NOT NULL FROM {relation}",
        doing=f"reading the published cells of {model.resource}",
    ).fetchall()
    suppressed = frozenset((model.resource, row[:-2]) for row in rows if row[-2])
    return frozenset((model.resource, row[:-2]) for row in rows if row[-1] and not row[-2]), suppressed


def _label_columns(model: Counts) -> str:
    return ", ".join(f"CAST({engine.quoted(d.field)} AS VARCHAR)" for d in model.dimensions)


def _among(table: Table, keys: Set[CellKey]) -> Flags:
    return np.array([(table.model.resource, labels) in keys for labels in table.labels], dtype=bool)


def _read(
    connection: duckdb.DuckDBPyConnection, relation: str, model: Counts, resource: Resource, dataset: str
) -> Table:
    where = f"{dataset}, {model.resource}"
    counted = {model.count, *(dimension.field for dimension in model.dimensions)}
    beside = [
        field.name
        for field in resource.published_fields
        if field.name not in counted and field.personal != "none" and field.type in ("integer", "number")
    ]
    if beside:
        raise PrivacyError(
            f"{where}: {', '.join(beside)} would tell of people beside the suppressed count",
            hint="drop these fields, or give each a table of counts of its own",
        )
    rows = engine.run(
        connection,
        f"SELECT {_label_columns(model)}, {engine.quoted(model.count)} FROM {relation} ORDER BY ALL",
        doing=f"reading the counts of {model.resource}",
    ).fetchall()
    labels, counts = [row[:-1] for row in rows], [row[-1] for row in rows]
    if len(set(labels)) != len(labels):
        raise PrivacyError(
            f"{where}: some cells have more than one row",
            hint="sum or resolve them in sql/reshape: a table of counts has one row for each cell",
        )
    if any(count is not None and count < 0 for count in counts):
        raise PrivacyError(f"{where}: {model.count} is negative in some rows", hint="mend it in clean")
    return Table(model, labels, [None if count is None else int(count) for count in counts])


def _write(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    resource: Resource,
    table: Table,
    suppressed: Flags,
) -> str:
    """The published columns, with the counts of suppressed cells gone and told so."""
    model, name = table.model, f"counts:{table.model.resource}"
    target, hidden = engine.quoted(name), engine.quoted(f"{name}:suppressed")
    places = engine.quoted(f"{name}:places")
    doing = f"suppressing the counts of {model.resource}"
    have = {
        row[0] for row in engine.run(connection, f"DESCRIBE SELECT * FROM {relation}", doing=doing).fetchall()
    }
    engine.run(connection, f"CREATE OR REPLACE TEMP TABLE {hidden} (place BIGINT)", doing=doing)
    gone = np.flatnonzero(suppressed).tolist()
    if gone:
        listed = ", ".join(map(str, gone))
        engine.run(connection, f"INSERT INTO {hidden} SELECT unnest([{listed}])", doing=doing)
    count, state = engine.quoted(model.count), f"{model.count}_estado"
    order = f"{_label_columns(model)}, {count}"
    engine.run(
        connection,
        f"CREATE OR REPLACE TEMP VIEW {places} AS "
        f'SELECT *, row_number() OVER (ORDER BY {order}) - 1 AS "apertura:place" FROM {relation}',
        doing=doing,
    )
    is_gone = f'"apertura:place" IN (SELECT place FROM {hidden})'
    items = []
    for field in resource.published_fields:
        column = engine.quoted(field.name)
        if field.name == model.count:
            value = f"CASE WHEN NOT {is_gone} THEN {count} END"
        elif field.name == state:
            told = column if state in have else "NULL"
            value = (
                f"CASE WHEN {is_gone} THEN {engine.literal(SUPPRESSED)} "
                f"WHEN {count} IS NULL THEN coalesce({told}, {engine.literal(UNAVAILABLE)}) END"
            )
        else:
            value = column
        items.append(f"CAST({value} AS {columns.published_type(field)}) AS {column}")
    engine.run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE {target} AS SELECT {', '.join(items)} FROM {places}",
        doing=doing,
    )
    return target


def _document(space: Space, tables: list[Table], pattern: suppress.Pattern) -> dict[str, Any]:
    told: dict[str, dict[str, int]] = {}
    for table in tables:
        at = space.rows[table.model.resource]
        values, gone, small = space.values[at], pattern.suppressed[at], space.primary[at]
        missing = np.array([count is None for count in table.counts], dtype=bool)
        told[table.model.resource] = {
            "cells": len(at),
            "zero": int(((values == 0) & ~missing).sum()),
            "unavailable": int(missing.sum()),
            "primary": int(small.sum()),
            "complementary": int((gone & ~small).sum()),
            "published": int((~gone & ~missing).sum()),
            "sum": int(values[~missing].sum()),
            "sum_published": int(values[~gone & ~missing].sum()),
        }
    checked = pattern.widths[~np.isnan(pattern.widths)]
    return {
        "kind": "counts",
        "tables": told,
        "equations": int(space.matrix.shape[0]),
        "inconsistent": space.inconsistent,
        "linked": [table.model.resource for table in tables] if len(tables) > 1 else [],
        "totals": {
            "cells": int((~space.real).sum()),
            "small": int((~space.real & space.primary).sum()),
            "assumed_unpublished": pattern.assumed,
        },
        "attacker": {
            "cells_checked": len(checked),
            "smallest_interval": float(round(checked.min(), 6)) if len(checked) else None,
            "exact": False,
            "method": "linear programming (HiGHS), non-negative counts, all sums",
        },
        "search": {"rounds": pattern.rounds},
    }
