"""Information loss of a generalisation: Loss (Iyengar 2002, as ARX computes it) and discernibility.

share(label) is the share of the domain's values that carry the label. S is the sum of shares over all N
rows, a suppressed row or cell counting 1. L = max(0, (S - N/D) / (N - N/D)) with D values in the domain,
cut to ten decimals as ARX does: 0 is untouched, 1 is everything suppressed. The score over m columns is the
geometric mean of 1 + L, less 1.
Discernibility (Bayardo and Agrawal 2005) is the sum of squared class sizes, plus N for a suppressed row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from apertura.prepare.disclosure.classes import Column, Flags, Floats, Ints, Table
from apertura.prepare.disclosure.models import View

_STEPS, _ROUNDING = 1e10, 1e-4
"""L comes in steps of 1e-10; what misses a step by a rounding error only is on it."""


def share_sums(table: Table, columns: Sequence[Column]) -> list[Floats]:
    """For each column, S at each level with nothing suppressed; `table` is at level 0."""
    sums = []
    for codes, one in zip(table.codes, columns, strict=False):
        by_value = np.bincount(codes, weights=table.counts, minlength=one.domain)
        sums.append(
            np.array([float(by_value @ share[m]) for m, share in zip(one.maps, one.shares, strict=True)])
        )
    return sums


def column_loss(sums: Floats | float, rows: int, domain: int) -> Floats:
    """L of a column from S."""
    least = rows / max(1, domain)
    if rows - least <= 0:  # no rows, or one value only: there is nothing to lose
        return np.zeros_like(np.asarray(sums, dtype=np.float64))
    lost = np.maximum(0.0, (np.asarray(sums) - least) / (rows - least))
    return np.asarray(np.floor(lost * _STEPS + _ROUNDING) / _STEPS, dtype=np.float64)


def score(losses: Sequence[float]) -> float:
    """The geometric mean of 1 + L over the columns, less 1."""
    return float(np.prod(1.0 + np.asarray(losses)) ** (1 / len(losses)) - 1.0) if len(losses) else 0.0


def hidden_sums(view: View, position: int, hidden: Flags) -> float:
    """What the hidden combinations (suppressed rows, or cells of this column) add to S."""
    here = np.flatnonzero(hidden)
    share = view.columns[position].shares[view.levels[position]]
    return float((1.0 - share[view.table.codes[position][here]]) @ view.table.counts[here])


def discernibility(sizes: Ints, suppressed: int, rows: int) -> int:
    """Of the kept classes' sizes and the number of suppressed rows out of `rows`."""
    return int((sizes.astype(np.float64) ** 2).sum()) + suppressed * rows
