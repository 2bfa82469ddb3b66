"""What is told of a release beside its rows: calidad.json, in Spanish, without values.

It is read by analysts and citizens, so its words are Spanish. For a dataset about people the counts are
rounded (`quality.counts`), and a note says so; the rows published are counted exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apertura.contract import Contract, Dataset, FieldSpec, Resource
from apertura.prepare.columns import steps_of
from apertura.publish.certificate import note
from apertura.quality.counts import about_people, received, shown
from apertura.quality.dimensions import dimension_of, dimensions
from apertura.quality.profile import Profile
from apertura.quality.profile import read as read_profile
from apertura.quality.usage import usage_warnings

_KIND = re.compile(r"^[a-z_]{1,120}$")
_SEVERITIES = {"critical": "crítica", "warning": "advertencia", "info": "informativa"}


def quality_report(
    dataset: Dataset, protected: Mapping[str, Any], validated: Mapping[str, Any]
) -> dict[str, Any]:
    """calidad.json: rows in and out, what cleaning changed, how each expectation went, quality by dimension.

    `protected` and `validated` are the documents of protect and validate; only declared names, words of
    ours and counts are taken from them.
    """
    contract = dataset.contract
    profiles = {
        resource.name: read_profile(
            validated["profile"][resource.name], [field.name for field in resource.published_fields]
        )
        for resource in contract.resources
    }
    expectations = [_expectation(contract, item) for item in validated["expectations"]]
    met = sum(item["cumple"] for item in expectations)
    return {
        "apertura": 1,
        "conjunto": contract.id,
        **note(contract),
        "filas": _rows(contract, protected),
        "limpieza": [
            {"recurso": resource.name, "columnas": _cleaning(contract, resource, protected)}
            for resource in contract.resources
        ],
        **_corrections(contract, protected),
        "particiones": sorted(protected["partitions"]),
        "particiones_sin_actualizar": sorted(protected["carried"]),
        "particiones_pendientes": sorted(protected["missing"]),
        "resumen": {
            "comprobaciones": len(expectations),
            "cumplidas": met,
            "advertencias": len(expectations) - met,
        },
        "dimensiones": dimensions(contract, protected, validated, profiles),
        "advertencias_de_uso": usage_warnings(dataset, protected, validated),
        "vacios": _empty_cells(contract, profiles),
        "comparacion": _comparison(contract, validated["comparison"]),
        "comprobaciones": expectations,
    }


def _empty_cells(contract: Contract, profiles: Mapping[str, Profile]) -> list[dict[str, Any]]:
    """Cells without value of each published column, and which of them are suppressed or not applicable."""
    return [
        {
            "recurso": name,
            "filas": one.rows,
            "columnas": [
                {
                    "columna": column,
                    "sin_valor": shown(contract, m.nulls - m.suppressed - m.not_applicable),
                    "suprimidas": shown(contract, m.suppressed),
                    "no_aplica": shown(contract, m.not_applicable),
                }
                for column, m in one.columns.items()
            ],
        }
        for name, one in profiles.items()
    ]


_MEASURES = {"rows": "filas", "nulls": "celdas_sin_valor", "shares": "categorias", "totals": "total"}


def _comparison(contract: Contract, document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The figures of the previous release and of this one; of people no totals, and whole per cents."""
    if document is None:
        return None
    people = about_people(contract)
    made = []
    for item in document["items"]:
        change = item["change"]
        entry = {
            "recurso": item["resource"],
            "medida": _MEASURES[item["measure"]],
            "columna": item["column"],
            "antes": item["before"],
            "ahora": item["after"],
            "cambio": change if change is None or not people else round(change, 2),
            "tolerancia": item["tolerance"],
            "severidad": _SEVERITIES.get(item["severity"], "crítica"),
            "cumple": bool(item["success"]),
        }
        if people and item["measure"] == "totals":
            entry["antes"] = entry["ahora"] = None
        elif people and item["measure"] in ("nulls", "shares"):
            entry |= {"antes": shown(contract, item["before"]), "ahora": shown(contract, item["after"])}
        if item["measure"] == "shares":
            entry |= {"desaparecidas": shown(contract, item["gone"]), "nuevas": shown(contract, item["new"])}
            if item["gone_named"]:
                entry["nombres_desaparecidos"] = list(item["gone_named"])
        made.append(entry)
    return {"version": document["version"], "esquema_estable": document["schema_stable"], "medidas": made}


