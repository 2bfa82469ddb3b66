"""Words that everything written for citizens shares: releases' reports and the portal's pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

NARROW = "\u202f"
"""A narrow blank that does not break: between a figure and its sign."""

MINUS = "\u2212"
"""The sign before a negative figure; the hyphen of a keyboard is shorter, and a line may end behind it."""

MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
    "noviembre", "diciembre",
)  # fmt: skip

TYPES = {
    "string": "texto",
    "integer": "número entero",
    "number": "número con decimales",
    "boolean": "sí o no",
    "date": "fecha",
    "datetime": "fecha y hora",
}
"""Table Schema's types."""

FREQUENCIES = {
    "daily": "diaria",
    "weekly": "semanal",
    "monthly": "mensual",
    "quarterly": "trimestral",
    "semiannual": "semestral",
    "annual": "anual",
    "irregular": "irregular",
}
"""How often a dataset is published; what stands for one that is not any more is each page's own."""


def number(value: object) -> str:
    """`1,234,567` or `1,234.56`; words such as `<5` as they are; — for None."""
    if value is None:
        return "—"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return f"{value:,}".replace("-", MINUS)


def percent(share: float | None) -> str:
    """A share (0 to 1) in per cent, cut to one decimal so that only a whole is 100 %; — for None."""
    if share is None:
        return "—"
    cut = int(float(share) * 1000 + 1e-9) / 10
    return f"{cut:.1f}".rstrip("0").rstrip(".") + f"{NARROW}%"


def day(value: dt.date | dt.datetime | str) -> str:
    """`26 de noviembre de 2026`, of a date, a moment (in UTC) or an ISO text of either."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime) and value.tzinfo:
        value = value.astimezone(dt.UTC)
    return f"{value.day} de {MONTHS[value.month - 1]} de {value.year}"


def rows(told: int | str, *, about: bool = False) -> str:
    """`1 fila`, `4,220 filas`; `about` a rounded number: `unas 4,220 filas`, `menos de 5 filas` of `<5`."""
    if isinstance(told, str):
        return f"menos de {told.removeprefix('<')} filas"
    return f"{'unas ' if about and told else ''}{number(told)} {'fila' if told == 1 else 'filas'}"
