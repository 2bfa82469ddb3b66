"""All tables of rows of a dataset protected at once: each by its model, then against the others.

Suppression is joint where tables are of one population (`siblings`). What leaves is only added to, so that it
comes to an end; each table's models are made to hold again after every step.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np

from apertura.contract import Resource
from apertura.contract.privacy import Microdata, Privacy
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import siblings
from apertura.prepare.disclosure.account import per_cent
from apertura.prepare.disclosure.classes import Flags
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.judge import without
from apertura.prepare.disclosure.microdata import Chosen, choose, draft
from apertura.prepare.engine import run


def protect(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> dict[str, Chosen]:
    """Resource -> its generalisation and what leaves.

    PrivacyError when a model cannot be met, when tables of one population take more out of each other than a
    limit allows, or when nothing makes them safe together.
    """
    tables = [table for table in privacy.tables if isinstance(table, Microdata)]
    chosen = {
        one.resource: choose(connection, raw[one.resource], resources[one.resource], one) for one in tables
    }
    if len(tables) < 2:
        return chosen
    drafts = {name: draft(connection, raw[name], one) for name, one in chosen.items()}
    families = siblings.kin(connection, privacy, raw, drafts, resources)
    settled = False
    while not settled:
        settled = True
        for one in families:
            for name, classes in siblings.more_to_leave(connection, one, raw, drafts).items():
                more = _leaving(connection, chosen[name], classes)
                if int(more.done.kept.sum()) >= int(chosen[name].done.kept.sum()):
                    raise _stuck(one)
                chosen[name] = more
                drafts[name] = draft(connection, raw[name], more)
                settled = False
    for one in families:
        if siblings.differ(connection, one, raw, drafts):
            raise _stuck(one)
    for done in chosen.values():
        _within_limit(done)
    return chosen


def _leaving(
    connection: duckdb.DuckDBPyConnection, chosen: Chosen, classes: Sequence[tuple[str | None, ...]]
) -> Chosen:
    task, done = chosen.task, chosen.done
    wanted = set(classes)
    texts = [_texts(connection, chosen, i) for i in range(task.width)]
    codes = [one.tolist() for one in done.codes[: task.width]]
    leaving: Flags = np.array(
        [
            tuple(text.get(code) for text, code in zip(texts, row, strict=True)) in wanted
            for row in zip(*codes, strict=True)
        ],
        dtype=np.bool_,
    )
    return Chosen(task, without(task, done, leaving & (done.kept > 0)))


def _texts(connection: duckdb.DuckDBPyConnection, chosen: Chosen, i: int) -> dict[int, str | None]:
    """The published label of each code of a quasi-identifier; a hidden cell has none."""
    task, level = chosen.task, chosen.done.view.levels[i]
    one = task.grouped.columns[i]
    text = label(task.resource.field(one.name), level, "v")
    rows = run(
        connection,
        f"SELECT c0, CAST({text} AS VARCHAR) FROM {task.grouped.coded[i]}",
        doing=f"reading the labels of {one.name} of {task.resource.name}",
    ).fetchall()
    return {int(one.maps[level][value]): shown for value, shown in rows}


def _stuck(one: siblings.Kin) -> PrivacyError:
    return PrivacyError(
        f"resources {one.one.resource} and {one.other.resource} count the same people by "
        f"{', '.join(one.columns)}, and no more suppression hides by how few they differ",
        hint="give both the same coarse levels of these columns, suppress records and not cells, or leave "
        "one of the tables out",
    )


def _within_limit(one: Chosen) -> None:
    """Rows that left count against the limit; in a table by cells, with every cell that they had."""
    task, done = one.task, one.done
    whole = task.rows - int(done.kept.sum())
    cells = sum(int(done.kept[mask].sum()) for mask in done.masks) if task.by_cells else 0
    gone, all_of_them = whole, task.rows
    if task.by_cells:
        gone, all_of_them = whole * task.width + cells, task.rows * task.width
    if gone > task.allowed:
        what = "cells" if task.by_cells else "rows"
        raise PrivacyError(
            f"resource {task.resource.name}: with what other tables of the same people tell, "
            f"{per_cent(gone / max(1, all_of_them))} of the {what} would have to leave, more than the limit "
            f"of {task.table.suppression.limit:.1%}",
            hint="give the tables of one population the same coarse levels of what they share, leave one of "
            "them out, or raise the limit",
        )
