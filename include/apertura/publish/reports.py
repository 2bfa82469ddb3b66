"""What is told of a release beside its rows: calidad.json and privacidad.json, in Spanish, without values.

Both are read by analysts and citizens, so their words are Spanish. For a dataset about people the counts in
both are rounded (`quality.counts`), and a note says so; the rows published are counted exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apertura.contract import Contract, Dataset, FieldSpec, Resource
from apertura.contract.model import LegalBasis
from apertura.prepare.columns import steps_of
from apertura.quality.counts import about_people, received, shown
from apertura.quality.dimensions import dimension_of, dimensions
from apertura.quality.profile import Profile
from apertura.quality.profile import read as read_profile
from apertura.quality.usage import usage_warnings

_KIND = re.compile(r"^[a-z_]{1,120}$")
_SEVERITIES = {"critical": "crítica", "warning": "advertencia", "info": "informativa"}
_PERSONAL = {"none": "ninguno", "personal": "personal", "sensible": "sensible"}
_TREATMENTS = {
    "keep": "conservar",
    "drop": "eliminar",
    "pseudonymize": "seudonimizar",
    "generalize": "generalizar",
    "suppress": "suprimir",
    "transient": "usar y eliminar",
}
_GENERALIZED = {"year": "año", "month": "mes", "quarter": "trimestre", "department": "departamento"}
_DOMAINS = {"table": "tabla", "dataset": "conjunto de datos"}
_ROTATIONS = {"release": "en cada publicación", "stable": "estable"}
_ROUNDED = (
    "Para proteger a las personas, los conteos de filas y de valores están aproximados a múltiplos de 5, y "
    "«<5» significa de 1 a 4; solo el número de filas publicadas es exacto."
)


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
        **_note(contract),
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


def _note(contract: Contract) -> dict[str, str]:
    """Says that counts are rounded, where they are."""
    return {"nota": _ROUNDED} if about_people(contract) else {}


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


def privacy_report(contract: Contract, protected: Mapping[str, Any], key_id: str) -> dict[str, Any]:
    """privacidad.json: for every declared column what it is under the law and what was done to it.

    A published column goes by its published name; one that is not published only by the name the source
    gives it. `key_id` is the public id of the pseudonym key, `none` without pseudonyms.
    """
    decision = contract.release
    return {
        "apertura": 1,
        "conjunto": contract.id,
        **_note(contract),
        "ley": "Decreto 57-2008, Ley de Acceso a la Información Pública",
        "deber_legal": contract.legal_duty,
        "decision": {
            "decidida_por": decision.decided_by,
            "fundamento": _basis(decision.legal_basis),
            "fecha": decision.date.isoformat(),
            "revision": decision.review.isoformat(),
            "licencia": decision.licence,
            "licencia_url": decision.licence_url,
        },
        "filas_excluidas": _exclusions(contract, protected),
        "recursos": [
            {"recurso": resource.name, "columnas": [_column(field, key_id) for field in resource.fields]}
            for resource in contract.resources
        ],
    }


def _basis(basis: LegalBasis) -> dict[str, Any]:
    return {"base": basis.basis, "ley": basis.law, "motivo": basis.reason}


def _exclusions(contract: Contract, protected: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rules by legal basis, with the rows that left under it."""
    rules: dict[str, list[dict[str, Any]]] = {}
    for resource in contract.resources:
        for rule in resource.exclude_rows:
            basis = rule.legal_basis
            stated = {"recurso": resource.name, "ley": basis.law, "motivo": basis.reason}
            rules.setdefault(basis.basis, []).append(stated)
    return [
        {"base": basis, "filas": shown(contract, int(protected["excluded"].get(basis, 0))), "reglas": stated}
        for basis, stated in sorted(rules.items())
    ]


def _column(field: FieldSpec, key_id: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if field.published:
        result["columna"] = field.name
    elif isinstance(field.source, str):
        result["columna_de_origen"] = field.source
    elif field.source is not None:
        result["columna_de_origen"] = sorted(set(field.source.values()))
    else:
        result["columna_derivada"] = field.name
    result["acceso"] = field.access
    result["dato_personal"] = _PERSONAL[field.personal]
    result["tratamiento"] = _TREATMENTS[field.treatment]
    result["publicada"] = field.published
    if field.legal_basis:
        result["fundamento"] = _basis(field.legal_basis)
    if field.reserve:
        result["reserva"] = {
            "resolucion": field.reserve.resolution,
            "fecha": field.reserve.date.isoformat(),
            "vence": field.reserve.expires.isoformat(),
        }
    if field.pseudonym:
        domain = field.pseudonym.domain
        result["seudonimo"] = {
            "dominio": _DOMAINS.get(domain, f"grupo {domain.removeprefix('group:')}"),
            "rotacion": _ROTATIONS[field.pseudonym.rotation],
            "motivo": field.pseudonym.reason,
            "clave": key_id,
        }
    if field.generalize:
        by = field.generalize
        result["generalizacion"] = {"a": _GENERALIZED[by.to]} if by.to else {"desde": list(by.bands or [])}
    return result
