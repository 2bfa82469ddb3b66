"""Microdata about people says which rows are of one person, and nothing else carries a person along."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from apertura.contract import Contract, Project
from apertura.contract.privacy import Microdata

HOME = Path(__file__).resolve().parents[2]
COURT = yaml.safe_load((HOME / "include/datasets/oj/sentencias.yaml").read_text(encoding="utf-8"))


def court(unit: Any, **fields: dict[str, Any]) -> Contract:
    """The court's contract with another unit and fields changed."""
    raw = copy.deepcopy(COURT)
    raw["privacy"]["tables"][0]["unit"] = unit
    for field in raw["resources"][0]["fields"]:
        field |= fields.get(field["name"], {})
    return Contract.model_validate(raw)


GONE = {"treatment": "drop", "pseudonym": None}


def test_microdata_of_people_must_say_whose_its_rows_are() -> None:
    with pytest.raises(ValidationError, match="say by `unit` which rows are of one person"):
        court(None, sindicado=GONE)


def test_a_reason_why_each_row_is_of_another_person_will_do() -> None:
    one = court({"row": "La fuente tiene una fila por persona."}, sindicado=GONE)
    assert one.resources[0].unit_fields == []


@pytest.mark.parametrize(
    ("unit", "fields", "told"),
    [
        ({"columns": ["juzgado"]}, {}, "juzgado is no field with a pseudonym"),
        ({"columns": ["nadie"]}, {}, "nadie is no field with a pseudonym"),
        ({"row": "Una fila por persona."}, {}, "no `unit` of sentencias names it"),
        ({"columns": ["sindicado"]},
         {"edad": {"derive": {"macro": "age_at", "of": ["sindicado", "fecha_hecho"]}}},
         "only tells the unit"),
        ({"columns": ["sindicado"]}, {"sindicado": {"treatment": "drop"}}, "`pseudonym` needs treatment"),
    ],
)  # fmt: skip
def test_a_unit_that_does_not_fit_is_refused(unit: Any, fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        court(unit, **fields)


def test_people_are_counted_in_one_table_of_rows_only() -> None:
    """What one table lacks and the other counts is told by rows: nine judgments of one person are no nine."""
    raw = copy.deepcopy(COURT)
    raw["resources"].append(copy.deepcopy(raw["resources"][0]) | {"name": "otras"})
    raw["privacy"]["tables"].append(copy.deepcopy(raw["privacy"]["tables"][0]) | {"resource": "otras"})
    with pytest.raises(ValidationError, match="beside another table of rows"):
        Contract.model_validate(raw)


def test_cells_are_not_suppressed_where_people_are_counted() -> None:
    raw = copy.deepcopy(COURT)
    raw["privacy"]["tables"][0]["suppression"] = {"limit": 0.1, "kind": "cells"}
    for field in list(raw["resources"][0]["fields"]):
        if field["name"] in raw["privacy"]["tables"][0]["quasi_identifiers"]:
            state = {"name": f"{field['name']}_estado", "state_of": field["name"], "title": "Estado",
                     "description": "Por qué no hay valor.", "access": "publica", "personal": "none",
                     "treatment": "keep"}  # fmt: skip
            raw["resources"][0]["fields"].append(state)
    with pytest.raises(ValidationError, match="suppress records, not cells"):
        Contract.model_validate(raw)


@pytest.mark.parametrize("path", Project(HOME).contract_paths(), ids=lambda path: path.stem)
def test_every_contract_of_the_project_says_it(path: Path) -> None:
    one = Project(HOME).dataset(f"{path.parent.name}/{path.stem}").contract
    models = one.privacy.tables if one.privacy else []
    assert all(table.unit for table in models if isinstance(table, Microdata))


PUBLIC = {"legal_basis": {"basis": "registro-publico", "reason": "Consta en un registro público."}}


@pytest.mark.parametrize(
    ("treatment", "refused"),
    [
        ({"treatment": "keep", "access": "publica", **PUBLIC}, False),
        ({"treatment": "pseudonymize", "pseudonym": {"domain": "table", "form": "person"}}, False),
        ({"treatment": "generalize", "generalize": {"bands": [0, 18]}, "type": "integer"}, True),
    ],
)
def test_what_the_law_makes_public_or_a_pseudonym_replaces_needs_no_model_beside_it(
    treatment: dict[str, Any], refused: bool
) -> None:
    """Any other personal column of a table with a model must be known or sensitive in it."""
    shown = {"title": "Juez", "description": "Quien dictó la sentencia."} | treatment
    if refused:
        with pytest.raises(ValidationError, match="juez is personal and no model protects it"):
            court({"columns": ["sindicado"]}, juez=shown)
        return
    assert court({"columns": ["sindicado"]}, juez=shown).resources[0].field("juez").published
