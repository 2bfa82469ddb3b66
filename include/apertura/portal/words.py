"""How the portal writes: numbers, dates, sizes and code words as they are read in Guatemala."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

from apertura import spanish
from apertura.spanish import MONTHS, NARROW, number

FREQUENCIES = {**spanish.FREQUENCIES, "notPlanned": "no se prevén más actualizaciones"}

FORMATS = {
    "csv": ("CSV", "Se abre con Excel, LibreOffice o cualquier programa de estadística."),
    "xlsx": ("Excel", "Libro de Excel con tipos y encabezados."),
    "json": ("JSON", "Para programas y páginas web."),
    "xml": ("XML", "Para sistemas que intercambian XML."),
    "parquet": ("Parquet", "El más compacto; para Python, R y DuckDB."),
    "ocds": ("OCDS", "Estándar de datos de contrataciones abiertas, en JSON."),
}
"""Format -> its name and what it is good for."""

TYPES = {**spanish.TYPES, "year": "año"}

_UNITS = ("bytes", "kB", "MB", "GB", "TB")

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def drawable(text: str) -> str:
    """The text with U+FFFD for what XML cannot hold: on such a letter the renderer ends the whole process."""
    return _FORBIDDEN.sub("\ufffd", text)


def size(count: int) -> str:
    """`224 kB`, `4.1 MB`: decimal units."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    text = f"{value:.0f}" if unit < 2 or value >= 100 else f"{value:.1f}"
    return f"{text}{NARROW}{_UNITS[unit]}"


def period(text: str | None) -> str:
    """A `temporal` of a contract: `2012/2019` is `de 2012 a 2019`; months get names, days an article."""
    if not text:
        return ""
    start, slash, end = text.partition("/")
    if not slash:
        return _moment(text)
    if end in ("..", ""):
        return f"desde {'el ' if _is_day(start) else ''}{_moment(start)}"
    since, until = ("del" if _is_day(start) else "de"), ("al" if _is_day(end) else "a")
    return f"{since} {_moment(start)} {until} {_moment(end)}"


def _is_day(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None


def _moment(text: str) -> str:
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", text)
    if not found or not 1 <= int(found[2]) <= 12:
        return text
    month = f"{MONTHS[int(found[2]) - 1]} de {found[1]}"
    return f"{int(found[3])} de {month}" if found[3] else month


def frequency(code: str) -> str:
    """The frequency in Spanish; the code itself when the list does not have it."""
    return FREQUENCIES.get(code, code)


def format_name(code: str) -> str:
    """`CSV`, `Excel`, `Parquet`; an unknown one in capitals."""
    return FORMATS[code][0] if code in FORMATS else code.upper()


def folded(text: str) -> str:
    """Lower case without accents, ñ kept apart from n no more: what a hurried person types."""
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def plural(count: int | None, one: str, many: str) -> str:
    """`1 fila`, `4,220 filas`."""
    return f"{number(count)} {one if count == 1 else many}"


def canonical(key: str) -> str:
    """A page's key as it is linked: its folder, with a slash; percent-encoded."""
    name = key.rpartition("/")[2]
    return quote(key.removesuffix(name) if name == "index.html" else key, safe="/.-_~")


def web(address: str | None) -> str | None:
    """The address when it is one of the web (http, https, with a host), else None: never `javascript:`."""
    try:
        parts = urlsplit((address or "").strip())
    except ValueError:
        return None
    return (address or "").strip() if parts.scheme in ("http", "https") and parts.netloc else None


def mail(address: str | None) -> str | None:
    """The address when it is a plain mail address, else None."""
    return address if address and re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", address) else None
