"""SVG as charts need it: written by hand, the same bytes each time, readable on light and dark paper.

Texts are measured with the widths of Arial and its metric twins (Helvetica, Liberation Sans); the fonts that
the picture asks for are those first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from html import escape

from apertura.portal.words import drawable

INK = "#687684"
"""Text. Like every colour here a middle tone that holds on white and on black; see `_STYLE`."""
LINE = "#8d99a6"
ACCENT = "#2f7fc1"
HATCH = "url(#protegido)"
"""The hatching of what is protected; no other mark has it."""

SIZE = 13
"""Of the letters, in pixels, where nothing else is said."""
LEFT, TOP, RIGHT, BOTTOM = 24, 5, 44, 5
"""White around a picture: a font wider than what was measured still fits."""
LARGEST = 40_000
"""Bytes of one SVG."""

_SYSTEM = "Arial, &quot;Liberation Sans&quot;, Helvetica, Roboto, system-ui, sans-serif"
_PATTERN = (
    '<defs><pattern id="protegido" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#eef1f4"/>'
    '<rect width="2.6" height="6" fill="#45515d"/></pattern></defs>'
)
"""Two tones of its own: it shows on light and dark, and on every blue."""
_STYLE = (
    "<style>@media (prefers-color-scheme:light){"
    f'[fill="{INK}"]{{fill:#3f4b57}}[fill="{ACCENT}"]{{fill:#1a6bb0}}[stroke="{ACCENT}"]{{stroke:#1a6bb0}}'
    "}@media (prefers-color-scheme:dark){"
    f'[fill="{INK}"]{{fill:#c3ccd5}}[fill="{ACCENT}"]{{fill:#62a8e3}}[stroke="{ACCENT}"]{{stroke:#62a8e3}}'
    "}</style>"
)
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
"""Of the letters from space to tilde, in thousandths of an em (Adobe's AFM of Helvetica)."""
_WIDE, _OTHER = 1000, 600


def width(text: str, size: float = SIZE) -> float:
    """Pixels that a line of text takes."""
    return sum(map(_ems, text)) * size / 1000


@cache
def _ems(letter: str) -> int:
    base = unicodedata.normalize("NFD", letter)[0]
    if " " <= base <= "~":
        return _WIDTHS[ord(base) - 32]
    if unicodedata.combining(base):
        return 0
    return _WIDE if base == "…" or unicodedata.east_asian_width(base) in "WF" else _OTHER


def cut(text: str, room: float, size: float = SIZE) -> str:
    """The text, or as much of it as fits so many pixels, with … at its end."""
    if width(text, size) <= room:
        return text
    room -= width("…", size)
    kept = 0
    while kept < len(text) and (room := room - width(text[kept], size)) >= 0:
        kept += 1
    return text[:kept].rstrip() + "…"


def px(value: float) -> str:
    """A length or a place in pixels, to the tenth."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def written(x: float, y: float, text: str, more: str = "") -> str:
    """A line of text; `more` are its further attributes."""
    return f'<text x="{px(x)}" y="{px(y)}"{more}>{escape(drawable(text))}</text>'


def box(x: float, y: float, wide: float, high: float, fill: str, more: str = "") -> str:
    """A rectangle."""
    place = f'x="{px(x)}" y="{px(y)}" width="{px(wide)}" height="{px(high)}"'
    return f'<rect {place} fill="{fill}"{more}/>'


def lines(places: Iterable[tuple[float, float, float, float]], more: str = "") -> str:
    """Thin straight lines (x, y, across, down), each on whole pixels so that they are sharp."""
    path = "".join(f"M{round(x) + 0.5:g},{round(y) + 0.5:g}{_stroke(dx, dy)}" for x, y, dx, dy in places)
    return f'<path d="{path}" fill="none" stroke="{LINE}"{more}/>' if path else ""


def _stroke(across: float, down: float) -> str:
    return f"h{px(across)}" if across else f"v{px(down)}"


def group(parts: Iterable[str], more: str = "", size: int = SIZE) -> str:
    """Texts of one look: what `more` says holds for all."""
    inner = "".join(parts)
    return f'<g font-size="{size}" fill="{INK}"{more}>{inner}</g>' if inner else ""


def picture(
    parts: Iterable[str], origin: tuple[float, float], size: tuple[float, float], title: str
) -> bytes:
    """The whole SVG of `size`, its parts moved to `origin`; `title` names the image."""
    wide, high = (round(one) for one in size)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'role="img" font-family="{_SYSTEM}"><title>{escape(drawable(title))}</title>{_STYLE}{_PATTERN}'
        f'<g transform="translate({px(origin[0])},{px(origin[1])})">{"".join(parts)}</g></svg>\n'
    ).encode()
