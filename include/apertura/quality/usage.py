"""Usage warnings: what whoever uses the data must know, by codes of one closed vocabulary.

The contract declares some; others follow from the release: suppressed cells, parts that are not up to date,
expectations that did not hold, unusual changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from apertura.contract import Contract, Dataset
from apertura.errors import ContractError

VOCABULARY = Path("include/reference/usage_warnings.yaml")


@dataclass(frozen=True)
class Warned:
    """One code of the vocabulary, in Spanish."""

    title: str
    text: str


def read_warnings(home: Path) -> dict[str, Warned]:
    """The vocabulary of the project in `home`; ContractError when its file is missing or damaged."""
    try:
        document = yaml.safe_load((home / VOCABULARY).read_text(encoding="utf-8"))
        return {
            str(code): Warned(str(item["title"]), str(item["text"]))
            for code, item in document["warnings"].items()
        }
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        pass
    raise ContractError(f"{VOCABULARY} is missing or damaged", hint="restore it from the repository")


def unknown_codes(dataset: Dataset) -> list[str]:
    """Codes that the contract declares and the vocabulary does not have."""
    declared = [warning.code for warning in dataset.contract.usage_warnings]
    return [code for code in declared if code not in read_warnings(dataset.home)] if declared else []


def usage_warnings(
    dataset: Dataset, protected: Mapping[str, Any], validated: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What stands in calidad.json: {"codigo", "titulo", "texto", "nota"?, "declarada"}, declared ones first.

    ContractError when a code is not in the vocabulary.
    """
    contract = dataset.contract
    notes = {warning.code: warning.note for warning in contract.usage_warnings}
    codes = [*notes, *(code for code in _added(contract, protected, validated) if code not in notes)]
    if not codes:
        return []
    known, result = read_warnings(dataset.home), []
    for code in codes:
        if code not in known:
            raise ContractError(
                f"{dataset.id}: usage_warnings: {code} is not in {VOCABULARY}",
                hint=f"use one of {', '.join(known)}, or add it there",
            )
        entry: dict[str, Any] = {"codigo": code, "titulo": known[code].title, "texto": known[code].text}
        if notes.get(code):
            entry["nota"] = notes[code]
        result.append({**entry, "declarada": code in notes})
    return result


def _added(contract: Contract, protected: Mapping[str, Any], validated: Mapping[str, Any]) -> list[str]:
    """The codes that follow from this release."""
    fields = [field for resource in contract.resources for field in resource.published_fields]
    columns = [column for table in validated["profile"].values() for column in table["columns"].values()]
    models = (protected.get("disclosure") or {}).get("tables", [])
    suppressed = any(column["suppressed"] for column in columns) or any(
        table.get("suppressed_rows") or any((table.get("suppressed_cells") or {}).values())
        for table in models
    )
    compared = (validated["comparison"] or {}).get("items", [])
    applies = {
        "celdas-suprimidas": suppressed,
        "valores-generalizados": any(field.generalize or field.hierarchy for field in fields),
        "particiones-sin-actualizar": bool(protected["carried"]),
        "particiones-pendientes": bool(protected["missing"]),
        "comprobaciones-no-cumplidas": any(
            not item["success"] and item["severity"] != "info" for item in validated["expectations"]
        ),
        "cambio-inusual": any(not item["success"] and item["severity"] != "info" for item in compared),
    }
    return [code for code, holds in applies.items() if holds]
