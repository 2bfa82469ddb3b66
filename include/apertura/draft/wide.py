"""Columns of a wide table whose names are dates, months or years: one typed pattern for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 3
"""So many names of one form make a pattern."""

_MONTHS = "ene|feb|mar|abr|may|jun|jul|ago|sept?|oct|nov|dic"


@dataclass(frozen=True)
class Wide:
    """Columns (positions from 1) whose names a pattern takes; `group` is the field that the name becomes."""

    pattern: str
    group: str
    positions: tuple[int, ...]
    format: str | None
    """Format of the group's type, which is date for whole dates and text or integer otherwise."""
    type: str


_FORMS: Sequence[tuple[str, str, str, str | None]] = (
    (r"(?P<fecha>\d{4}-\d{2}-\d{2})", "fecha", "date", None),
    (r"(?P<fecha>\d{1,2}/\d{1,2}/\d{4})", "fecha", "date", "dmy"),
    (r"(?P<anio>(19|20)\d{2})", "anio", "integer", None),
    (rf"(?P<mes>(?i:({_MONTHS})[a-z]*)[ ./-]?(de )?\d{{2,4}})", "mes", "string", None),
)


def wide(columns: Sequence[str]) -> Wide | None:
    """The pattern that takes most columns, when it takes three or more; dates day or month first as fits."""
    best: Wide | None = None
    for pattern, group, kind, form in _FORMS:
        compiled = re.compile(pattern)
        positions = tuple(at for at, name in enumerate(columns, start=1) if compiled.fullmatch(name.strip()))
        exact = all(columns[at - 1] == columns[at - 1].strip() for at in positions)
        if len(positions) < LEAST or len(positions) == len(columns) or not exact:
            continue
        if best is None or len(positions) > len(best.positions):
            named = [columns[at - 1] for at in positions]
            best = Wide(pattern, group, positions, _order(named) if form == "dmy" else form, kind)
    return best


def _order(names: Sequence[str]) -> str:
    """Whether dates with bars are day first or month first: the part that exceeds twelve is the day."""
    parts = [[int(part) for part in name.split("/")] for name in names]
    return "mdy" if any(part[1] > 12 for part in parts) and all(part[0] <= 12 for part in parts) else "dmy"
