"""Counts that sums give back: an attacker who adds, subtracts and knows the least that a count can be.

Bounds are carried from sum to sum until nothing narrows. Weaker than the linear programmes of the module
that suppresses, and on purpose another method: what one overlooks the other may find.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np

from apertura.contract import Resource
from apertura.contract.privacy import Counts, Privacy
from apertura.prepare.disclosure.linkage import Found
from apertura.prepare.disclosure.space import Flags, Space, Table, build
from apertura.prepare.engine import quoted, run

_ROUNDS = 200


def models_of(privacy: Privacy) -> list[Counts]:
    """The tables of counts of a dataset."""
    return [table for table in privacy.tables if isinstance(table, Counts)]


def read(
    connection: duckdb.DuckDBPyConnection, model: Counts, raw: str, published: str
) -> tuple[Table, Flags]:
    """A table of true counts, and which of its rows are published with their count.

    `published` holds the columns of the dimensions and the count; a cell that is not there is not known.
    """
    names = [quoted(dimension.field) for dimension in model.dimensions]
    count = quoted(model.count)
    on = " AND ".join(
        f"CAST(r.{name} AS VARCHAR) IS NOT DISTINCT FROM p.q{n}" for n, name in enumerate(names)
    )
    labels = ", ".join(f"CAST(r.{name} AS VARCHAR)" for name in names)
    seen = ", ".join(f"CAST({name} AS VARCHAR) AS q{n}" for n, name in enumerate(names))
    rows = run(
        connection,
        f"SELECT {labels}, r.{count}, p.told IS NOT NULL FROM {raw} r LEFT JOIN "
        f"(SELECT {seen}, any_value({count}) AS told FROM {published} GROUP BY ALL) p ON {on} ORDER BY ALL",
        doing=f"reading the counts of {model.resource}",
    ).fetchall()
    table = Table(
        model,
        [tuple(None if one is None else str(one) for one in row[:-2]) for row in rows],
        [None if row[-2] is None else int(row[-2]) for row in rows],
    )
    return table, np.array([bool(row[-1]) for row in rows], dtype=np.bool_)


def attack(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
    dataset: str,
    *,
    totals_known: bool = False,
) -> Found:
    """Try every suppressed small cell of all tables at once; found when it is known within less than the
    threshold. Totals that no table holds are known with `totals_known`, or when the institution has
    published totals before.

    `smallest` is the width of the narrowest interval found, 0 for an exact count.
    """
    tables, flags = [], []
    for model in models_of(privacy):
        if model.resource in resources:
            table, known = read(connection, model, raw[model.resource], published[model.resource])
            tables.append(table)
            flags.append(known)
    if not any(table.labels for table in tables):
        return Found(0, 0, None)
    told = any(one.what == "totals" for one in privacy.prior_publications)
    return of_space(build(connection, privacy, tables, flags, dataset), totals_known=told or totals_known)


def of_space(space: Space, *, totals_known: bool = False) -> Found:
    """The attack on a space whose `known` says what is published."""
    known = space.known | (~space.real & ~space.free & totals_known)
    low = np.where(known, space.values, space.floor).astype(float)
    high = np.where(known, space.values, np.inf).astype(float)
    entries = space.matrix.tocoo()
    lines, cells, signs = entries.row, entries.col, entries.data
    for _ in range(_ROUNDS):
        narrower_low, narrower_high = _narrowed(lines, cells, signs, low, high, space.matrix.shape[0])
        if np.array_equal(narrower_low, low) and np.array_equal(narrower_high, high):
            break
        low, high = narrower_low, narrower_high
    hidden = space.primary & space.real & ~known
    width = (high - low)[hidden]
    narrow = width < space.need[hidden]
    finite = width[np.isfinite(width)]
    smallest = int(finite.min()) if finite.size else None
    return Found(int(hidden.sum()), int(narrow.sum()), smallest)


def _narrowed(
    lines: np.ndarray, cells: np.ndarray, signs: np.ndarray, low: np.ndarray, high: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """One round: each cell's bounds by each sum that it stands in, all others at their bounds.

    A sum says Σ sign·x = 0, so sign·x lies between minus the others' highest and minus their lowest.
    Unbounded ones are counted apart: infinity minus infinity is nothing.
    """
    least = np.where(signs > 0, low[cells], -high[cells])
    most = np.where(signs > 0, high[cells], -low[cells])
    new_low, new_high = low.copy(), high.copy()
    for bound, target in ((most, "least"), (least, "most")):
        finite = np.where(np.isfinite(bound), bound, 0.0)
        total = np.bincount(lines, weights=finite, minlength=number)
        open_ones = np.bincount(lines, weights=~np.isfinite(bound), minlength=number)
        others = total[lines] - finite
        closed = open_ones[lines] - ~np.isfinite(bound) < 0.5
        signed = -others  # the bound of sign·x that the others leave
        lower = closed & (signs > 0 if target == "least" else signs < 0)
        upper = closed & (signs < 0 if target == "least" else signs > 0)
        np.maximum.at(new_low, cells[lower], np.where(signs > 0, signed, -signed)[lower])
        np.minimum.at(new_high, cells[upper], np.where(signs > 0, signed, -signed)[upper])
    return new_low, new_high
