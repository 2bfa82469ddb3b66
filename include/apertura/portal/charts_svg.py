"""Vega-Lite to SVG: rendered without a network, the same bytes each time, readable on light and dark paper.

The bytes depend on the version of vl-convert alone: it measures text with the fonts that it brings along.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import vl_convert

from apertura.errors import EngineError
from apertura.portal.words import drawable

INK = "#687684"
"""Text. Like every colour here a middle tone that holds on white and on black; see `_STYLE`."""
LINE = "#8d99a6"
ACCENT = "#2f7fc1"
HATCH = "#0faded"
"""Stands for the hatching of what is protected; no other mark has this colour."""

FONT = "Liberation Sans"
_SYSTEM = "Arial, &quot;Liberation Sans&quot;, Helvetica, Roboto, system-ui, sans-serif"
"""Fonts of the width that was measured come first: what a wider one draws runs over the picture's edge."""
LARGEST = 40_000
"""Bytes of one SVG."""

_LOCALE = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["Q", ""]}
_CONFIG = {
    "font": FONT,
    "background": None,
    "padding": {"left": 24, "top": 5, "right": 44, "bottom": 5},
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "gridOpacity": 0.35,
        "domain": False,
        "tickColor": LINE,
        "aria": False,
    },
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 13, "aria": False},
    "text": {"color": INK, "fontSize": 13},
}
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
_NOISE = re.compile(r' (?:role|aria-[a-z]+|aria-roledescription|pointer-events|class|xmlns:xlink)="[^"]*"')
_TAG = re.compile(r"<[^<>]*>")
_EMPTY = re.compile(r'<path d="[^"]*"(?: display="none")?/>(?=</g>)|<g>\s*</g>')


def svg_of(spec: dict[str, Any], title: str) -> bytes:
    """Render a Vega-Lite specification whose data stand in it; `title` names the image.

    Errors: EngineError when it cannot be drawn, without the library's text, which may quote data.
    """
    failed = ""
    try:
        vega = vl_convert.vegalite_to_vega({**_drawable(spec), "config": _CONFIG})
        # No base URL is allowed: a specification that asks for anything from outside fails.
        svg = vl_convert.vega_to_svg(vega, allowed_base_urls=[], format_locale=_LOCALE)
    except Exception as error:
        failed = type(error).__name__
    if failed:
        raise EngineError(f"a chart could not be drawn: {failed}", hint="report this to the maintainers")
    return _finished(svg, title).encode()


def _drawable(spec: Any) -> Any:
    if isinstance(spec, str):
        return drawable(spec)
    if isinstance(spec, dict):
        return {name: _drawable(value) for name, value in spec.items()}
    return [_drawable(value) for value in spec] if isinstance(spec, list | tuple) else spec


def _finished(svg: str, title: str) -> str:
    """Without what a static image does not need; with a name, the hatching and the colours of the dark."""
    svg = _TAG.sub(lambda found: _NOISE.sub("", found[0]), svg)
    svg = _EMPTY.sub("", svg)
    svg = svg.replace(f'font-family="{FONT}"', "").replace(f'fill="{HATCH}"', 'fill="url(#protegido)"')
    head, _, rest = svg.partition(">")
    head, name = head.removesuffix("/"), escape(drawable(title))
    return f'{head} role="img" font-family="{_SYSTEM}"><title>{name}</title>{_STYLE}{_PATTERN}{rest}\n'


def png_of(svg: str, scale: float = 1.0) -> bytes:
    """The picture of an SVG that uses `FONT`; EngineError when it is none."""
    try:
        return bytes(vl_convert.svg_to_png(drawable(svg), scale=scale))
    except Exception as error:
        failed = type(error).__name__
    raise EngineError(f"an image could not be drawn: {failed}", hint="report this to the maintainers")
