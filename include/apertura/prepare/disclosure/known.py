"""Cells of counts that older releases tell or hid: what the suppression of the next one must start from."""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import duckdb

from apertura.contract.privacy import Counts
from apertura.errors import PrivacyError, in_our_words
from apertura.prepare.disclosure import across
from apertura.prepare.disclosure.counts import SUPPRESSED, CellKey, cell_keys
from apertura.prepare.disclosure.differences import lacking, names_of
from apertura.prepare.engine import literal, quoted, run
from apertura.runs.context import Context


@dataclass(frozen=True)
class Told:
    """For `counts.protect`: cells that some version tells with today's count, and that the last one hid."""

    known: frozenset[CellKey]
    previous: frozenset[CellKey]


@in_our_words
def known_cells(ctx: Context, connection: duckdb.DuckDBPyConnection, raw: Mapping[str, str]) -> Told:
    """What all versions that ever were public tell of today's cells. `raw`: resource -> true counts.

    A cell whose count has changed since is not known; nobody can tell that it has, but then what they take
    for known is wrong. PrivacyError when a version's table lacks a column of today's.
    """
    known: set[CellKey] = set()
    previous: frozenset[CellKey] | None = None
    privacy = ctx.dataset.contract.privacy
    models = [table for table in privacy.tables if isinstance(table, Counts)] if privacy else []
    for version in across.versions(ctx) if models else []:
        hidden: set[CellKey] = set()
        for model in models:
            with ExitStack() as stack:
                old = across.stored(ctx, stack, ctx.dataset.id, version, model.resource)
                if old is None:
                    continue  # whether it can be done without is said by `across.check`
                old = _with_state(ctx, connection, version, old, model)
                told, suppressed = cell_keys(connection, old, model)
                known |= told & _unchanged(connection, old, raw[model.resource], model)
                hidden |= suppressed
        previous = frozenset(hidden) if previous is None else previous
    return Told(frozenset(known), previous or frozenset())


def _with_state(
    ctx: Context, connection: duckdb.DuckDBPyConnection, version: str, old: str, model: Counts
) -> str:
    """The older table with a state for each count; PrivacyError when it lacks a column of today's."""
    there = names_of(connection, old)
    gone = lacking(model, there)
    if gone:
        raise PrivacyError(
            f"{ctx.dataset.id}: {model.resource} of version {version} has no {', '.join(gone)}: what it "
            "tells of today's cells cannot be read",
            hint=f"keep the names of its columns: {across.NO_WAY_ROUND}",
        )
    state = f"{model.count}_estado"
    if state in there:
        return old
    hidden = f"CASE WHEN {quoted(model.count)} IS NULL THEN {literal(SUPPRESSED)} END"
    return f"(SELECT *, {hidden} AS {quoted(state)} FROM {old})"


def _unchanged(
    connection: duckdb.DuckDBPyConnection, old: str, raw: str, model: Counts
) -> frozenset[CellKey]:
    names = [quoted(dimension.field) for dimension in model.dimensions]
    on = " AND ".join(
        f"CAST(o.{name} AS VARCHAR) IS NOT DISTINCT FROM CAST(r.{name} AS VARCHAR)" for name in names
    )
    labels = ", ".join(f"CAST(o.{name} AS VARCHAR)" for name in names)
    count = quoted(model.count)
    rows = run(
        connection,
        f"SELECT {labels} FROM {old} o JOIN {raw} r ON {on} WHERE o.{count} = r.{count}",
        doing=f"comparing the cells of {model.resource} with an older version",
    ).fetchall()
    return frozenset((model.resource, tuple(row)) for row in rows)
