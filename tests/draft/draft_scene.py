"""Files for drafting, made in the test, and a person who decides what a draft leaves open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apertura.contract.loader import _Document
from apertura.contract.open import OPEN
from apertura.draft import Draft, draft
from apertura.settings import Settings

PLACES = [
    ("Alta Verapaz", "Cobán"),
    ("Petén", "Flores"),
    ("Sololá", "Panajachel"),
    ("Quiché", "Nebaj"),
    ("Zacapa", "Estanzuela"),
]
SPECIES = ["Pino", "Cedro", "Caoba", "Ciprés"]

DECISIONS = {
    "institution": "sat",
    "name": "prueba",
    "title": "Título de prueba",
    "description": "Una descripción de prueba que tiene más de cincuenta caracteres.",
    "keyword": "prueba",
    "theme": "ENVI",
    "accrualPeriodicity": "annual",
    "landingPage": "https://example.org/",
    "legal_duty": "Decreto 57-2008, artículo 10",
    "decided_by": "Unidad de prueba",
    "basis": "oficio-art10-28",
    "reason": "Prueba.",
    "date": "2026-01-01",
    "review": "2099-01-01",
    "licence": "sin licencia declarada",
    "access": "publica",
    "personal": "none",
    "treatment": "keep",
    "format": "dmy",
}


def plantings(rows: int = 60) -> list[list[str]]:
    """Rows of a table of plantings, header first: places, a species, a date, an area, an amount, a code."""
    table = [["Código", "Departamento", "Municipio", "Especie", "Fecha de siembra", "Área", "Inversión"]]
    for number in range(rows):
        department, municipality = PLACES[number % len(PLACES)]
        table.append(
            [
                f"0{number:03d}-2025",
                department,
                municipality,
                "---" if number % 20 == 19 else SPECIES[number % len(SPECIES)],
                f"{1 + number % 28}/{1 + number % 12}/2025",
                f"{number}.5",
                f"Q{number + 1},{number % 10}00.50",
            ]
        )
    return table


def written(path: Path, rows: Sequence[Sequence[str]], separator: str = ";", encoding: str = "utf-8") -> Path:
    """Rows as separated text; a value that holds the separator stands in quotes."""
    lines = [separator.join(f'"{value}"' if separator in value else value for value in row) for row in rows]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


def drafted(settings: Settings, *files: Path, **more: Any) -> Draft:
    """A draft of files."""
    return draft(files, settings, **more)


def as_document(text: str, folder: Path) -> dict[str, Any]:
    """A drafted file as `apertura check` reads it."""
    path = folder / "read.yaml"
    path.write_text(text, encoding="utf-8")
    value = _Document(path).value
    assert isinstance(value, dict)
    return value


def fields(text: str, folder: Path) -> dict[str, dict[str, Any]]:
    """The fields of a draft by name."""
    return {field["name"]: field for field in as_document(text, folder)["resources"][0]["fields"]}


def decided(text: str, **changes: str) -> str:
    """The draft with each open place filled in by its key, as a person does in an editor."""
    decisions = DECISIONS | changes

    def decide(found: re.Match[str]) -> str:
        return f"{found['key']}: {found['open']}{decisions[found['key']]}{found['close']}"

    filled = re.sub(rf"(?P<key>\w+): (?P<open>\[?){OPEN}(?P<close>\]?)", decide, text)
    head, sep, rest = filled.partition("resources:")
    return head + sep + rest
