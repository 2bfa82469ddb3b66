"""Scales and what stands on their axes: round numbers, and moments in Spanish."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from apertura.portal.charts_svg import width

NICE = 10
"""How finely a scale's ends are rounded."""

_SHORT = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_DAYS = (1, 2, 7, 30)
_MOST_YEARS, _MONTHS, _MOMENTS = 9, 6, 5


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high`, drawn on pixels from 0 to `length`."""

    low: float
    high: float
    length: float

    def at(self, value: float) -> float:
        """The pixel of a value; the middle where all values are one."""
        if self.high == self.low:
            return self.length / 2
        return (value - self.low) / (self.high - self.low) * self.length

    def ticks(self, count: int) -> list[Decimal]:
        """About so many round numbers between the ends, both included."""
        step = step_of(self.low, self.high, count)
        first, last = math.ceil(Decimal(str(self.low)) / step), math.floor(Decimal(str(self.high)) / step)
        return [number * step for number in range(first, last + 1)]


def step_of(low: float, high: float, count: int) -> Decimal:
    """1, 2 or 5 times a power of ten: the distance of about `count` round numbers."""
    rough = (high - low) / count
    power = math.floor(math.log10(rough))
    rest = rough / 10**power
    factor = 10 if rest >= math.sqrt(50) else 5 if rest >= math.sqrt(10) else 2 if rest >= math.sqrt(2) else 1
    return Decimal(factor).scaleb(power)


def rounded(low: float, high: float, length: float) -> Scale:
    """A scale whose ends are round numbers."""
    if not low < high:
        low, high = (low - abs(low) / 10, low + (abs(low) / 10 or 1))
    for _ in range(2):  # wider ends may ask for a wider step
        step = step_of(low, high, NICE)
        low = float(math.floor(Decimal(str(low)) / step) * step)
        high = float(math.ceil(Decimal(str(high)) / step) * step)
    return Scale(low, high, length)


def figure(value: Decimal) -> str:
    """A number on an axis: `1,500`, `0.25`, `−3`."""
    text = f"{value:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "\N{MINUS SIGN}")


def parted(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Every second label is left out, and again, until none runs into the next: (middle, text)."""
    kept = list(labels)
    while any(
        there + width(text) / 2 + 2 > then - width(later) / 2
        for (there, text), (then, later) in pairwise(kept)
    ):
        kept = kept[::2]
    return kept


def moments(first: dt.date, last: dt.date, scale: str) -> list[tuple[dt.date, str]]:
    """Round moments between two days, with their names: years, months or days, as they fit.

    Never finer than the data are: a sum of a month stands over no day of it.
    """
    days = (last - first).days
    if scale == "year" or days > 800:
        step = max(1, math.ceil((last.year - first.year) / _MOST_YEARS))
        return [
            (day, f"{day.year}") for day in _firsts(first, last) if day.month == 1 and day.year % step == 0
        ]
    if days > 92 or scale != "day":
        step = max(1, math.ceil(days / 30 / _MONTHS))
        name = _month
        if scale == "quarter":
            step, name = math.ceil(step / 3) * 3, _quarter
        return [(day, name(day)) for day in _firsts(first, last) if (day.month - 1) % step == 0]
    wanted = max(1, days / _MOMENTS)
    step = min(_DAYS, key=lambda one: abs(math.log(one / wanted)))
    every = [first + dt.timedelta(days=number) for number in range(days + 1)]
    return [(day, f"{day.day} {_month(day)}") for day in every if _falls(day, step)]


def _firsts(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The first days of months."""
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        day = dt.date(month // 12, month % 12 + 1, 1)
        if first <= day <= last:
            yield day


def _falls(day: dt.date, step: int) -> bool:
    """Whether a day is one of every `step`: odd days, Mondays, firsts of months."""
    if step == 7:
        return day.weekday() == 0
    return day.day == 1 if step == 30 else (day.day - 1) % step == 0


def _month(day: dt.date) -> str:
    return f"{_SHORT[day.month - 1]} {day.year}"


def _quarter(day: dt.date) -> str:
    return f"T{(day.month + 2) // 3} {day.year}"
