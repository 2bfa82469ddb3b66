"""The map of departments, a grid of tiles."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from apertura.portal import figures
from apertura.portal.charts_bar import beside, scaled
from apertura.portal.charts_data import Gathered, Value
from apertura.portal.charts_svg import (
    BOTTOM,
    HATCH,
    INK,
    LEFT,
    LINE,
    RIGHT,
    TOP,
    box,
    cut,
    group,
    picture,
    width,
    written,
)
from apertura.portal.charts_words import Words
from apertura.portal.maps import COLUMNS, DEPARTMENTS, ROWS

_TILE = (88, 62)
_GAP = 4
_WIDTH = COLUMNS * (_TILE[0] + _GAP)
_SMALL = 12
_NAME = 11
"""Sizes of the letters of figures and names."""
_NONE = ("transparent", INK)
_HATCHED = "Borde rayado: hay celdas protegidas; el valor verdadero es mayor o igual."
_CLASSES = (
    ("#dce8f4", "#12263a"),
    ("#b0cfea", "#12263a"),
    ("#79aedd", "#12263a"),
    ("#2a72ae", "#fff"),
    ("#0c4376", "#fff"),
)
"""Fill and text of the classes, lowest first: both are opaque, so they hold on any paper."""


def tile_map(gathered: Gathered, words: Words, title: str) -> bytes:
    """The SVG of the 22 departments as tiles in five classes of blue, each with its figure."""
    divisor, axis = scaled(gathered.points, words)
    found = {point.x: point for point in gathered.points}
    values: set[Value] = {
        point.value for code, point in found.items() if code in DEPARTMENTS and point.value is not None
    }
    known = sorted(values)
    tiles, names, texts, hatched = [], [], [], False
    for code, place in DEPARTMENTS.items():
        point = found.get(code)
        (fill, ink), text = _NONE, "sin datos"
        x, y = place.column * (_TILE[0] + _GAP), place.row * (_TILE[1] + _GAP)
        if point is not None:
            text = beside(point, divisor)
            if point.value is not None:
                fill, ink = _CLASSES[_class(known, point.value)]
        edge = LINE if fill == "transparent" else fill
        tiles.append(box(x, y, *_TILE, fill, f' rx="3" stroke="{edge}"'))
        if point is not None and point.hidden:
            hatched = True
            tiles.append(box(x, y + _TILE[1] - 7, _TILE[0], 7, HATCH))
        middle, room = x + _TILE[0] / 2, _TILE[0] - 4
        names.append(written(middle, y + 27, cut(place.name, room, _NAME), f' fill="{ink}"'))
        texts.append(written(middle, y + 47, cut(text, room, _SMALL), f' fill="{ink}"'))
    key, high, wide = _key(known, divisor, axis, hatched)
    parts = [
        *tiles,
        f'<g text-anchor="middle" font-size="{_NAME}">{"".join(names)}</g>',
        f'<g text-anchor="middle" font-size="{_SMALL}" font-weight="bold">{"".join(texts)}</g>',
        *key,
    ]
    size = (LEFT + max(_WIDTH, wide) + RIGHT, TOP + high + BOTTOM)
    return picture(parts, (LEFT, TOP), size, title)


def _class(known: Sequence[Value], value: Value) -> int:
    """The fifth of the distinct values in which it lies; with fewer than five, spread over the classes."""
    if len(known) == 1:
        return 2
    return min(len(_CLASSES) - 1, known.index(value) * len(_CLASSES) // len(known))


def _key(known: Sequence[Value], divisor: int, title: str, hatched: bool) -> tuple[list[str], int, float]:
    """What the colours mean, under the tiles; where it ends, and how wide it is."""
    classes: dict[int, list[Value]] = {}
    for value in known:
        classes.setdefault(_class(known, value), []).append(value)
    spans = [(number, _span(members, divisor)) for number, members in sorted(classes.items())]
    widest = max((len(text) for _, text in spans), default=0) * 7 + 30
    across = max(1, min(5, _WIDTH // widest))
    top = ROWS * (_TILE[1] + _GAP) + 34
    boxes, texts = [], [written(0, top - 11, title)]
    for place, (number, text) in enumerate(spans):
        x, y = place % across * widest, top + place // across * 20
        boxes.append(box(x, y, 14, 14, _CLASSES[number][0], ' rx="2"'))
        texts.append(written(x + 19, y + 11, text))
    below = top + 18 + (len(spans) - 1) // across * 20
    if hatched:
        below += 20
        texts.append(written(0, below - 3, _HATCHED))
    wide = max(width(title, _SMALL), width(_HATCHED, _SMALL) if hatched else 0)
    return [*boxes, group(texts, size=_SMALL)], below + 4, wide


def _span(members: Sequence[Value], divisor: int) -> str:
    texts = [
        figures.number(Decimal(one) / divisor, 1) if divisor > 1 else figures.short(one)
        for one in (min(members), max(members))
    ]
    return texts[0] if texts[0] == texts[1] else " a ".join(texts)
