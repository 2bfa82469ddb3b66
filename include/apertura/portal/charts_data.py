"""What a chart shows, counted from published rows: points, and how much of each is protected."""

# ruff: noqa: S608 (names are published columns, through quoted(); values are parameters)
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from apertura.contract.views import View
from apertura.portal.published import SUPPRESSED, Reading
from apertura.prepare.engine import quoted

Value = int | Decimal
"""Exact, as published; nothing here is a float."""

SERIES = 4
"""Lines that one chart can hold apart by one colour, a grey and their dashes."""

MOST_POINTS = 1100
_FORMS = {
    "year": re.compile(r"[12]\d{3}"),
    "month": re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])"),
    "quarter": re.compile(r"[12]\d{3}-T[1-4]"),
}


@dataclass(frozen=True)
class Point:
    """One mark: `total` of `known` values; `hidden` cells are protected, `missing` ones have no value.

    `value` is None where nothing is known. A sum with hidden cells is a minimum, and
    nothing at all where the known ones are zeros; a mean with any is None.
    """

    x: str
    series: str
    rows: int
    known: int
    hidden: int
    missing: int
    total: Value | None
    value: Value | None


@dataclass(frozen=True)
class Gathered:
    """A view's points in the order they are drawn.

    `scale` is year, quarter, month or day for time, else category. `left_out` says of each point beyond the
    top; `unplaced` are rows without x.
    """

    view: View
    scale: str
    points: tuple[Point, ...]
    left_out: tuple[Point, ...] = ()
    unplaced: int = 0
    series: tuple[str, ...] = ("",)

    @property
    def hidden(self) -> int:
        """Protected cells among what is shown."""
        return sum(point.hidden for point in self.points)

    @property
    def missing(self) -> int:
        """Cells without a value among what is shown."""
        return sum(point.missing for point in self.points)


def gather(source: Reading, view: View) -> Gathered | None:
    """Count what the view asks for; None when the table has not what it names, or nothing to draw."""
    wanted = [view.x, *filter(None, (view.y, view.by)), *view.filters]
    if any(name not in source.columns for name in wanted):
        return None
    points, unplaced = _points(source, view, _step(source, view))
    if not points:
        return None
    if view.kind == "line":
        over_time = _over_time(view, points, unplaced)
        return None if over_time is None else _labelled(over_time)
    if view.kind == "map":
        return Gathered(view, "category", tuple(points), unplaced=unplaced)
    return _labelled(_ranked(view, points, unplaced))