def _rows(contract: Contract, protected: Mapping[str, Any]) -> dict[str, Any]:
    """Rows received, excluded and published."""
    published = {resource.name: int(protected["rows"][resource.name]) for resource in contract.resources}
    counted: Mapping[str, int] = protected["excluded"]
    rules = [rule for resource in contract.resources for rule in resource.exclude_rows]
    excluded = {basis: int(counted.get(basis, 0)) for basis in sorted({r.legal_basis.basis for r in rules})}
    return {
        "recibidas": received(contract, int(protected["rows_in"]), counted.values()),
        "excluidas_por_ley": {basis: shown(contract, count) for basis, count in excluded.items()},
        "publicadas": published,
    }


def _cleaning(contract: Contract, resource: Resource, protected: Mapping[str, Any]) -> list[dict[str, Any]]:
    counted = protected["cleaning"].get(resource.name, {})
    return [
        {
            "columna": field.name,
            "valores_cambiados": shown(contract, int(counted[field.name].get("changed", 0))),
            "valores_anulados": shown(contract, int(counted[field.name].get("nulled", 0))),
            "valores_no_interpretados": shown(contract, int(counted[field.name].get("unparsed", 0))),
            "valores_corregidos": shown(contract, int(counted[field.name].get("corrected", 0))),
            **_steps(contract, field, counted[field.name]),
        }
        for field in resource.published_fields
        if field.name in counted
    ]


def _steps(contract: Contract, field: FieldSpec, counted: Mapping[str, Any]) -> dict[str, Any]:
    """What each step of a field's cleaning changed, where there are several; by the contract's own words."""
    steps = [
        {"paso": name.split(":")[2], "valores": shown(contract, int(counted[name]))}
        for name in steps_of(field)
        if name in counted
    ]
    return {"pasos": steps} if steps else {}


def _corrections(contract: Contract, protected: Mapping[str, Any]) -> dict[str, Any]:
    """What corrections put in the place of source values: the list is the repository's, and public."""
    made = protected.get("corrections", [])
    known = {resource.name for resource in contract.resources}
    listed = [dict(entry) for entry in made if entry["recurso"] in known]
    return {"correcciones": listed} if listed else {}


def _expectation(contract: Contract, item: Mapping[str, Any]) -> dict[str, Any]:
    declared = {resource.name: {f.name for f in resource.fields} for resource in contract.resources}
    resource = item["resource"] if item["resource"] in declared else None
    names = declared.get(str(resource), set())
    columns = str(item["column"] or "").split(", ")
    result: dict[str, Any] = {
        "recurso": resource,
        "tipo": item["type"] if _KIND.match(str(item["type"])) else None,
        "columnas": [name for name in columns if name in names],
        "dimension": dimension_of(str(item["type"])),
        "severidad": _SEVERITIES.get(item["severity"], "crítica"),
        "cumple": bool(item["success"]),
    }
    if item.get("description"):
        result["descripción"] = str(item["description"])
    evaluated = item.get("evaluated")
    for name, word in (("evaluated", "evaluados"), ("unexpected", "inesperados"), ("missing", "ausentes")):
        count = item.get(name)
        result[word] = shown(contract, count) if isinstance(count, int) else None
        if isinstance(count, int) and isinstance(evaluated, int) and name != "evaluated":
            # The exact number would tell the few others.
            few_others = isinstance(shown(contract, evaluated - count), str)
            result[word] = "casi todos" if few_others else result[word]
    return result
