"""Record suppression: rows whose class does not meet a model leave, class by class."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from apertura.contract.privacy import Sensitive
from apertura.prepare.disclosure.classes import Codes, Ints
from apertura.prepare.disclosure.models import DISTINCT, EVERYTHING, NOTHING, Model, View, failing


@dataclass(frozen=True)
class Judged:
    """Which part of each model's sensitive attributes is monotone along the lattice: see `search`."""

    monotone: tuple[tuple[str, ...], ...]

    @property
    def is_all(self) -> bool:
        """Whether nothing is left to judge beyond the monotone part."""
        return all(one == EVERYTHING for many in self.monotone for one in many)


def what_is_monotone(
    models: Sequence[Model], searched: set[int], allowed: int, gaps: Set[int] = frozenset()
) -> Judged:
    """`searched`: positions of columns whose level the search chooses; `allowed`: rows that may go; `gaps`:
    positions of columns with missing values.

    Where values are missing and rows may go, even distinct l is not monotone: a class without any value
    passes alone, and fails with another that has one kind only. Shares of people are not monotone at all:
    whoever is in both of two classes that merge counts once.
    """

    def of(position: int, asked: Sensitive, by_people: bool) -> str:
        if position in searched or (position in gaps and allowed > 0):
            return NOTHING
        only_distinct = not (asked.entropy_l or asked.t or asked.largest_share)
        return EVERYTHING if only_distinct or (allowed == 0 and not by_people) else DISTINCT

    return Judged(
        tuple(tuple(of(w.position, w.asked, bool(model.unit)) for w in model.watches) for model in models)
    )


def suppress(
    view: View,
    models: Sequence[Model],
    kept: Ints,
    judged: Sequence[Sequence[str]] | None,
    stop_above: int,
    codes: Sequence[Codes] | None = None,
) -> Ints:
    """Counts that are left when failing classes are gone; gives up once more than `stop_above` rows are.

    `codes` replace the view's, where cells are hidden.

    All models look at the same rows, what any refuses leaves, and they look again: a class that lost rows
    to another adversary may have become too small. With one adversary classes leave whole, once.
    """
    kept, total = kept.copy(), view.table.rows
    while True:
        bad = np.zeros(len(kept), dtype=np.bool_)
        for i, model in enumerate(models):
            bad |= failing(view, model, kept, codes=codes, judged=None if judged is None else judged[i])
        if not bad.any():
            return kept
        kept[bad] = 0
        if len(models) == 1 or total - int(kept.sum()) > stop_above:
            return kept
