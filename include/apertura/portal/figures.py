"""Values as Guatemala writes them: 1,234.56, 29/02/2024, sí; codes and years stay as they are."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from apertura.spanish import MINUS

_YEAR_NAMES = re.compile(r"^(a[ñn]io|año|ejercicio|modelo)(_|$)|_(a[ñn]io|año)$")
_CODE_NAMES = re.compile(r"(^|_)(id|c[óo]digo|n[úu]mero|correlativo)$|^id_")
_FEW = 2
"""Decimals that are always shown of a number that has more: further zeros at its end say nothing."""


def is_plain(field: Mapping[str, Any], key: tuple[str, ...] = ()) -> bool:
    """Whether a column's numbers are names (years, codes, keys), which no comma may part."""
    name = str(field["name"]).lower()
    if field.get("unit") == "año" or _YEAR_NAMES.search(name) or _CODE_NAMES.search(name):
        return True
    return key == (field["name"],) and "unit" not in field


def number(value: float | Decimal, decimals: int | None = None) -> str:
    """`1,234.56`, `−5`; `sin dato` for what is no number.

    Without `decimals` a Decimal shows its own, but no zeros beyond the second.
    """
    return _number(value, decimals).replace("-", MINUS)


def _number(value: float | Decimal, decimals: int | None) -> str:
    if isinstance(value, int):
        return f"{value:,}" if decimals is None else f"{value:,.{decimals}f}"
    exact = value if isinstance(value, Decimal) else _exact(value)
    if exact is None or not exact.is_finite():
        return "sin dato"
    if decimals is not None:
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        return f"{abs(rounded):,f}" if rounded == 0 else f"{rounded:,f}"
    text = f"{exact:,f}"
    whole, point, part = text.partition(".")
    return whole + point + (part.rstrip("0").ljust(min(_FEW, len(part)), "0") if point else "")


def _exact(value: float) -> Decimal | None:
    return Decimal(str(value)) if math.isfinite(value) else None


def short(value: float | Decimal) -> str:
    """A figure for a sentence: at most two decimals, none from 1,000 on; small ones keep four."""
    exact = value if isinstance(value, Decimal) else _exact(value)
    if exact is None or not exact.is_finite():
        return "sin dato"
    size = abs(exact)
    if exact == exact.to_integral_value() or size >= 1000:
        return number(exact, 0)
    return number(exact, 2 if size >= 1 else 4)


def text(value: Any, *, plain: bool = False) -> str:
    """A cell of a published table as a reader sees it; empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, int | float | Decimal):
        return f"{value}".replace("-", MINUS) if plain else number(value)
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y %H:%M}" if value.second == 0 else f"{value:%d/%m/%Y %H:%M:%S}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    return str(value)


def count(amount: int, one: str, many: str) -> str:
    """`1 fila`, `2,000 filas`."""
    return f"{number(amount)} {one if amount == 1 else many}"


def percent(share: float | Decimal) -> str:
    """`12 %`; one decimal under ten, `menos de 0.1 %` under that."""
    hundred = float(share) * 100
    if 0 < abs(hundred) < 0.1:
        return "menos de 0.1 %"
    return f"{number(hundred, 0 if abs(hundred) >= 10 else 1)} %"
