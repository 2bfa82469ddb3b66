"""Bars by category, and how values are written in every chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from apertura.portal import figures
from apertura.portal.charts_axes import Scale, figure, parted, rounded
from apertura.portal.charts_data import Gathered, Point, Value, size
from apertura.portal.charts_svg import (
    ACCENT,
    BOTTOM,
    HATCH,
    LEFT,
    RIGHT,
    TOP,
    box,
    cut,
    group,
    lines,
    picture,
    width,
    written,
)
from apertura.portal.charts_words import PROTECTED, Words, label

WIDTH = 360
STEP, BAR = 26, 16.8
"""From one bar to the next, and how high it is."""

_NAMES = 210
_SCALES = ((10_000_000, 1_000_000, "millones"), (1_000_000, 1_000, "miles"))
"""From which size on, what values are divided by, and its word: 775 weddings are no 0.8 thousand."""
_CAP = 0.025
"""Width of the hatched end of a bar whose true length is not told, as a share of the longest."""


def scaled(points: tuple[Point, ...], words: Words) -> tuple[int, str]:
    """What values are divided by, and the axis title that says so: `Valor CIF (millones de dólares)`."""
    most = largest(points)
    divisor, word = next(((one, name) for least, one, name in _SCALES if most >= least), (1, ""))
    unit = words.labelled
    parts = f"{word} de {unit}" if word and unit else word or unit
    return divisor, f"{words.measure} ({parts})" if parts else words.measure


def marked(scale: Scale, count: int, gathered: Gathered, divisor: int) -> list[Decimal]:
    """The round numbers on an axis: whole ones where things are counted, since there is no half of a case."""
    ticks = scale.ticks(count)
    if divisor > 1 or not all(isinstance(point.value, int | None) for point in gathered.points):
        return ticks
    return [one for one in ticks if one == one.to_integral_value()]


def largest(points: tuple[Point, ...]) -> Value:
    """The largest size among known values."""
    sizes: list[Value] = [size(point.value) for point in points if point.value is not None]
    return max(sizes, default=0)


def drawn(value: Value | None, divisor: int) -> float | None:
    """What is drawn of an exact value; None of what cannot be."""
    if value is None:
        return None
    one = float(value) / divisor
    return one if math.isfinite(one) else None


def beside(point: Point, divisor: int) -> str:
    """What stands beside a bar or in a tile."""
    if point.value is None:
        return PROTECTED if point.hidden else "sin dato"
    value = Decimal(point.value) / divisor
    text = figures.number(value, 1) if divisor > 1 else figures.short(value)
    return f"{text} o más" if point.hidden else text


def bar(gathered: Gathered, words: Words, title: str) -> bytes:
    """The SVG of bars by category: a hatched end where the true length is not told."""
    divisor, axis = scaled(gathered.points, words)
    cap = float(largest(gathered.points) or 1) / divisor * _CAP
    values = [drawn(point.value, divisor) for point in gathered.points]
    ends = [
        (value or 0.0) + (cap if point.hidden else 0.0)
        for value, point in zip(values, gathered.points, strict=True)
    ]
    room = 1.35 if gathered.hidden else 1.18
    scale = rounded(min([0.0, *(one for one in values if one is not None)]), max([*ends, cap]) * room, WIDTH)
    zero, high = scale.at(0), STEP * len(ends)
    names, bars, texts = [], [], []
    across = WIDTH + RIGHT
    for number, (point, value, end) in enumerate(zip(gathered.points, values, ends, strict=True)):
        middle = STEP * number + STEP / 2
        names.append(written(-7, middle + 4, cut(label(point.x), _NAMES)))
        top = middle - BAR / 2
        if value:
            left, right = sorted((zero, scale.at(value)))
            bars.append(box(left, top, right - left, BAR, ACCENT))
        if point.hidden:
            begins = scale.at(value or 0.0)
            bars.append(box(begins, top, scale.at(end) - begins, BAR, HATCH))
        text, place = beside(point, divisor), max(zero, scale.at(end)) + 5
        texts.append(written(place, middle + 4, text))
        across = max(across, math.ceil(place + width(text)) + 5)
    margin = max(width(cut(label(point.x), _NAMES)) for point in gathered.points)
    left = LEFT + math.ceil(margin) + 7
    parts = [
        *_axis(scale, high, axis, marked(scale, 4, gathered, divisor)),
        group(names, ' text-anchor="end"'),
        *bars,
        group(texts),
    ]
    beyond = max(0.0, (width(axis) - WIDTH) / 2)
    size_ = (left + max(across, WIDTH + beyond + RIGHT), TOP + high + 39 + BOTTOM)
    return picture(parts, (left, TOP), size_, title)


def _axis(scale: Scale, high: float, title: str, marks: Sequence[Decimal]) -> list[str]:
    """Thin lines down the bars with their figures, which keep within the picture, and what they measure."""
    ticks = [(scale.at(float(one)), figure(one)) for one in marks]
    texts = []
    for place, text in parted(ticks):
        anchor = "start" if place < 1 else "end" if place > scale.length - 1 else "middle"
        texts.append(written(place, high + 17, text, f' text-anchor="{anchor}"'))
    return [
        lines(((place, high, 0, -high) for place, _ in ticks), ' stroke-opacity="0.35"'),
        lines((place, high, 0, 5) for place, _ in ticks),
        group([*texts, written(scale.length / 2, high + 35, title, ' text-anchor="middle"')]),
    ]
