"""Vega-Lite specifications of lines and bars. Data go in as values, never as code."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

from apertura.portal import figures
from apertura.portal.charts_data import Gathered, Point, Value, after, size, start
from apertura.portal.charts_svg import ACCENT, HATCH, INK
from apertura.portal.charts_words import PROTECTED, Words, label
from apertura.portal.words import drawable

WIDTH = 520
HEIGHT = 260
_SCALES = ((1_000_000, "millones"), (1_000, "miles"))
_COLOURS = (ACCENT, INK, ACCENT, INK)
_DASHES = ([1, 0], [1, 0], [6, 4], [2, 3])
_FEW = 40
_CAP = 0.025
"""Width of the hatched end of a bar whose true length is not told, as a share of the longest."""

_STRIP = "Franja rayada: hay celdas protegidas; el valor verdadero es mayor o igual."

_SHORT = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_MONTH = f"{list(_SHORT)}[utcmonth(datum.value)]"
_LABELS = {
    "year": "utcFormat(datum.value, '%Y')",
    "month": f"{_MONTH} + utcFormat(datum.value, ' %Y')",
    "day": f"utcFormat(datum.value, '%-d ') + {_MONTH} + utcFormat(datum.value, ' %Y')",
}


def scaled(points: tuple[Point, ...], words: Words) -> tuple[int, str]:
    """What values are divided by, and the axis title that says so: `Valor CIF (millones de USD)`."""
    largest = _largest(points)
    divisor, word = next(((one, name) for one, name in _SCALES if largest >= 10 * one), (1, ""))
    unit = words.labelled
    parts = f"{word} de {unit}" if word and unit else word or unit
    return divisor, f"{words.measure} ({parts})" if parts else words.measure


def _largest(points: tuple[Point, ...]) -> Value:
    sizes: list[Value] = [size(point.value) for point in points if point.value is not None]
    return max(sizes, default=0)


def _drawn(value: Value | None, divisor: int) -> float | None:
    if value is None:
        return None
    drawn = float(value) / divisor
    return float(f"{drawn:.6g}") if math.isfinite(drawn) else None


def _epoch(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days * 86_400_000


def line(gathered: Gathered, words: Words) -> dict[str, Any]:
    """Lines over time: broken where nothing is known, hatched at the foot where cells are protected."""
    divisor, title = scaled(gathered.points, words)
    names = {series: label(series) for series in gathered.series}
    values, hidden, alone = [], set(), []
    for series in gathered.series:
        own = [point for point in gathered.points if point.series == series]
        for number, stretch in enumerate(_stretches(own, gathered.scale)):
            drawn = [
                {
                    "x": _epoch(start(point.x, gathered.scale)),
                    "v": _drawn(point.value, divisor),
                    "s": names[series],
                    "t": number,
                }
                for point in stretch
            ]
            values += drawn
            alone += drawn if len(drawn) == 1 or len(gathered.points) <= _FEW else []
        hidden |= {point.x for point in own if point.hidden}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": values},
            "mark": {"type": "line", "strokeWidth": 2.2, "interpolate": "linear"},
            "encoding": {
                **_where(gathered, title),
                **_told_apart(list(names.values())),
                "detail": {"field": "t"},
            },
        }
    ]
    if alone:
        layers.append(
            {
                "data": {"values": alone},
                "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1},
                "encoding": {**_where(gathered, title), "color": _colour(list(names.values()))},
            }
        )
    if hidden:
        layers.insert(0, _strip(gathered, hidden, title))
    return {"width": WIDTH, "height": HEIGHT, "layer": layers, "resolve": {"legend": {"color": "shared"}}}


def _stretches(points: list[Point], scale: str) -> list[list[Point]]:
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


def _where(gathered: Gathered, title: str) -> dict[str, Any]:
    first, last = (start(edge(p.x for p in gathered.points), gathered.scale) for edge in (min, max))
    form = "day" if (last - first).days <= 92 else "month" if (last - first).days <= 800 else "year"
    form = "year" if gathered.scale == "year" else form
    axis: dict[str, Any] = {
        "title": _STRIP if gathered.hidden else None,
        "titleAnchor": "start",
        "titlePadding": 8,
        "grid": False,
        "labelExpr": _LABELS[form],
        "tickCount": _tick_count(first, last, form),
        "labelFlush": False,
        "labelOverlap": True,
    }
    # An axis that does not begin at zero is good for averages only; the text says it.
    zero = gathered.view.measure != "mean"
    return {
        "x": {"field": "x", "type": "temporal", "scale": {"type": "utc"}, "axis": axis},
        "y": {
            "field": "v",
            "type": "quantitative",
            "title": title,
            "scale": {"zero": zero},
            "axis": {
                "titleAngle": 0,
                "titleAlign": "left",
                "titleAnchor": "end",
                "titleX": 0,
                "titleY": -12,
                "titleBaseline": "bottom",
                "tickCount": 5,
                "format": ",~f" if zero else ",.4~f",
            },
        },
    }


def _tick_count(first: dt.date, last: dt.date, form: str) -> dict[str, Any] | int:
    if form == "year":
        years = last.year - first.year
        return {"interval": "year", "step": max(1, math.ceil(years / 9))}
    if form == "month":
        return {"interval": "month", "step": max(1, math.ceil((last - first).days / 30 / 6))}
    return 5


def _told_apart(names: list[str]) -> dict[str, Any]:
    if names == [""]:
        return {"color": {"value": ACCENT}}
    dashes = [list(dash) for dash in _DASHES[: len(names)]]
    return {
        "color": _colour(names),
        "strokeDash": {"field": "s", "scale": {"domain": names, "range": dashes}, "legend": None},
    }


def _colour(names: list[str]) -> dict[str, Any]:
    if names == [""]:
        return {"value": ACCENT}
    legend = {
        "orient": "top",
        "title": None,
        "symbolType": "stroke",
        "symbolStrokeWidth": 3,
        "symbolSize": 300,
        "symbolDash": {
            "expr": f"{[list(one) for one in _DASHES[: len(names)]]}[datum.index * {len(names) - 1}]"
        },
        "columns": 2,
        "labelLimit": 230,
        "offset": 34,
    }
    scale = {"domain": names, "range": list(_COLOURS[: len(names)])}
    return {"field": "s", "type": "nominal", "scale": scale, "legend": legend}


def _strip(gathered: Gathered, hidden: set[str], title: str) -> dict[str, Any]:
    """A hatched strip at the foot of every moment that has protected cells."""
    spans: list[list[int]] = []
    for x in sorted(hidden):
        begins = start(x, gathered.scale)
        span = [_epoch(begins), _epoch(after(begins, gathered.scale))]
        if spans and spans[-1][1] == span[0]:
            spans[-1][1] = span[1]
        else:
            spans.append(span)
    where = _where(gathered, title)
    return {
        "data": {"values": [{"x": first, "x2": last} for first, last in spans]},
        "mark": {"type": "rect", "fill": HATCH, "clip": True, "opacity": 1},
        "encoding": {
            "x": where["x"],
            "x2": {"field": "x2"},
            "y": {"value": HEIGHT - 9},
            "y2": {"value": HEIGHT},
        },
    }


def bar(gathered: Gathered, words: Words) -> dict[str, Any]:
    """Bars by category: a hatched end where the true length is not told."""
    divisor, title = scaled(gathered.points, words)
    cap = float(_largest(gathered.points) or 1) / divisor * _CAP
    values: list[dict[str, Any]] = []
    for number, point in enumerate(gathered.points):
        drawn = _drawn(point.value, divisor)
        ends = (drawn or 0.0) + (cap if point.hidden else 0.0)
        values.append(
            {
                "n": number,
                "x": label(point.x),
                "v": drawn,
                "e": ends,
                "h": point.hidden > 0,
                "t": beside(point, divisor),
            }
        )
    lowest = min([0.0, *(one["v"] for one in values if one["v"] is not None)])
    highest = max([*(one["e"] for one in values), cap])
    names = [one["x"] for one in values]
    where = {
        "y": {
            "field": "n",
            "type": "ordinal",
            "axis": {
                "title": None,
                "ticks": False,
                "labelLimit": 210,
                "labelPadding": 7,
                "labelExpr": f"{_texts(names)}[datum.value]",
            },
        },
        "x": {
            "field": "v",
            "type": "quantitative",
            "title": title,
            "scale": {
                "domain": [
                    lowest,
                    highest * (1.35 if any(one["h"] for one in values) else 1.18) if highest > 0 else 1,
                ]
            },
            "axis": {"grid": True, "tickCount": 4, "format": ",~f"},
        },
    }
    marks: list[dict[str, Any]] = [
        {"mark": {"type": "bar", "color": ACCENT, "height": {"band": 0.72}}, "encoding": where},
        {
            "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 5},
            "encoding": {
                "y": where["y"],
                "x": {"field": "e", "type": "quantitative"},
                "text": {"field": "t"},
            },
        },
    ]
    if any(one["h"] for one in values):
        marks.append(
            {
                "transform": [
                    {"filter": "datum.h"},
                    {"calculate": "datum.v == null ? 0 : datum.v", "as": "b"},
                ],
                "mark": {"type": "bar", "fill": HATCH, "height": {"band": 0.72}},
                "encoding": {
                    "y": where["y"],
                    "x": {"field": "b", "type": "quantitative"},
                    "x2": {"field": "e"},
                },
            }
        )
    return {
        "width": 360,
        "height": {"step": 26},
        "data": {"values": values},
        "layer": marks,
    }


def _texts(names: list[str]) -> str:
    """A Vega expression that is an array of these texts, whatever characters they have."""
    return json.dumps([drawable(name) for name in names], ensure_ascii=True)


def beside(point: Point, divisor: int) -> str:
    """What stands beside a bar or in a tile."""
    if point.value is None:
        return PROTECTED if point.hidden else "sin dato"
    value = Decimal(point.value) / divisor
    text = figures.number(value, 1) if divisor > 1 else figures.short(value)
    return f"{text} o más" if point.hidden else text
