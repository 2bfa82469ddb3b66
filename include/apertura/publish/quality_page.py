"""calidad.html: the quality report of a release as a page in Spanish, made of calidad.json and the contract.

It tells nothing that calidad.json does not: counts there are rounded already where people are concerned.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apertura.contract import Contract, Institution
from apertura.publish import page
from apertura.spanish import FREQUENCIES, MINUS, NARROW, day, number, percent

KIND = "Informe de calidad"

_METRICS = {
    "celdas_con_valor": "Celdas con valor",
    "valores_interpretados": "Valores que pudieron leerse",
    "valores_en_su_dominio": "Valores dentro de su dominio",
    "comprobaciones_de_exactitud_cumplidas": "Comprobaciones de exactitud cumplidas",
    "comprobaciones_de_consistencia_cumplidas": "Comprobaciones de consistencia cumplidas",
    "esquema_estable": "Mismas columnas y tipos que la versión anterior",
    "comparaciones_dentro_de_lo_tolerado": "Comparaciones dentro de lo tolerado",
    "edad_en_dias": "Edad de los datos, en días",
    "al_dia": "Al día según su frecuencia",
    "partes_actualizadas": "Partes actualizadas",
    "llave_unica": "Llave sin repeticiones",
    "filas_con_llave_repetida": "Filas con llave repetida",
    "filas_repetidas": "Filas repetidas",
}
_COUNTS = ("edad_en_dias", "filas_con_llave_repetida", "filas_repetidas")
_MEASURES = {
    "filas": "Filas",
    "celdas_sin_valor": "Celdas sin valor",
    "categorias": "Categorías",
    "total": "Total",
}
_FREQUENCIES = {**FREQUENCIES, "notPlanned": "no prevista"}


def quality_page(
    contract: Contract, institution: Institution, quality: Mapping[str, Any], *, version: str, taken: str
) -> bytes:
    """The page as UTF-8 HTML; `quality` is calidad.json's document, `taken` the newest extract's ISO time."""
    columns = {
        (resource.name, field.name): field.title or field.name
        for resource in contract.resources
        for field in resource.published_fields
    }
    body = page.fill(
        "quality.html",
        quality=quality,
        verdict=_verdict(quality),
        dimensions=_dimensions(quality),
        checks=_checks(quality),
        cleaning=_cleaning(quality),
        empty=_empty(quality),
        compared=_compared(quality),
        titles={resource.name: resource.title for resource in contract.resources},
        columns=columns,
        many=len(contract.resources) > 1,
    )
    facts = [
        ("Institución", institution.title),
        ("Versión", version),
        ("Extracto obtenido", day(taken)),
        ("Frecuencia", _FREQUENCIES.get(contract.accrualPeriodicity, contract.accrualPeriodicity)),
    ]
    return page.render(
        contract.title,
        body,
        kind=KIND,
        facts=facts,
        files=[
            page.way_home(str(quality["conjunto"])),
            ("calidad.json", "Este informe en JSON"),
            ("datapackage.json", "Diccionario de datos (JSON)"),
            ("privacidad.html", "Certificado de privacidad"),
        ],
        footer="Informe generado por Apertura junto con los datos; describe solo la versión indicada.",
    )


def _verdict(quality: Mapping[str, Any]) -> dict[str, Any]:
    """The one line on top: a release exists only when everything critical holds."""
    summary, compared = quality["resumen"], quality["comparacion"] or {"medidas": []}
    unusual = sum(not item["cumple"] for item in compared["medidas"])
    tone = "warn" if summary["advertencias"] or unusual else "good"
    text = "Con advertencias" if tone == "warn" else "Cumple todas las comprobaciones"
    return {"tone": tone, "text": text, "unusual": unusual, "compared": len(compared["medidas"])}


def _dimensions(quality: Mapping[str, Any]) -> list[dict[str, Any]]:
    result = []
    for name, one in quality["dimensiones"].items():
        rows = [
            {
                "metric": _METRICS[item["metrica"]],
                "table": item.get("recurso"),
                "value": _value(item["metrica"], item["valor"]),
                "share": item["valor"] if _is_share(item) else None,
                "definition": item["definición"],
            }
            for item in one["mediciones"]
            if item["metrica"] in _METRICS
        ]
        result.append({"name": name.capitalize(), "definition": one["definición"], "rows": rows})
    return result


def _is_share(item: Mapping[str, Any]) -> bool:
    return isinstance(item["valor"], float) and item["metrica"] not in _COUNTS


def _value(metric: str, value: Any) -> str:
    if value is None:
        return "sin dato"
    if isinstance(value, bool):
        return "sí" if value else "no"
    return number(value) if metric in _COUNTS else percent(float(value))


def _checks(quality: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Expectations by dimension, the failed apart: what holds, often hundreds, is folded on the page."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for item in quality["comprobaciones"]:
        groups.setdefault(item["dimension"], []).append(item)
    ordered = sorted(groups.items(), key=lambda pair: all(item["cumple"] for item in pair[1]))
    return [
        {
            "name": name.capitalize(),
            "met": sum(item["cumple"] for item in items),
            "items": items,
            "failed": [item for item in items if not item["cumple"]],
            "held": [item for item in items if item["cumple"]],
        }
        for name, items in ordered
    ]


def _cleaning(quality: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Columns in which cleaning did anything."""
    words = ("valores_cambiados", "valores_anulados", "valores_no_interpretados", "valores_corregidos")
    result = []
    for table in quality["limpieza"]:
        rows = [
            {"column": one["columna"], "counts": [one.get(word, 0) for word in words]}
            for one in table["columnas"]
        ]
        result.append({"table": table["recurso"], "rows": [row for row in rows if any(row["counts"])]})
    return result


