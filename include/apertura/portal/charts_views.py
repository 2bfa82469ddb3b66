"""Views for a dataset whose contract declares none: what its columns' types suggest, and no more.

Amounts are added up only in units that can be (money, weight, cases); rows are counted only in tables where a
row is one thing. A table of rates or indexes gets no chart rather than one that misleads.
"""

# ruff: noqa: S608 (names are published columns, through quoted())
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apertura.catalogue.model import Table
from apertura.contract.views import DEPARTMENT, View
from apertura.portal.charts_data import scale_of
from apertura.portal.published import Reading
from apertura.prepare.engine import quoted

_ADDITIVE = {"GTQ", "USD", "kg", "casos", "personas", "vehículos", "hechos"}
_NO_CATEGORY = re.compile(r"(^|_)(id|c[óo]digo|estado|url|enlace|correo|telefono|fax|idioma|moneda)$")
_TIMES = ("year", "quarter", "month", "day")
_PERIOD = {"year": "año", "quarter": "trimestre", "month": "mes", "day": "día"}
_CATEGORIES = (2, 40)


def suggested(source: Reading, table: Table) -> list[View]:
    """At most one line, one map and one set of bars of a table."""
    measure = _measure(table)
    if measure is None or table.schema is None:
        return []
    fields = [field for field in table.fields if field["name"] in source.columns]
    said = str(measure.pop("said"))
    views = []
    if time := _time(source, fields):
        views.append(_view(table, "line", f"{said} por {time[1]}", time[0], measure))
    if DEPARTMENT in source.columns and measure["measure"] != "mean":
        views.append(_view(table, "map", f"{said} por departamento", DEPARTMENT, measure))
    if measure["measure"] != "mean" and (category := _category(source, fields)):
        title = f"{said} por {str(category['title']).lower()}"
        views.append(_view(table, "bar", title, str(category["name"]), measure))
    return views


def _view(table: Table, kind: str, title: str, x: str, measure: Mapping[str, Any]) -> View:
    plain = re.sub(r"[^a-z0-9]+", "-", x.lower()).strip("-") or "x"
    name = f"{table.name}-{kind}-{plain}"[:80].strip("-")
    return View.model_validate(
        {"name": name, "title": title, "kind": kind, "resource": table.name, "x": x, **measure}
    )


def _measure(table: Table) -> dict[str, Any] | None:
    """What may be counted or added up; None when nothing may."""
    key = list((table.schema or {}).get("primaryKey", ()))
    numbers = [field for field in table.fields if field["type"] in ("integer", "number")]
    amounts = [field for field in numbers if field.get("unit") in _ADDITIVE]
    if amounts:
        return {"measure": "sum", "y": amounts[0]["name"], "said": amounts[0]["title"]}
    if not key or (len(key) == 1 and re.search(r"(^|_)(id|codigo|código)$", key[0]) and not _place(key[0])):
        return {"measure": "count", "said": table.title}
    measures = [field for field in numbers if field.get("unit")]
    if len(key) == 1 and len(measures) == 1 and not _place(key[0]):
        return {"measure": "mean", "y": measures[0]["name"], "said": measures[0]["title"]}
    return None


def _place(name: str) -> bool:
    return name.startswith(("departamento", "municipio"))


def _time(source: Reading, fields: list[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The finest time among the columns that has at least three moments, and its word."""
    best: tuple[int, str] | None = None
    for field in _timely(source, fields):
        scale = _scale(source, field)
        if scale and (best is None or _TIMES.index(scale) > best[0]):
            best = (_TIMES.index(scale), str(field["name"]))
    if best is None:
        return None
    return best[1], _PERIOD[_TIMES[best[0]]] if best[0] < 3 else "fecha"


def _timely(source: Reading, fields: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Columns that may be times: all but those whose first value is none, asked in one question."""
    dates = [field for field in fields if field["type"] == "date"]
    others = [field for field in fields if field["type"] == "string" or _yearly(field)]
    if not others:
        return dates
    firsts = ", ".join(f"any_value(CAST({quoted(str(field['name']))} AS VARCHAR))" for field in others)
    found = source.one(f"SELECT {firsts} FROM {source.relation}")
    kept = [field for field, value in zip(others, found, strict=True) if value and scale_of([str(value)])]
    return [field for field in fields if field in dates or field in kept]


def _yearly(field: Mapping[str, Any]) -> bool:
    return field["type"] == "integer" and bool(re.match(r"^(anio|año|ejercicio)(_|$)", str(field["name"])))


def _scale(source: Reading, field: Mapping[str, Any]) -> str | None:
    name = quoted(str(field["name"]))
    if field["type"] == "date":
        return "day" if source.one(f"SELECT count(DISTINCT {name}) FROM {source.relation}")[0] >= 3 else None
    sql = (
        f"SELECT DISTINCT CAST({name} AS VARCHAR) FROM {source.relation} WHERE {name} IS NOT NULL LIMIT 1200"
    )
    values = [str(row[0]) for row in source.rows(sql)]
    return scale_of(values) if len(values) >= 3 else None


def _category(source: Reading, fields: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first column of few categories that is no code, no place and no time."""
    for field in fields:
        name = str(field["name"])
        if field["type"] != "string" or _NO_CATEGORY.search(name) or _place(name):
            continue
        values = [
            str(row[0])
            for row in source.rows(
                f"SELECT DISTINCT {quoted(name)} FROM {source.relation} "
                f"WHERE {quoted(name)} IS NOT NULL LIMIT {_CATEGORIES[1] + 1}"
            )
        ]
        if _CATEGORIES[0] <= len(values) <= _CATEGORIES[1] and scale_of(values) is None:
            return field
    return None
