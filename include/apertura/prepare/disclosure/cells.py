"""Local suppression: single cells of quasi-identifiers become null until every model holds.

Greedy and deterministic: in each round the column whose nulls rescue most rows of failing classes, at the
least loss, is taken for the rows it rescues. A suppressed cell is a category of its own here, apart from a
value that was missing, as the published column `<field>_estado` shows it. Read as a wildcard it matches
more rows, never fewer, so k holds under both conventions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apertura.prepare.disclosure.classes import Codes, Flags, Floats, summed
from apertura.prepare.disclosure.models import Model, View, failing


@dataclass(frozen=True)
class Hidden:
    """For each quasi-identifier, which combinations lose that cell; how many cells of rows that is."""

    masks: tuple[Flags, ...]
    cells: int


def hide(view: View, models: Sequence[Model], width: int, allowed: int) -> Hidden | None:
    """Hide cells of the first `width` columns; None when more than `allowed` would go or nothing helps.

    `view.extra` is 1: the code after a column's last is the suppressed cell.
    """
    codes = [one.copy() for one in view.table.codes]
    counts = view.table.counts
    nulls = [one.size(level) for one, level in zip(view.columns, view.levels, strict=True)]
    costs = _costs(view, width)
    cells = 0
    bad = _bad(view, models, codes)
    while bad.any():
        rounds = [_trial(view, models, codes, bad, i, nulls[i], costs[i]) for i in range(width)]
        gain, _, column = max((gain, -cost, -i) for i, (gain, cost, _) in enumerate(rounds))
        if gain > 0:
            column = -column
            target = rounds[column][2]
        else:
            column, target = _widest(view, codes, bad, nulls[:width], costs)
        if not target.any():
            target = _smallest_class(view, codes, ~bad, nulls[:width])
            if not target.any():
                return None
            for i in range(width):
                cells += int(counts[target & (codes[i] != nulls[i])].sum())
                codes[i][target] = nulls[i]
        else:
            cells += int(counts[target].sum())
            codes[column][target] = nulls[column]
        if cells > allowed:
            return None
        bad = _bad(view, models, codes)
    masks = tuple(codes[i] == nulls[i] for i in range(width))
    return Hidden(masks, cells)


def _bad(view: View, models: Sequence[Model], codes: Sequence[Codes]) -> Flags:
    bad = np.zeros(len(view.table.counts), dtype=np.bool_)
    for model in models:
        bad |= failing(view, model, view.table.counts, codes=codes)
    return bad


def _costs(view: View, width: int) -> list[Floats]:
    """What hiding each cell adds to the loss of its column, for all rows of the combination."""
    return [
        (1.0 - view.columns[i].shares[view.levels[i]][view.table.codes[i]]) * view.table.counts
        for i in range(width)
    ]


def _trial(
    view: View, models: Sequence[Model], codes: list[Codes], bad: Flags, i: int, null: int, cost: Floats
) -> tuple[int, float, Flags]:
    """Rows that hiding column `i` in failing classes rescues (less those it spoils), the cost, which."""
    candidates = bad & (codes[i] != null)
    if not candidates.any():
        return 0, 0.0, candidates
    trial = list(codes)
    trial[i] = np.where(candidates, np.int32(null), codes[i])
    after = _bad(view, models, trial)
    rescued = candidates & ~after
    counts = view.table.counts
    gain = int(counts[rescued].sum()) - int(counts[after & ~bad].sum())
    return gain, round(float(cost[rescued].sum()), 9), rescued


def _widest(
    view: View, codes: list[Codes], bad: Flags, nulls: Sequence[int], costs: list[Floats]
) -> tuple[int, Flags]:
    """Where no single column rescues anybody: the one that leaves the fewest different classes failing."""
    choices = []
    for i, null in enumerate(nulls):
        target = bad & (codes[i] != null)
        if target.any():
            merged = list(codes)
            merged[i] = np.where(target, np.int32(null), codes[i])
            failing_ones = [one[bad] for one in merged]
            _, number = view.ids(range(len(nulls)), failing_ones)
            choices.append((number, round(float(costs[i][target].sum()), 9), i, target))
    if not choices:
        return 0, np.zeros(len(bad), dtype=np.bool_)
    _, _, column, target = min(choices, key=lambda one: one[:3])
    return column, target


def _smallest_class(view: View, codes: list[Codes], good: Flags, nulls: Sequence[int]) -> Flags:
    """All cells of failing rows are hidden already: the smallest class that passes must join them."""
    if not good.any():
        return good
    ids, number = view.ids(range(len(nulls)), codes)
    sizes = summed(ids, number, np.where(good, view.table.counts, 0))
    sizes[sizes == 0] = np.iinfo(np.int64).max
    return np.asarray((ids == int(np.argmin(sizes))) & good, dtype=np.bool_)
