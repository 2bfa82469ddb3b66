"""Comparisons with the previous release: what is unusual, what it does, and that no value is told."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from quality_scene import contract, field, leave_tables, personal, resource

from apertura.contract import Contract
from apertura.errors import QualityError, StorageError
from apertura.publish import publish
from apertura.quality import validate
from apertura.runs.context import WHOLE, Context
from apertura.runs.work import get_document, put_document

Start = Callable[..., Context]
Stored = Callable[[Context], dict[str, Any]]
EARLIER, LATER = "2026-01-15T08:30:00+00:00", "2026-02-15T08:30:00+00:00"
CANARY = "Rosalinda Canario"


def table(rows: int, third: str = "'c'", empty: int = 0, amount: str = "10") -> str:
    """Rows with a category of three values, some empty cells, an amount."""
    return (
        f"SELECT printf('%05d', range) AS codigo, ['a', 'b', {third}][1 + CAST(range % 3 AS INT)] AS clase, "
        f"CASE WHEN range >= {empty} THEN 'x' || range END AS nombre, "
        f"CAST({amount} AS DECIMAL(18,2)) AS monto FROM range({rows})"
    )


def things(*more: Any, **guards: Any) -> dict[str, Any]:
    """A contract of these four columns."""
    return contract(
        resource(
            "cosas",
            field("codigo"),
            field("clase", constraints={"enum": ["a", "b", "c", CANARY]}),
            field("nombre"),
            field("monto", "number", decimal={"precision": 18, "scale": 2}),
            *more,
            key=["codigo"],
        ),
        **({"guards": guards} if guards else {}),
    )


def complete(ctx: Context, rows: int) -> None:
    """What else protect tells publish."""
    told = {"carried": [], "missing": [], "rows": {"cosas": rows}, "rows_in": rows, "excluded": {}}
    put_document(ctx, "protect", WHOLE, {**get_document(ctx, "protect"), **told, "cleaning": {}})


@pytest.fixture
def after_a_release(start: Start) -> Start:
    """Publish 30 rows, then begin a run with other rows under the same contract."""

    def begin(document: dict[str, Any], select: str, first: str | None = None) -> Context:
        ctx = start(document, first or table(30))
        complete(ctx, 30)
        validate(ctx)
        publish(ctx)
        later = dataclasses.replace(start(document, select), run_id="run-2")
        leave_tables(later, select, taken=LATER, extract="b")
        return later

    return begin


def failed(ctx: Context, stored: Stored) -> list[tuple[str, str | None]]:
    """What was found unusual."""
    return [(i["measure"], i["column"]) for i in stored(ctx)["comparison"]["items"] if not i["success"]]


@pytest.mark.parametrize(
    ("select", "unusual"),
    [
        (table(30), []),
        (table(33), []),
        (table(60), [("rows", None), ("totals", "monto")]),
        (table(12), [("rows", None), ("totals", "monto")]),
        (table(30, empty=10), [("nulls", "nombre")]),
        (table(30, amount="50"), [("totals", "monto")]),
        (table(30, third="'a'"), [("shares", "clase")]),
    ],
)
def test_each_figure_is_compared(
    after_a_release: Start, stored: Stored, select: str, unusual: list[tuple[str, str | None]]
) -> None:
    ctx = after_a_release(things(), select)
    result = validate(ctx)
    assert failed(ctx, stored) == unusual
    assert result.counts["failed_warning"] == len(unusual)
    assert stored(ctx)["success"] is True


def test_the_first_release_is_compared_with_nothing(start: Start, stored: Stored) -> None:
    ctx = start(things(), table(30))
    validate(ctx)
    assert stored(ctx)["comparison"] is None


def test_a_critical_comparison_stops_the_release(after_a_release: Start, stored: Stored) -> None:
    ctx = after_a_release(things(compare={"rows": {"tolerance": 0.1, "severity": "critical"}}), table(40))
    with pytest.raises(QualityError) as caught:
        validate(ctx)
    assert "cosas: the number of rows changed by more than 10.0%" in caught.value.message
    assert "guards.compare" in caught.value.message and "20260115T083000Z-" in str(caught.value.hint)
    assert stored(ctx)["success"] is False


def test_a_column_has_its_own_tolerance_and_null_switches_off(after_a_release: Start, stored: Stored) -> None:
    own = {"rows": None, "totals": None, "columns": {"nombre": {"nulls": {"tolerance": 0.5}}}}
    ctx = after_a_release(things(compare=own), table(60, empty=20))
    validate(ctx)
    assert failed(ctx, stored) == []
    assert {item["measure"] for item in stored(ctx)["comparison"]["items"]} == {"nulls", "shares"}


def test_a_category_that_is_gone_is_named_only_if_the_contract_lists_it(
    after_a_release: Start, stored: Stored
) -> None:
    ctx = after_a_release(things(), table(30), first=table(30, third=f"'{CANARY}'"))
    note = next(note for note in validate(ctx).notes if "category" in note)
    assert f"gone: {CANARY}" in note
    item = next(item for item in stored(ctx)["comparison"]["items"] if item["measure"] == "shares")
    assert (item["gone_named"], item["gone"], item["new"]) == ([CANARY], 1, 1)


def test_of_people_neither_categories_nor_sizes_are_told(after_a_release: Start, stored: Stored) -> None:
    document = things(personal("persona"))
    ctx = after_a_release(document, table(40, empty=37), first=table(30, third=f"'{CANARY}'"))
    notes = validate(ctx).notes
    assert len(notes) >= 3
    assert not any(CANARY in note or "(3" in note or "33" in note for note in notes)
    assert CANARY not in json.dumps(stored(ctx)["comparison"])


def test_an_unlisted_category_is_nowhere(after_a_release: Start, stored: Stored) -> None:
    document = things()
    category = document["resources"][0]["fields"][1]
    category.pop("constraints")
    category["exempt"] = [{"detector": "name", "reason": "La prueba pone un nombre en la categoría."}]
    ctx = after_a_release(document, table(30), first=table(30, third=f"'{CANARY}'"))
    notes = validate(ctx).notes
    assert any("category" in note for note in notes)
    assert CANARY not in " ".join(notes) + json.dumps(stored(ctx))


def test_a_repeated_validation_says_the_same_after_publishing(after_a_release: Start, stored: Stored) -> None:
    ctx = after_a_release(things(), table(33))
    complete(ctx, 33)
    validate(ctx)
    before = stored(ctx)
    publish(ctx)
    validate(ctx)
    assert stored(ctx) == before and before["comparison"]["schema_stable"] is True


def test_a_damaged_previous_table_is_no_silent_pass(after_a_release: Start) -> None:
    ctx = after_a_release(things(), table(30))
    key = next(s.key for s in ctx.public.list("datos/prueba/cosas/versiones/") if s.key.endswith(".parquet"))
    ctx.public.put(key, b"not a table")
    with pytest.raises(StorageError, match="missing or damaged"):
        validate(ctx)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"guards": {"compare": {"columns": {"otra": {}}}}}, "otra, which is not published"),
        ({"guards": {"compare": {"rows": {"tolerance": -1}}}}, "greater than or equal to 0"),
        ({"guards": {"compare": {"nulls": {"tolerance": 5}}}}, "less than or equal to 1"),
        ({"guards": {"compare": {"rows": {"tolerance": 1, "severity": "fatal"}}}}, "critical"),
        ({"usage_warnings": [{"code": "redondeo"}, {"code": "redondeo"}]}, "redondeo stands twice"),
        ({"usage_warnings": [{"code": "No Slug"}]}, "pattern"),
    ],
)
def test_wrong_declarations_are_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Contract.model_validate({**things(), **more})
