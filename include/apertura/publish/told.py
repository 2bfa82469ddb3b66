"""How figures of a protected table may be told, so that nobody computes back the few who were taken out.

The published table is public, so each of its own figures is. What describes the table before protection is
told in one of two ways: made of what is told anyway (the published rows and the rounded number of suppressed
ones), or as a share in steps so wide that many rows fit one step. Exact figures, even rounded to some digits,
would give the number of suppressed rows: it is the only unknown in them.
"""

from __future__ import annotations

import math

from apertura.contract import Contract
from apertura.quality import counts
from apertura.quality.counts import STEP, THRESHOLD, shown

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
_ROWS_IN_A_STEP = 50
_EVEN = 1e-9


def midpoint(contract: Contract, count: int) -> int:
    """What the told count stands for: itself, a multiple of 5, or 2 for `<5`."""
    return counts.midpoint(shown(contract, count, people=True))


def before(contract: Contract, rows_out: int, suppressed: int) -> int:
    """Rows before suppression, made of the published rows and the told number of suppressed ones."""
    return rows_out + midpoint(contract, suppressed)


def step_for(rows: int) -> float | None:
    """The step in which a share of so many rows may be told; None when the table is too small for any."""
    return next((step for step in _STEPS if step * rows >= _ROWS_IN_A_STEP), None)


def stepped(share: float, rows: int) -> float | None:
    """A share to the nearest step: 0 and 1 only where it is exactly that; None for a small table."""
    step = step_for(rows)
    if step is None:
        return None
    if share <= _EVEN or abs(share - 1) <= _EVEN:
        return float(round(share))
    nearest = round(share / step) * step
    nearest = max(step, nearest)
    return round(min(nearest, 1 - step) if share < 1 else nearest, 2)


def stepped_up(value: float, rows: int, asked: float | None) -> float | None:
    """A risk to the next step above it, so that it is never told better than it is; not above what was asked
    and met."""
    step = step_for(rows)
    if step is None:
        return None
    above = math.ceil(value / step - _EVEN) * step
    if asked is not None and value <= asked + _EVEN:
        above = min(above, asked)
    return round(min(above, 1.0), 4)


def whole(share: float) -> float:
    """A share that tells nothing new, in whole per cent: 0 and 1 only where it is exactly that."""
    if share <= _EVEN:
        return 0.0
    if share >= 1 - _EVEN:
        return 1.0
    return round(min(max(share, 0.01), 0.99), 2)


def up(value: float, asked: float | None = None) -> float:
    """A risk that the published table shows by itself, to two digits above it; not above what was asked."""
    above = math.ceil(value * 100 - 1e-6) / 100
    return min(above, asked) if asked is not None and value <= asked + _EVEN else above


def down(value: float) -> float:
    """A protection that the published table shows by itself, to two digits below it."""
    return math.floor(value * 100 + 1e-6) / 100


def lost(contract: Contract, loss: float, rows_out: int, suppressed: int, cells: int = 0) -> float:
    """The loss of a column (0 … 1) as it would be had the told number of rows and cells been suppressed.

    Loss is the mean over all rows of each row's loss, 1 for a suppressed one (Iyengar 2002): what the kept
    rows lost follows from their published labels, so only the told numbers are added to it.
    """
    hidden = suppressed or cells
    kept = loss * (rows_out + suppressed) - hidden
    told = kept + midpoint(contract, hidden)
    # The account floors its losses at ten digits: at the edge of a per cent that must not tell one from four.
    return whole(round(told / max(1, before(contract, rows_out, suppressed)), 6))


def smallest(size: int) -> int | str:
    """The size of the smallest group before protection: `<5`, or the multiple of 5 below it."""
    return f"<{THRESHOLD}" if 0 < size < THRESHOLD else size // STEP * STEP