def _labelled(gathered: Gathered) -> Gathered:
    """With the names that the view gives to codes, once codes have told the order."""
    labels = gathered.view.labels
    if not labels:
        return gathered
    part = "x" if gathered.view.kind == "bar" else "series"

    def named(points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple(
            replace(point, **{part: labels.get(getattr(point, part), getattr(point, part))})
            for point in points
        )

    return replace(
        gathered,
        points=named(gathered.points),
        left_out=named(gathered.left_out),
        series=tuple(labels.get(one, one) for one in gathered.series),
    )


def _step(source: Reading, view: View) -> str | None:
    """What the days of a date are put together to; None when x is no date."""
    if source.columns[view.x] != "DATE" and not source.columns[view.x].startswith("TIMESTAMP"):
        return None
    if view.kind != "line":
        return "day"
    if view.step:
        return view.step
    name = quoted(view.x)
    first, last = source.one(f"SELECT min({name}), max({name}) FROM {source.relation}")
    if first is None:
        return "day"
    days = (last - first).days
    return "day" if days <= 92 else "month" if days <= 366 * 40 else "year"


def _points(source: Reading, view: View, step: str | None) -> tuple[list[Point], int]:
    x = _x(source, view, step)
    series = f"coalesce(CAST({quoted(view.by)} AS VARCHAR), 'sin dato')" if view.by else "''"
    hidden, known, total = "0", "count(*)", "count(*)"
    if view.y is not None:
        y, state = quoted(view.y), f"{view.y}_estado"
        known, total = f"count({y})", f"sum({y})"
        if state in source.columns:
            hidden = f"count(*) FILTER ({quoted(state)} = '{SUPPRESSED}')"
    parameters = {f"f{n}": value for n, value in enumerate(view.filters.values())}
    where = " AND ".join(f"CAST({quoted(name)} AS VARCHAR) = $f{n}" for n, name in enumerate(view.filters))
    rows = source.rows(
        f"SELECT {x} AS x, {series} AS s, count(*), {known}, {hidden}, {total} "
        f"FROM {source.relation} WHERE {where or 'true'} GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2",
        parameters,
    )
    placed = [_point(view, *row) for row in rows if row[0] is not None]
    return placed, sum(int(row[2]) for row in rows if row[0] is None)


def _x(source: Reading, view: View, step: str | None) -> str:
    name = quoted(view.x)
    if step is None:
        return f"CAST({name} AS VARCHAR)"
    return f"strftime({name}, '{ {'day': '%Y-%m-%d', 'month': '%Y-%m', 'year': '%Y'}[step] }')"


def _point(view: View, x: str, series: str, rows: int, known: int, hidden: int, total: Any) -> Point:
    exact = total if isinstance(total, int | Decimal) else None
    return _valued(view, Point(x, series, rows, known, hidden, rows - known - hidden, exact, None))


def _valued(view: View, point: Point) -> Point:
    value = point.total if point.known else None
    if point.hidden and not value:
        return replace(point, value=None)
    if view.measure == "mean" and value is not None:
        value = None if point.hidden else Decimal(value) / point.known
    return replace(point, value=value)


def together(view: View, points: list[Point], x: str, series: str = "") -> Point:
    """One point of several: sums are added, means weighted by what they are means of."""
    totals: list[Value] = [point.total for point in points if point.total is not None]
    total = added(totals) if totals else None
    rows, known, hidden, missing = (
        sum(getattr(point, name) for point in points) for name in ("rows", "known", "hidden", "missing")
    )
    return _valued(view, Point(x, series, rows, known, hidden, missing, total, None))


def added(values: Iterable[Value]) -> Value:
    """Their exact sum; 0 of none."""
    total: Value = 0
    for value in values:
        total = total + value  # int and Decimal add up to a Decimal
    return total


def size(value: Value) -> Value:
    """Without its sign."""
    return value if value >= 0 else -value


def _over_time(view: View, points: list[Point], unplaced: int) -> Gathered | None:
    scale = scale_of([point.x for point in points])
    if scale is None:
        return None
    if scale == "day" and len({point.x for point in points}) > MOST_POINTS:
        scale, points = "month", _coarser(view, points)
    sizes: dict[str, Value] = {}
    for point in points:
        sizes[point.series] = added([sizes.get(point.series, 0), size(point.total or 0)])
    series = sorted(sizes, key=lambda one: (-sizes[one], one))[:SERIES]
    kept = tuple(point for point in points if point.series in series)
    left = tuple(point for point in points if point.series not in series)
    return Gathered(view, scale, kept, left, unplaced, tuple(series))


def _coarser(view: View, points: list[Point]) -> list[Point]:
    months: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        months.setdefault((point.x[:7], point.series), []).append(point)
    return [together(view, them, *where) for where, them in sorted(months.items())]


def _ranked(view: View, points: list[Point], unplaced: int) -> Gathered:
    """Largest first, the protected after the known ones; or as x is sorted."""
    if view.order == "value":
        points = sorted(points, key=lambda one: (one.value is None, -(one.value or 0), one.x))
    elif all(point.x.isdecimal() for point in points):
        points = sorted(points, key=lambda one: int(one.x))
    top = view.top
    return Gathered(view, "category", tuple(points[:top]), tuple(points[top:]), unplaced)


def scale_of(values: list[str]) -> str | None:
    """What moments these texts are: year, quarter, month or day; None when they are not all of one form."""
    for name, form in _FORMS.items():
        if all(form.fullmatch(value) for value in values):
            return name
    return "day" if all(_is_day(value) for value in values) else None


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and 1000 <= dt.date.fromisoformat(value).year < 3000
    except ValueError:
        return False


def start(x: str, scale: str) -> dt.date:
    """The first day of a moment."""
    if scale == "day":
        return dt.date.fromisoformat(x)
    if scale == "quarter":
        return dt.date(int(x[:4]), int(x[6]) * 3 - 2, 1)
    return dt.date(int(x[:4]), int(x[5:7]) if scale == "month" else 1, 1)


def after(day: dt.date, scale: str) -> dt.date:
    """The first day of the next moment."""
    if scale == "day":
        return day + dt.timedelta(days=1)
    month = day.year * 12 + day.month - 1 + {"month": 1, "quarter": 3, "year": 12}[scale]
    return dt.date(month // 12, month % 12 + 1, 1)


def described(fields: list[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """The field's description in the release; a bare name when it has none."""
    return next((field for field in fields if field["name"] == name), {"name": name, "title": name})
