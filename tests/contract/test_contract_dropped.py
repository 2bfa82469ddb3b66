"""`dropped`: source columns declared once for all tables that do not read them."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from apertura.contract import Project
from apertura.contract.dropped import Dropped, spread

HOME = Path(__file__).resolve().parents[2]
SHARED = {"access": "confidencial", "personal": "personal", "columns": {"edad": "EDAD", "sexo": "SEXO"}}


def contract(*dropped: dict[str, Any]) -> dict[str, Any]:
    """Two tables over one file: the first reads EDAD, the second a pattern of SEXO."""
    return {
        "dropped": list(dropped),
        "resources": [
            {"name": "uno", "fields": [{"name": "anios", "source": "EDAD"}]},
            {"name": "dos", "fields": [], "patterns": [{"pattern": "(?P<que>SEX)O"}]},
        ],
    }


def test_each_table_drops_what_it_does_not_read_itself() -> None:
    first, second = spread(contract(SHARED))["resources"]
    assert [(field["name"], field.get("treatment")) for field in first["fields"]] == [
        ("anios", None),
        ("sexo", "drop"),
    ]
    assert second["fields"] == [
        {
            "name": "edad",
            "source": "EDAD",
            "access": "confidencial",
            "personal": "personal",
            "treatment": "drop",
        }
    ]


def test_a_group_may_be_of_some_tables_only() -> None:
    first, second = spread(contract({**SHARED, "resources": ["dos"], "columns": {"hora": "HORA"}}))[
        "resources"
    ]
    assert len(first["fields"]) == 1
    assert [field["name"] for field in second["fields"]] == ["hora"]


def test_what_was_read_is_not_changed() -> None:
    given = contract(SHARED)
    before = deepcopy(given)
    spread(given)
    assert given == before


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({**SHARED, "resources": ["tres"]}, "tres, which is not declared"),
        ({**SHARED, "resources": ["uno"], "columns": {"edad": "EDAD"}}, "every table declares already"),
    ],
)
def test_what_drops_nothing_is_refused(group: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spread(contract(group))


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="every table declares already"):
        spread(contract(SHARED, SHARED))


@pytest.mark.parametrize(
    "change",
    [
        {"access": "publica", "personal": "sensible"},
        {"access": "reservada"},
        {"access": None},
        {"treatment": "keep"},
        {"columns": {}},
        {"columns": {"Edad De": "X9"}},
    ],
)
def test_an_unfit_group_is_refused(change: dict[str, Any]) -> None:
    Dropped.model_validate(SHARED)
    with pytest.raises(ValidationError):
        Dropped.model_validate({**SHARED, **change})


def test_couples_are_dropped_as_declared_and_nothing_undeclared_is() -> None:
    tables = {one.name: one for one in Project(HOME).dataset("ine/divorcios").contract.resources}
    dropped = {field.name: field for field in tables["lugares"].fields if field.treatment == "drop"}
    assert dropped["pueblo_mujer"].personal == "sensible"
    assert "pueblo_mujer" not in {field.name for field in tables["pueblos"].fields}  # its pattern reads it
    assert "edad_mujer" in {field.name for field in tables["divorcios"].published_fields}
