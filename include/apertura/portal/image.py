"""The picture that a link to a dataset shows when it is shared: title, institution and rows (Open Graph).

Drawn with the font that vl-convert brings along, so that accents are there on every machine.
"""

from __future__ import annotations

from html import escape

import vl_convert

from apertura import spanish
from apertura.catalogue.model import Entry
from apertura.errors import EngineError, in_our_words
from apertura.portal.words import drawable

FONT = "Liberation Sans"
WIDTH, HEIGHT = 1200, 630
"""What Open Graph asks for, in pixels."""

_MARGIN = 80
_ACCENT = "#0b4f8a"
_INK, _SOFT, _PAPER = "#1c2733", "#4a5a6a", "#fdfcfa"
_SIZES = ((68, 3), (56, 4), (46, 5))
"""Sizes of the title, in pixels, each with the most lines it may take."""

_NARROW, _WIDE = frozenset(" iíjlItfr.,:;'|!()[]-/"), frozenset("mwMW@%")


@in_our_words
def open_graph(entry: Entry) -> bytes:
    """A PNG of 1200 × 630 pixels; the same bytes for the same entry."""
    size, lines = _title(entry.title)
    step = round(size * 1.18)
    top = 190 + size
    title = "".join(
        _text(_MARGIN, top + number * step, size, line, _INK, bold=True) for number, line in enumerate(lines)
    )
    return png_of(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="{FONT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_PAPER}"/>'
        f'<rect width="{WIDTH}" height="18" fill="{_ACCENT}"/>'
        f"{_text(_MARGIN, 118, 32, _cut(_clean(entry.publisher.title), 32, 1040), _SOFT)}"
        f'<rect x="{_MARGIN}" y="150" width="90" height="5" fill="{_ACCENT}"/>{title}'
        f'<path d="M{_MARGIN} 520H{WIDTH - _MARGIN}" stroke="#cfd8e1" stroke-width="2"/>'
        f"{_text(_MARGIN, 576, 36, _rows(entry), _ACCENT, bold=True)}"
        f"{_text(WIDTH - _MARGIN, 576, 30, 'Apertura · Datos abiertos de Guatemala', _SOFT, end=True)}</svg>"
    )


def png_of(svg: str) -> bytes:
    """The picture of an SVG that uses `FONT`; EngineError when it is none."""
    try:
        return bytes(vl_convert.svg_to_png(drawable(svg)))
    except Exception as error:
        failed = type(error).__name__
    raise EngineError(f"an image could not be drawn: {failed}", hint="report this to the maintainers")


def _rows(entry: Entry) -> str:
    if entry.latest is None:
        return "Retirado"
    return spanish.rows(entry.rows, about=entry.rounded) if entry.rows else "Datos abiertos"


def _text(x: int, y: int, size: int, text: str, fill: str, *, bold: bool = False, end: bool = False) -> str:
    more = ' font-weight="bold"' if bold else ""
    more += ' text-anchor="end"' if end else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}"{more}>{escape(text)}</text>'


def _title(title: str) -> tuple[int, list[str]]:
    """The largest size whose lines fit; the last line of the smallest is cut."""
    words = _clean(title).split() or ["Conjunto de datos"]
    room = WIDTH - 2 * _MARGIN
    for size, most in _SIZES:
        lines = _wrapped(words, size, room)
        if len(lines) <= most and all(width(line, size) <= room for line in lines):
            return size, lines
    size, most = _SIZES[-1]
    kept = [_cut(line, size, room) for line in lines[:most]]
    if len(lines) > most:
        kept[-1] = _cut(kept[-1] + " " + "…" * 40, size, room)
    return size, kept


def _wrapped(words: list[str], size: int, room: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut(text: str, size: int, room: int) -> str:
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip(" …") + "…"


def width(text: str, size: int) -> float:
    """About how many pixels a line takes, rather too many than too few."""
    ems = sum(
        0.36 if one in _NARROW else 0.92 if one in _WIDE else 0.74 if one.isupper() else 0.6 for one in text
    )
    wide = sum(ord(one) > 0x2E80 for one in text)
    return size * (ems + wide * 0.45)


def _clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(
        one for one in text if one >= " " and not 0xD800 <= ord(one) <= 0xDFFF and ord(one) < 0xFFFE
    )
