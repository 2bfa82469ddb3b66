"""Levels of generalisation in Spanish words: `municipio → departamento`, `grupos desde 15, 18`."""

from __future__ import annotations

from typing import Any

from apertura.contract import FieldSpec
from apertura.contract.privacy import Level

_TO = {
    "month": "mes",
    "quarter": "trimestre",
    "year": "año",
    "department": "departamento",
    "region": "región",
    "country": "país",
}


def in_words(level: Level | None, field: FieldSpec) -> str:
    """What a value is at a level of the field's hierarchy; None is level 0, the value itself.

    A map is told by the number of its groups: the label of a small group is not named.
    """
    if level is None:
        return _itself(field)
    if level.bands is not None:
        return f"grupos desde {', '.join(map(str, level.bands))}"
    if level.prefix is not None:
        return "primer carácter" if level.prefix == 1 else f"primeros {level.prefix} caracteres"
    if level.map is not None:
        return f"{len(set(level.map.values()))} grupos declarados"
    return "sin distinguir" if level.all else _TO[str(level.to)]


def _itself(field: FieldSpec) -> str:
    if field.type == "date":
        return "día"
    if field.type == "datetime":
        return "fecha y hora"
    first = field.hierarchy[0] if field.hierarchy else None
    if first is not None and first.to in ("department", "region", "country"):
        return "municipio"
    return "código completo" if first is not None and first.prefix is not None else "valor exacto"


def chosen(field: FieldSpec, level: int, *, fixed: bool) -> dict[str, Any]:
    """The level that a column is published at: number, how many there are, and from what to what."""
    levels = [None, *field.hierarchy]
    here = in_words(levels[level], field)
    return {
        "numero": level,
        "de": len(field.hierarchy),
        "a": here,
        "en_palabras": f"{in_words(None, field)} → {here}" if level else f"{here}, sin generalizar",
        "fijo": fixed,
    }
