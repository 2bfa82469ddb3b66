"""The exact, private account of a protected table: what was done, what it cost, which risks are left."""

from __future__ import annotations

import math
from typing import Any

from apertura.contract.privacy import Sensitive
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import loss, risk
from apertura.prepare.disclosure.classes import Floats, summed
from apertura.prepare.disclosure.judge import Solved, losses, rolled
from apertura.prepare.disclosure.models import Model
from apertura.prepare.disclosure.records import suppress
from apertura.prepare.disclosure.task import Task


def document(task: Task, done: Solved, before: Floats | None, after: Floats | None) -> dict[str, Any]:
    """What the stage writes beside its tables; exact, so it stays in the private bucket.

    `before` and `after`: class sizes in the population, for journalist risk.
    """
    first, view, kept = task.models[0], done.view, done.kept
    gone = task.rows - int(kept.sum())
    lost = losses(task, view, done.masks if task.by_cells else [kept == 0] * task.width)
    ids, number = view.ids(range(task.width), done.codes)
    return {
        "kind": "microdata",
        "resource": task.resource.name,
        "rows_in": task.rows,
        "rows_out": task.rows - gone,
        "suppressed_rows": gone,
        "suppressed_cells": {
            name: int(view.table.counts[mask].sum())
            for name, mask in zip(task.quasi, done.masks, strict=True)
        }
        if task.by_cells
        else {},
        "limit": task.table.suppression.limit,
        "levels": dict(zip(task.quasi, done.found.levels, strict=True)),
        "fixed": sorted(task.table.levels),
        "loss": {
            "score": loss.score(list(lost.values())),
            "columns": lost,
            "discernibility": loss.discernibility(summed(ids, number, kept), gone, task.rows),
        },
        "search": {
            "nodes": done.found.nodes,
            "evaluated": done.found.evaluated,
            "pruned_by": _pruned_by(task),
        },
        "before": risk.measure(task.raw, first, task.raw.table.counts, task.fields, population=before),
        "after": risk.measure(view, first, kept, task.fields, codes=done.codes, population=after),
        "models": [_model(task, model, done) for model in task.models],
    }


def _model(task: Task, model: Model, done: Solved) -> dict[str, Any]:
    """One adversary: what is asked and what the published table reaches."""
    known = done.codes
    ids, number = done.view.ids(model.known, known)
    sizes = done.view.crowd(model, ids, number, done.kept).sizes
    return {
        "title": model.title,
        "knows": [task.fields[i].name for i in model.known],
        "asked": {"k": model.k, "sensitive": {one.asked.field: _asked(one.asked) for one in model.watches}},
        "reached": {
            "k_category": int(sizes[sizes > 0].min()) if done.kept.any() else 0,
            "k_wildcard": risk.least_wildcard(done.view, model, known, done.kept, sizes[sizes > 0]),
            "sensitive": risk.sensitive(done.view, model, done.kept, task.fields, codes=known),
        },
    }


def _asked(one: Sensitive) -> dict[str, Any]:
    """What a sensitive attribute is asked, without what is not."""
    told = {"distinct_l": one.distinct_l, "entropy_l": one.entropy_l, "t": one.t}
    told |= {"largest_share": one.largest_share}
    asked: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    if one.t is not None:
        asked["distance"] = one.distance
    return asked


def _pruned_by(task: Task) -> list[str]:
    """The arguments of `search` that this search could rest on."""
    monotone = ["k"]
    parts = [part for many in task.judged.monotone for part in many]
    if any(part != "nothing" for part in parts):
        monotone.append("distinct_l")
    if "everything" in parts and task.allowed == 0:
        monotone.append("limit 0")
    return [f"monotone: {', '.join(monotone)}", f"bound: {task.table.loss}"]


def impossible(task: Task) -> PrivacyError:
    """Says how far the coarsest generalisation is from the limit, in whole per cent."""
    levels = tuple(one[-1] for one in task.choices)
    view = task.view(rolled(task, levels), levels)
    limit = task.table.suppression.limit
    asked = "; ".join(_words(model) for model in task.models)
    if task.by_cells:
        reached = "more cells than the limit allows"
    else:
        kept = suppress(view, task.models, view.table.counts, None, task.rows)
        reached = f"{per_cent(1 - int(kept.sum()) / max(1, task.rows))} of the rows"
    return PrivacyError(
        f"resource {task.resource.name}: no generalisation meets {asked} within a suppression limit of "
        f"{limit:.1%}: the coarsest would still suppress {reached}",
        hint="declare coarser levels for the quasi-identifiers, free those that `levels` fixes, publish "
        "fewer of them, or raise the limit",
    )


def per_cent(share: float) -> str:
    """Rounded up to whole per cent, so that it tells of no single row."""
    return f"{math.ceil(share * 100 - 1e-9)} %"


def _words(model: Model) -> str:
    parts = [f"k = {model.k}"]
    for one in model.watches:
        told = ", ".join(f"{name} {value}" for name, value in _asked(one.asked).items())
        parts.append(f"{told} for {one.asked.field}")
    return " and ".join(parts)
