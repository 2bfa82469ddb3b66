"""Lines over time: broken where nothing is known, hatched at the foot where cells are protected."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from apertura.portal.charts_axes import Scale, figure, moments, parted, rounded
from apertura.portal.charts_bar import drawn, marked, scaled
from apertura.portal.charts_data import Gathered, Point, after, start
from apertura.portal.charts_svg import (
    ACCENT,
    BOTTOM,
    HATCH,
    INK,
    LEFT,
    RIGHT,
    TOP,
    box,
    cut,
    group,
    lines,
    picture,
    px,
    width,
    written,
)
from apertura.portal.charts_words import Words, label

WIDTH, HEIGHT = 520, 260
_COLOURS = (ACCENT, INK, ACCENT, INK)
_DASHES = ("", "", "6,4", "2,3")
_FEW = 40
_STRIP_HIGH = 9
_STRIP = "Franja rayada: hay celdas protegidas; el valor verdadero es mayor o igual."
_LEGEND, _ROW, _SYMBOL, _COLUMNS = 230, 17, 18, 2

Span = tuple[dt.date, dt.date]
"""A stretch of time: its first day, and the first after it."""


def line(gathered: Gathered, words: Words, title: str) -> bytes:
    """The SVG of lines over time, told apart by colour and by dashes."""
    divisor, axis = scaled(gathered.points, words)
    spans = hidden_spans(gathered)
    days = [start(point.x, gathered.scale) for point in gathered.points]
    first, last = min(days), max(days)
    along = Scale(first.toordinal(), last.toordinal(), WIDTH)
    values = [value for point in gathered.points if (value := drawn(point.value, divisor)) is not None]
    # An axis that does not begin at zero is good for averages only; the text says it.
    ends = [0.0] if gathered.view.measure != "mean" or not values else []
    up = rounded(min([*values, *ends]), max([*values, *ends]), HEIGHT)
    marks = []
    for number, series in enumerate(gathered.series):
        own = [point for point in gathered.points if point.series == series]
        few = len(gathered.points) <= _FEW
        for stretch in stretches(own, gathered.scale):
            places = [
                (along.at(start(point.x, gathered.scale).toordinal()), HEIGHT - up.at(value))
                for point in stretch
                if (value := drawn(point.value, divisor)) is not None
            ]
            marks.append(_stretch(places, number, dots=few or len(places) == 1))
    strip = [_strip(along, *span, gathered.scale) for span in spans]
    figures = [(HEIGHT - up.at(float(one)), figure(one)) for one in marked(up, 5, gathered, divisor)]
    labels = [(along.at(day.toordinal()), text) for day, text in moments(first, last, gathered.scale)]
    legend, above, wide = _legend([label(one) for one in gathered.series])
    below = [written(0, HEIGHT + 38, _STRIP)] if gathered.hidden else []
    parts = [
        lines(((0, y, WIDTH, 0) for y, _ in figures), ' stroke-opacity="0.35"'),
        *strip,
        lines((x, HEIGHT, 0, 5) for x, _ in labels),
        lines((0, y, -5, 0) for y, _ in figures),
        group((written(-7, y + 4, text) for y, text in figures), ' text-anchor="end"'),
        group((written(x, HEIGHT + 17, text) for x, text in parted(labels)), ' text-anchor="middle"'),
        group([written(0, -15, axis), *below, *legend]),
        f'<g fill="none" stroke-width="2.2" stroke-linejoin="round">{"".join(marks)}</g>',
    ]
    left = LEFT + 7 + math.ceil(max(width(text) for _, text in figures))
    across = max(WIDTH, width(axis), width(_STRIP) if below else 0, wide) + RIGHT
    high = TOP + above + HEIGHT + (41 if below else 20) + BOTTOM
    return picture(parts, (left, TOP + above), (left + across, high), title)


def _strip(along: Scale, begin: dt.date, end: dt.date, scale: str) -> str:
    """The hatching under protected moments, as wide as what lies nearest to them, within the axis."""
    left, right = 0.0, along.length
    if along.low < along.high:
        left, right = max(left, _between(along, begin, scale)), min(right, _between(along, end, scale))
    return box(left, HEIGHT - _STRIP_HIGH, max(2.0, right - left), _STRIP_HIGH, HATCH)


def _between(along: Scale, day: dt.date, scale: str) -> float:
    """Halfway from the moment before to this one: a mark stands where its moment begins."""
    here, then = along.at(day.toordinal()), along.at(after(day, scale).toordinal())
    return here - (then - here) / 2


def _stretch(places: Sequence[tuple[float, float]], number: int, *, dots: bool) -> str:
    """A run of known values without a gap, with a dot for each where they are few."""
    colour = _COLOURS[number % len(_COLOURS)]
    dash = _DASHES[number % len(_DASHES)]
    path = "L".join(f"{px(x)},{px(y)}" for x, y in places)
    more = f' stroke-dasharray="{dash}"' if dash else ""
    drawn_ = f'<path d="M{path}" stroke="{colour}"{more}/>' if len(places) > 1 else ""
    if dots:
        drawn_ += "".join(f'<circle cx="{px(x)}" cy="{px(y)}" r="3.4" fill="{colour}"/>' for x, y in places)
    return drawn_


def _legend(names: Sequence[str]) -> tuple[list[str], int, float]:
    """What each line is, two beside each other above the picture; how high all above is, and how wide."""
    above = 25
    if list(names) == [""]:
        return [], above, 0.0
    names = [cut(name, _LEGEND) for name in names]
    rows = math.ceil(len(names) / _COLUMNS)
    second = max(width(name) for name in names[::_COLUMNS]) + _SYMBOL + 6 + 16
    made, wide = [], 0.0
    for number, name in enumerate(names):
        x = number % _COLUMNS * second
        y = -34 - _ROW * (rows - number // _COLUMNS) + 9
        colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
        more = f' stroke-dasharray="{dash}"' if dash else ""
        made.append(f'<path d="M{px(x)},{y}h{_SYMBOL}" stroke="{colour}" stroke-width="3"{more}/>')
        made.append(written(x + _SYMBOL + 6, y + 4, name))
        wide = max(wide, x + _SYMBOL + 6 + width(name))
    return made, 34 + _ROW * rows, wide


def stretches(points: Sequence[Point], scale: str) -> list[list[Point]]:
    """Runs of known values without a gap: the line breaks where a moment has none."""
    runs: list[list[Point]] = []
    expected: dt.date | None = None
    for point in points:
        if point.value is None:
            expected = None
            continue
        begins = start(point.x, scale)
        # Days without rows are common (weekends): only a protected or missing value breaks their line.
        if expected is None or (begins != expected and scale != "day"):
            runs.append([])
        runs[-1].append(point)
        expected = after(begins, scale)
    return runs


def hidden_spans(gathered: Gathered) -> list[Span]:
    """Every stretch of time that has protected cells."""
    spans: list[Span] = []
    for x in sorted({point.x for point in gathered.points if point.hidden}):
        begins = start(x, gathered.scale)
        ends = after(begins, gathered.scale)
        if spans and spans[-1][1] == begins:
            spans[-1] = (spans[-1][0], ends)
        else:
            spans.append((begins, ends))
    return spans
