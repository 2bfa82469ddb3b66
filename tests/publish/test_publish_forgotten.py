"""What was told of people stays known when the contract loses its model, its name, or is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from people_scene import ROWS, disclosure, people_contract, start_people
from publish_assertions import refused
from publish_scene import contract_of, field

from apertura.errors import PrivacyError
from apertura.prepare.disclosure import across
from apertura.prepare.protect import protect
from apertura.publish import publish
from apertura.runs.context import Context

Start = Callable[..., Context]
Public = Callable[[], dict[str, str]]
OLD = "20260101T000000Z-aaaaaaaa"


def unprotected() -> dict[str, Any]:
    """The same persons, and nothing that asks for a model."""
    contract = contract_of(field("lugar"), field("edad"))
    contract["resources"][0]["primaryKey"] = []
    return contract


def sign(ctx: Context, dataset: str) -> None:
    ctx.private.put(across.signature_key(dataset, OLD, "cosas"), b"told")


def test_a_contract_that_lost_its_model_publishes_nothing(
    start: Start, public: Public, key_file: Path
) -> None:
    assert publish(start_people(start, key_file, disclosure(2))).outcome == "done"
    ctx = start(unprotected(), rows=ROWS, key_file=key_file, taken="2026-02-15T08:30:00+00:00")
    error = refused(ctx, PrivacyError, public)
    assert "no `privacy` any more" in error.message
    with pytest.raises(PrivacyError, match="no `privacy` any more"):
        protect(ctx, [])


def test_one_that_never_had_a_model_needs_none(start: Start) -> None:
    assert publish(start(unprotected(), rows=ROWS)).outcome == "done"


def test_a_new_dataset_may_be_one_that_lost_its_contract(
    start: Start, public: Public, key_file: Path
) -> None:
    ctx = start_people(start, key_file, disclosure(2))
    sign(ctx, "prueba/antes")
    assert "prueba/antes" in refused(ctx, PrivacyError, public).message


def test_one_with_versions_of_its_own_is_no_other_one(start: Start, key_file: Path) -> None:
    first = start_people(start, key_file, disclosure(2))
    assert publish(first).outcome == "done"
    sign(first, "prueba/antes")
    more = {"cosas": [{"lugar": f"{n:02d}", "edad": "0-17"} for n in (1, 2) for _ in range(60)]}
    made = disclosure(2, kept=120, versions=across.versions(first))
    ctx = start(people_contract(), rows=more, key_file=key_file, protected={"disclosure": made}, extract="b")
    assert publish(ctx).outcome == "done"


def test_who_is_linked_is_held_against_a_dataset_without_contract_never(
    start: Start, public: Public, key_file: Path
) -> None:
    links = [{"about": "lugar", "columns": {"cosas": "lugar", "sitios": "sitio"}}]
    contract = people_contract(links=links)
    sites = contract_of(field("sitio"))["resources"][0] | {"name": "sitios", "primaryKey": []}
    contract["resources"].append(sites)
    ctx = start(
        contract,
        rows={**ROWS, "sitios": [{"sitio": "01"}]},
        key_file=key_file,
        protected={"disclosure": disclosure(2, versions=[OLD])},
    )
    sign(ctx, "prueba/cosas")
    sign(ctx, "prueba/antes")
    assert "prueba/antes" in refused(ctx, PrivacyError, public).message
