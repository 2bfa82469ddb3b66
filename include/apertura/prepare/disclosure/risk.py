"""Risk of re-identification of a table: class sizes, prosecutor, journalist and marketer risk, k, l, t.

Prosecutor: the attacker knows that the person is in the table; a record's risk is 1 over its class.
Journalist: the attacker does not know it; the risk is 1 over the class in the population. Marketer: the
expected share of records that are matched rightly (El Emam 2013; Hundepool et al. 2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from apertura.contract import FieldSpec
from apertura.prepare.disclosure.classes import Codes, Floats, Ints, class_ids, summed
from apertura.prepare.disclosure.models import Model, View, worst

THRESHOLD = 0.2
"""Records above this risk are counted: a class under five."""

_BINS = (("1", 1, 1), ("2", 2, 2), ("3-4", 3, 4), ("5-9", 5, 9), ("10-19", 10, 19), ("20+", 20, None))


def measure(
    view: View,
    model: Model,
    kept: Ints,
    fields: Sequence[FieldSpec],
    *,
    codes: Sequence[Codes] | None = None,
    population: Floats | None = None,
) -> dict[str, Any]:
    """The risks of the kept rows against a model's adversary.

    `population`: for each combination the size of its class in the population, for journalist risk; without
    it that risk is the prosecutor's. `codes` replace the view's where cells are hidden. Classes are as large
    as the people in them, where the table tells whose its rows are.
    """
    ids, number = view.ids(model.known, codes)
    sizes = view.crowd(model, ids, number, kept).sizes
    rows = int(kept.sum())
    present = sizes[sizes > 0]
    own = np.maximum(sizes[ids], 1).astype(np.float64)
    prosecutor = 1.0 / own
    journalist = prosecutor if population is None else 1.0 / np.maximum(population, own)
    used = view.table.codes if codes is None else codes
    return {
        "rows": rows,
        "classes": len(present),
        "uniques": int((present == 1).sum()),
        "k_category": int(present.min()) if rows else 0,
        "k_wildcard": least_wildcard(view, model, used, kept, present),
        "class_sizes": {
            name: int(present[(present >= low) & (present <= (high or rows))].sum())
            for name, low, high in _BINS
        },
        "prosecutor": _risk(prosecutor, kept, rows),
        "journalist": _risk(journalist, kept, rows),
        "marketer": float(journalist @ kept) / rows if rows else 0.0,
        "sensitive": sensitive(view, model, kept, fields, codes=codes),
    }


def least_wildcard(view: View, model: Model, codes: Sequence[Codes], kept: Ints, present: Ints) -> int:
    """k where a null matches everything; by people at least the smallest class, which is what is told."""
    if model.unit:
        return int(present.min(initial=np.iinfo(np.int64).max)) if len(present) else 0
    return k_wildcard(view, model.known, codes, kept)


def _risk(risk: Floats, kept: Ints, rows: int) -> dict[str, float]:
    if not rows:
        return {"max": 0.0, "mean": 0.0, "above_threshold": 0.0}
    return {
        "max": float(risk[kept > 0].max()),
        "mean": float(risk @ kept) / rows,
        "above_threshold": int(kept[risk > THRESHOLD + 1e-12].sum()) / rows,
    }


def sensitive(
    view: View,
    model: Model,
    kept: Ints,
    fields: Sequence[FieldSpec],
    *,
    codes: Sequence[Codes] | None = None,
) -> dict[str, dict[str, float | int]]:
    """The worst class of each sensitive attribute; t against the table before and after suppression."""
    ids, number = view.ids(model.known, codes)
    crowd = view.crowd(model, ids, number, kept)
    alive = summed(ids, number, kept) > 0
    told: dict[str, dict[str, float | int]] = {}
    for watch in model.watches:
        name = fields[watch.position].name
        if not alive.any():
            told[name] = {
                "distinct_l": 0,
                "entropy_l": 0.0,
                "t": 0.0,
                "t_after_suppression": 0.0,
                "largest_share": 0.0,
            }
            continue
        before = worst(view, crowd, watch, ids, number, kept, view.table.counts)
        after = worst(view, crowd, watch, ids, number, kept, kept)
        told[name] = {
            "distinct_l": int(before.distinct[alive].min()),
            "entropy_l": float(before.entropy_l[alive].min()),
            "t": float(before.t[alive].max()),
            "t_after_suppression": float(after.t[alive].max()),
            "largest_share": float(before.share[alive].max()),
        }
    return told


def k_wildcard(view: View, known: Sequence[int], codes: Sequence[Codes], kept: Ints) -> int:
    """Rows that match the row with the fewest matches, where a null matches everything; 0 without rows.

    It is never below k with null as a category, so only classes below the best answer so far are looked at,
    smallest first.
    """
    here = np.flatnonzero(kept)
    if not len(here):
        return 0
    sizes = [view.columns[i].size(view.levels[i]) + view.extra for i in known]
    given = [codes[i][here] for i in known]
    ids, number = class_ids(given, sizes)
    counts = summed(ids, number, kept[here])
    first = np.empty(number, dtype=np.int64)
    first[ids] = np.arange(len(here))
    classes = [one[first] for one in given]
    nulls = [
        (one == view.columns[i].nulls[view.levels[i]]) | (one >= view.columns[i].size(view.levels[i]))
        for i, one in zip(known, classes, strict=True)
    ]
    pattern, patterns = class_ids([one.astype(np.int64) for one in nulls], [2] * len(nulls))
    if patterns == 1 and not any(one.any() for one in nulls):
        return int(counts.min())
    order = np.argsort(counts, kind="stable")
    least, at, step = int(counts.sum()), 0, 256
    while at < number and counts[order[at]] < least:
        few = order[at : at + step]
        least = min(least, int(_matches(classes, nulls, pattern, counts, sizes, few).min()))
        at, step = at + step, step * 4
    return least


def _matches(
    classes: list[Codes], nulls: list[Any], pattern: Ints, counts: Ints, sizes: list[int], few: Ints
) -> Ints:
    """For some classes: rows of all classes that agree with them wherever both have a value."""
    found = np.zeros(len(few), dtype=np.int64)
    members = {one: np.flatnonzero(pattern == one) for one in np.unique(pattern)}
    for mine in np.unique(pattern[few]):
        asking = np.flatnonzero(pattern[few] == mine)
        for there in members.values():
            both = [i for i, null in enumerate(nulls) if not null[members[mine][0]] and not null[there[0]]]
            joint = np.concatenate((few[asking], there))
            ids, number = class_ids([classes[i][joint] for i in both], [sizes[i] for i in both])
            if not both:
                ids, number = np.zeros(len(joint), dtype=np.int64), 1
            sums = summed(ids[len(asking) :], number, counts[there])
            found[asking] += sums[ids[: len(asking)]]
    return found