def _empty(quality: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Shares of cells without value, drawn from what is told of each count (`<5` as 5)."""
    result = []
    for table in quality["vacios"]:
        whole = max(int(table["filas"]), 1)
        rows = []
        for one in table["columnas"]:
            missing, suppressed, apart = (
                min((5 if isinstance(one[word], str) else int(one[word])) / whole, 1.0)
                for word in ("sin_valor", "suprimidas", "no_aplica")
            )
            rows.append(
                {
                    "column": one["columna"],
                    "missing": one["sin_valor"],
                    "suppressed": one["suprimidas"],
                    "apart": one["no_aplica"],
                    "missing_share": missing,
                    "suppressed_share": suppressed,
                    "value_share": max(1 - missing - suppressed - apart, 0.0),
                }
            )
        special = any(row["suppressed"] or row["apart"] for row in rows)
        result.append({"table": table["recurso"], "rows": rows, "special": special})
    return result


def _compared(quality: Mapping[str, Any]) -> dict[str, Any] | None:
    document = quality["comparacion"]
    if document is None:
        return None
    rows = [
        {
            **item,
            "what": _MEASURES[item["medida"]],
            "antes": _figure(item["antes"]),
            "ahora": _figure(item["ahora"]),
            "change": _change(item),
            "limit": percent(item["tolerancia"]) if item["medida"] in ("filas", "total")
            else f"{item['tolerancia'] * 100:g} puntos" if item["medida"] == "celdas_sin_valor"
            else f"{percent(item['tolerancia'])} de las filas",
        }
        for item in document["medidas"]
    ]  # fmt: skip
    failed = [row for row in rows if not row["cumple"]]
    return {**document, "failed": failed, "met": [row for row in rows if row["cumple"]], "count": len(rows)}


def _figure(told: Any) -> Any:
    """Totals come as digits, so that no float touches them; here they get their thousands."""
    return f"{Decimal(told):,}" if isinstance(told, str) and told[-1:].isdigit() and told[0] != "<" else told


def _change(item: Mapping[str, Any]) -> str:
    change = item["cambio"]
    if change is None:
        return "desde cero"
    if item["medida"] == "categorias":
        return f"{change * 100:.1f}{NARROW}% de las filas"
    unit = f"{NARROW}puntos" if item["medida"] == "celdas_sin_valor" else f"{NARROW}%"
    return f"{change * 100:+.1f}{unit}".replace("-0.0", "0.0").replace("+0.0", "0.0").replace("-", MINUS)
