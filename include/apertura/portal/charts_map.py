"""Vega-Lite specification of the map of departments, a grid of tiles."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apertura.portal import figures
from apertura.portal.charts_data import Gathered, Value
from apertura.portal.charts_spec import beside, scaled
from apertura.portal.charts_svg import HATCH, INK, LINE
from apertura.portal.charts_words import Words
from apertura.portal.maps import COLUMNS, DEPARTMENTS, ROWS

_TILE = (88, 62)
_GAP = 4
_HATCHED = "Borde rayado: hay celdas protegidas; el valor verdadero es mayor o igual."
_CLASSES = (
    ("#dce8f4", "#12263a"),
    ("#b0cfea", "#12263a"),
    ("#79aedd", "#12263a"),
    ("#2a72ae", "#fff"),
    ("#0c4376", "#fff"),
)
"""Fill and text of the classes, lowest first: both are opaque, so they hold on any paper."""


def tile_map(gathered: Gathered, words: Words) -> dict[str, Any]:
    """The 22 departments as tiles in five classes of blue, each with its figure."""
    divisor, title = scaled(gathered.points, words)
    found = {point.x: point for point in gathered.points}
    values: set[Value] = {
        point.value for code, point in found.items() if code in DEPARTMENTS and point.value is not None
    }
    known = sorted(values)
    tiles = []
    for code, place in DEPARTMENTS.items():
        point = found.get(code)
        fill, ink, edge = "transparent", INK, LINE
        text = "sin datos"
        if point is not None:
            text = beside(point, divisor)
            if point.value is not None:
                fill, ink = _CLASSES[_class(known, point.value)]
                edge = fill
        x, y = place.column * (_TILE[0] + _GAP), place.row * (_TILE[1] + _GAP)
        protected = point is not None and point.hidden > 0
        tiles.append(
            {
                "x": x,
                "x2": x + _TILE[0],
                "y": y,
                "y2": y + _TILE[1],
                "cx": x + _TILE[0] / 2,
                "ny": y + 24,
                "vy": y + 43,
                "n": place.name,
                "t": text,
                "f": fill,
                "i": ink,
                "e": edge,
                "h": protected,
                "hy": y + _TILE[1] - 7,
            }
        )
    hatched = any(tile["h"] for tile in tiles)
    key, height = _key(known, divisor, title, hatched)
    return {
        "width": COLUMNS * (_TILE[0] + _GAP),
        "height": height,
        "data": {"values": tiles},
        "layer": [*_tiles(hatched), *key],
    }


def _class(known: Sequence[Value], value: Value) -> int:
    """The fifth of the distinct values in which it lies; with fewer than five, spread over the classes."""
    if len(known) == 1:
        return 2
    return min(len(_CLASSES) - 1, known.index(value) * len(_CLASSES) // len(known))


def _at(name: str, type_: str = "quantitative") -> dict[str, Any]:
    return {"field": name, "type": type_, "scale": None, "axis": None}


def _tiles(hatched: bool) -> list[dict[str, Any]]:
    box = {"x": _at("x"), "x2": {"field": "x2"}, "y": _at("y"), "y2": {"field": "y2"}}
    colours = {
        "fill": {"field": "f", "type": "nominal", "scale": None},
        "stroke": {"field": "e", "type": "nominal", "scale": None},
    }
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "rect", "cornerRadius": 3, "strokeWidth": 1}, "encoding": {**box, **colours}}
    ]
    if hatched:
        layers.append(
            {
                "transform": [{"filter": "datum.h"}],
                "mark": {"type": "rect", "fill": HATCH},
                "encoding": {**box, "y": _at("hy")},
            }
        )
    ink = {"field": "i", "type": "nominal", "scale": None}
    for y, text, size, weight in (("ny", "n", 11, "normal"), ("vy", "t", 12, "bold")):
        layers.append(
            {
                "mark": {"type": "text", "fontSize": size, "fontWeight": weight, "limit": _TILE[0] - 4},
                "encoding": {"x": _at("cx"), "y": _at(y), "text": {"field": text}, "color": ink},
            }
        )
    return layers


def _key(known: Sequence[Value], divisor: int, title: str, hatched: bool) -> tuple[list[dict[str, Any]], int]:
    """What the colours mean, under the tiles; and where it ends."""
    classes: dict[int, list[Value]] = {}
    for value in known:
        classes.setdefault(_class(known, value), []).append(value)
    spans = [(number, _span(members, divisor)) for number, members in sorted(classes.items())]
    widest = max((len(text) for _, text in spans), default=0) * 7 + 30
    across = max(1, min(5, COLUMNS * (_TILE[0] + _GAP) // widest))
    top = ROWS * (_TILE[1] + _GAP) + 34
    values: list[dict[str, Any]] = [
        {"x": place % across * widest, "y": top + place // across * 20, "f": _CLASSES[number][0], "t": text}
        for place, (number, text) in enumerate(spans)
    ]
    below = top + 18 + (len(spans) - 1) // across * 20
    heading: list[dict[str, Any]] = [{"x": 0, "y": top - 8, "t": title}]
    if hatched:
        below += 20
        heading.append({"x": 0, "y": below, "t": _HATCHED})
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{**one, "x2": one["x"] + 14, "y2": one["y"] + 14} for one in values]},
            "mark": {"type": "rect", "cornerRadius": 2},
            "encoding": {
                "x": _at("x"),
                "x2": {"field": "x2"},
                "y": _at("y"),
                "y2": {"field": "y2"},
                "fill": {"field": "f", "type": "nominal", "scale": None},
            },
        },
        *(
            {
                "data": {"values": data},
                "mark": {"type": "text", "align": "left", "baseline": base, "fontSize": 12, "dx": shift},
                "encoding": {"x": _at("x"), "y": _at("y"), "text": {"field": "t"}},
            }
            for data, base, shift in ((values, "top", 19), (heading, "bottom", 0))
        ),
    ]
    return layers, below + 4


def _span(members: Sequence[Value], divisor: int) -> str:
    texts = [
        figures.number(Decimal(one) / divisor, 1) if divisor > 1 else figures.short(one)
        for one in (min(members), max(members))
    ]
    return texts[0] if texts[0] == texts[1] else " a ".join(texts)
