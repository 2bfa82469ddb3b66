"""Views of a contract: made of published columns, and no matter of the release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from apertura.contract import Contract, Project
from apertura.runs.fingerprint import recipe
from small_contract import declared


def contract(*views: dict[str, Any]) -> dict[str, Any]:
    def column(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
        kept = {"access": "publica", "personal": "none", "treatment": "keep"}
        said = {"title": name.capitalize(), "description": "Una columna."}
        return {"name": name, "source": name, "type": type_, **said, **kept, **more}

    table = {
        "name": "cosas",
        "title": "Cosas",
        "description": "Una fila por cosa.",
        "fields": [
            column("clase"),
            column("fecha", "date"),
            column("monto", "number"),
            column("secreto", treatment="drop"),
        ],
    }
    return declared(table, views=list(views))


def view(**more: Any) -> dict[str, Any]:
    return {"name": "v", "title": "Vista", "kind": "bar", "x": "clase", **more}


@pytest.mark.parametrize(
    "declared",
    [
        view(),
        view(measure="sum", y="monto", top=5),
        view(kind="line", x="fecha", step="month", by="clase"),
        view(filters={"clase": "a"}, order="x"),
        view(labels={"a": "Aguda"}),
        view(kind="line", x="fecha", by="clase", labels={"a": "Aguda"}),
    ],
)
def test_a_view_of_published_columns_is_accepted(declared: dict[str, Any]) -> None:
    assert Contract.model_validate(contract(declared)).views[0].name == "v"


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        (view(x="nada"), "does not publish nada"),
        (view(x="secreto"), "does not publish secreto"),
        (view(filters={"secreto": "x"}), "does not publish secreto"),
        (view(resource="otra"), "there is no resource otra"),
        (view(measure="sum"), "take `y`"),
        (view(y="monto"), "take `y`"),
        (view(measure="sum", y="clase"), "clase is no number"),
        (view(kind="map", x="clase"), "a map's `x` is departamento_codigo"),
        (view(by="fecha"), "go with kind: line"),
        (view(kind="line", top=3), "go with kind: bar"),
        (view(kind="line", step="month"), "`step` needs a date"),
        (view(kind="pie"), "Input should be"),
        (view(kind="line", x="fecha", labels={"a": "Aguda"}), "`labels` name the values"),
        (view(labels={"a": "Aguda", "b": "Aguda"}), "one name"),
    ],
)
def test_what_cannot_be_drawn_is_refused(declared: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Contract.model_validate(contract(declared))


def test_two_views_have_two_names() -> None:
    with pytest.raises(ValidationError, match="share a name"):
        Contract.model_validate(contract(view(), view()))


def test_another_chart_makes_no_other_release(tmp_path: Path) -> None:
    institution = {
        "name": "prueba",
        "title": "Institución de Prueba",
        "homepage": "https://prueba.example.gt/",
        "information_unit": {"name": "Unidad de Información Pública"},
        "owner": "datos",
        "schedule": "0 6 * * *",
    }

    def fingerprint(document: dict[str, Any]) -> str:
        for folder, name, one in (
            ("institutions", "prueba", institution),
            ("datasets/prueba", "cosas", document),
        ):
            path = tmp_path / "include" / folder / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(one))
        return recipe(Project(tmp_path).dataset("prueba/cosas"), "key")

    plain = fingerprint(contract())

    assert fingerprint(contract(view())) == plain
    assert fingerprint({**contract(view()), "title": "Otro título"}) != plain
