"""A small dataset about people, with what protect leaves of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from publish_scene import contract_of, field

from apertura.runs.context import Context

PEOPLE = {"access": "confidencial", "personal": "personal"}
ROWS = {"cosas": [{"lugar": f"{n:02d}", "edad": "0-17"} for n in (1, 2) for _ in range(50)]}


def people_contract(**privacy: Any) -> dict[str, Any]:
    """Persons by place and age, in groups of five."""
    contract = contract_of(
        field("lugar", treatment="generalize", hierarchy=[{"to": "department"}, {"to": "region"}], **PEOPLE),
        field(
            "edad", "integer", treatment="generalize", hierarchy=[{"bands": [0, 18]}, {"all": True}], **PEOPLE
        ),
        {"name": "nombre", "source": "NOMBRE", "treatment": "drop", **PEOPLE},
        privacy={
            "unit": "persona",
            "attacker": "Una vecina sabe el lugar y la edad.",
            "tables": [
                {
                    "kind": "microdata",
                    "unit": {"row": "Una fila por persona."},
                    "resource": "cosas",
                    "quasi_identifiers": ["lugar", "edad"],
                    "suppression": {"limit": 0.1},
                }
            ],
            **privacy,
        },
    )
    contract["resources"][0]["primaryKey"] = []
    return contract


def account(kept: int, gone: int) -> dict[str, Any]:
    """protect's exact account of `kept` published and `gone` suppressed rows, all figures consistent."""
    rows = kept + gone
    before = {
        "rows": rows, "classes": gone + 2, "uniques": gone, "k_category": 1, "k_wildcard": 1,
        "class_sizes": {"1": gone, "2": 0, "3-4": 0, "5-9": 0, "10-19": 0, "20+": kept},
        "prosecutor": {"max": 1.0, "mean": (gone + 2) / rows, "above_threshold": gone / rows},
        "journalist": {"max": 1.0, "mean": (gone + 2) / rows, "above_threshold": gone / rows},
        "marketer": (gone + 2) / rows, "sensitive": {},
    }  # fmt: skip
    after = {
        **before, "rows": kept, "classes": 2, "uniques": 0, "k_category": kept // 2, "k_wildcard": kept // 2,
        "class_sizes": {"1": 0, "2": 0, "3-4": 0, "5-9": 0, "10-19": 0, "20+": kept},
        "prosecutor": {"max": 2 / kept, "mean": 2 / kept, "above_threshold": 0.0},
        "journalist": {"max": 2 / kept, "mean": 2 / kept, "above_threshold": 0.0}, "marketer": 2 / kept,
    }  # fmt: skip
    reached = {"k_category": kept // 2, "k_wildcard": kept // 2, "sensitive": {}}
    return {
        "kind": "microdata", "resource": "cosas", "rows_in": rows, "rows_out": kept, "suppressed_rows": gone,
        "suppressed_cells": {}, "limit": 0.1, "levels": {"lugar": 1, "edad": 0}, "fixed": [],
        "loss": {"score": 0.1, "columns": {"lugar": (0.25 * kept + gone) / rows, "edad": gone / rows},
                 "discernibility": 1},
        "before": before, "after": after,
        "models": [{"title": "x", "knows": ["lugar", "edad"], "asked": {}, "reached": reached}],
    }  # fmt: skip


def attack(**more: Any) -> dict[str, Any]:
    """An attack that failed, as protect tells it."""
    return {
        "name": "linkage", "title_es": "Enlace de cada registro original con la tabla publicada",
        "knows_es": "Columnas: lugar, edad.", "resources": ["cosas"], "tried": 102, "succeeded": 0,
        "result_es": "", "smallest_candidates": 50, "passed": True, "remedy": "", **more,
    }  # fmt: skip


def disclosure(gone: int = 2, kept: int = 100, **more: Any) -> dict[str, Any]:
    """The disclosure part of protect.json, figures consistent."""
    rows = kept + gone
    return {
        "tables": [account(kept, gone)],
        "attacks": [attack(tried=rows)],
        "utility": {
            "cosas": {
                "rows_kept": kept / rows,
                "columns": {
                    "lugar": {"information_lost": 0.4, "missing_added": 0.0},
                    "edad": {"information_lost": gone / rows, "missing_added": 0.0},
                },
                "one_way": {}, "two_way": {"tables": 1, "error": gone / rows},
                "totals": {"edad": gone / rows},
            }
        },
        "notices": [], **more,
    }  # fmt: skip


def start_people(start: Callable[..., Context], key_file: Path, made: dict[str, Any], **more: Any) -> Context:
    """Begin a run of that dataset."""
    contract = people_contract(**more.pop("privacy", {}))
    return start(contract, rows=ROWS, key_file=key_file, protected={"disclosure": made}, **more)
