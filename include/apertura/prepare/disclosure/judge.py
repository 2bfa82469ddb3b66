"""What a generalisation comes to: how much must be suppressed so that the models hold, and what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apertura.errors import PrivacyError
from apertura.prepare.disclosure import loss
from apertura.prepare.disclosure.cells import hide
from apertura.prepare.disclosure.classes import Codes, Flags, Ints, Table, summed
from apertura.prepare.disclosure.models import View, failing
from apertura.prepare.disclosure.records import suppress
from apertura.prepare.disclosure.search import Found, Levels, Rollups, Verdict, best
from apertura.prepare.disclosure.task import Task


def solve(task: Task) -> Found | None:
    """Search the lattice of a task; None when no generalisation meets the models within the limit."""
    rollups = Rollups(task.grouped.table, task.grouped.columns, task.width)
    judge = _judge_cells if task.by_cells else _judge_records
    return best(
        task.choices,
        task.sums,
        task.grouped.columns[: task.width],
        task.rows,
        rollups,
        lambda levels, table: judge(task, task.view(table, levels)),
        bounded=task.table.loss == "loss",
    )


def _judge_records(task: Task, view: View) -> Verdict:
    """Suppress failing classes as a whole and see what is left."""
    counts = view.table.counts
    kept = suppress(view, task.models, counts, task.judged.monotone, task.allowed)
    floor = _floor(task, view)
    if task.rows - int(kept.sum()) > task.allowed:
        return Verdict(valid=False, ruled_out=True, floor=floor)
    added = () if task.table.loss != "loss" else _added(task, view, [kept == 0] * task.width)
    gone = task.rows - int(kept.sum())
    if task.judged.is_all:
        return Verdict(True, _score(task, view, added, kept), gone, floor=floor, added=added)
    kept = suppress(view, task.models, kept, None, task.allowed)
    gone = task.rows - int(kept.sum())
    if gone > task.allowed:
        return Verdict(valid=False, floor=floor, added=added)
    final = _added(task, view, [kept == 0] * task.width)
    return Verdict(True, _score(task, view, final, kept), gone, floor=floor, added=added)


def _judge_cells(task: Task, view: View) -> Verdict:
    """Hide cells greedily and see how many. A row of a class that is too small loses one cell at least."""
    counts = view.table.counts
    floor = _floor(task, view)
    small = np.zeros(len(counts), dtype=np.bool_)
    for model, judged in zip(task.models, task.judged.monotone, strict=True):
        small |= failing(view, model, counts, judged=judged)
    if int(counts[small].sum()) > task.allowed:
        return Verdict(valid=False, ruled_out=True, floor=floor)
    hidden = hide(view, task.models, task.width, task.allowed)
    if hidden is None:
        return Verdict(valid=False, floor=floor)
    added = _added(task, view, hidden.masks)
    return Verdict(True, _score(task, view, added, counts), hidden.cells, floor=floor)


def _score(task: Task, view: View, added: Sequence[float], kept: Ints) -> float:
    """Loss or discernibility of a table with these rows or cells gone."""
    if task.table.loss == "discernibility":
        ids, number = view.ids(range(task.width))
        gone = 0 if task.by_cells else task.rows - int(kept.sum())
        return float(loss.discernibility(summed(ids, number, kept), gone, task.rows))
    return loss.score(_losses(task, view, added))


def _added(task: Task, view: View, masks: Sequence[Flags]) -> tuple[float, ...]:
    """By column, what suppressed rows or cells add to S."""
    return tuple(loss.hidden_sums(view, i, mask) for i, mask in enumerate(masks))


def _losses(task: Task, view: View, added: Sequence[float]) -> list[float]:
    sums = [float(task.sums[i][view.levels[i]]) + more for i, more in enumerate(added)]
    return [float(loss.column_loss(one, task.rows, view.columns[i].domain)) for i, one in enumerate(sums)]


def losses(task: Task, view: View, masks: Sequence[Flags]) -> dict[str, float]:
    """L of each quasi-identifier with these rows or cells gone."""
    return dict(zip(task.quasi, _losses(task, view, _added(task, view, masks)), strict=True))


def _floor(task: Task, view: View) -> float:
    """For discernibility: no coarser node comes below the squared class sizes of this one."""
    if task.table.loss == "loss":
        return 0.0
    ids, number = view.ids(range(task.width))
    return float(loss.discernibility(summed(ids, number, view.table.counts), 0, task.rows))


def rolled(task: Task, levels: Levels) -> Table:
    return Rollups(task.grouped.table, task.grouped.columns, task.width).at(levels)


@dataclass(frozen=True)
class Solved:
    """The chosen generalisation, carried out.

    kept: rows left of each combination of the view. codes: the view's, with the code after the last where a
    cell is hidden. masks: by quasi-identifier, the combinations whose cell is hidden.
    """

    found: Found
    view: View
    kept: Ints
    codes: tuple[Codes, ...]
    masks: tuple[Flags, ...]


def solved(task: Task, found: Found) -> Solved:
    """Suppress once more at the chosen node, and make sure that every model holds there.

    PrivacyError when one does not: that would be a fault of this library, and nothing may be published.
    """
    view = task.view(rolled(task, found.levels), found.levels)
    counts = view.table.counts
    none = np.zeros(len(counts), dtype=np.bool_)
    kept, codes, masks = counts, list(view.table.codes), (none,) * task.width
    if not task.by_cells:
        kept = suppress(view, task.models, counts, task.judged.monotone, task.rows)
        kept = suppress(view, task.models, kept, None, task.rows)
    elif (hidden := hide(view, task.models, task.width, task.allowed)) is not None:
        masks = hidden.masks
        for i, mask in enumerate(masks):
            null = view.columns[i].size(view.levels[i])
            codes[i] = np.where(mask, np.int32(null), codes[i]).astype(np.int32)
    _hold(task, view, kept, codes)
    return Solved(found, view, kept, tuple(codes), masks)


def without(task: Task, done: Solved, leaving: Flags) -> Solved:
    """The same with these combinations gone, and whatever does not hold without them."""
    kept = np.where(leaving, 0, done.kept)
    while True:  # what lost its company may fail in turn
        left = suppress(done.view, task.models, kept, None, task.rows, done.codes)
        if np.array_equal(left, kept):
            break
        kept = left
    _hold(task, done.view, kept, done.codes)
    return Solved(done.found, done.view, kept, done.codes, done.masks)


def _hold(task: Task, view: View, kept: Ints, codes: Sequence[Codes]) -> None:
    if any(failing(view, model, kept, codes=codes).any() for model in task.models):
        raise PrivacyError(
            f"resource {task.resource.name}: the chosen generalisation does not hold when carried out",
            hint="report this to the maintainers; nothing was published",
        )
