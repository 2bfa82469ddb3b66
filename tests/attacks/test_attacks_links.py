"""Links between datasets: one that a version was signed with stays, and none is where rows are not people."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from attacks_scene import dataset_of, field
from versions_scene import NEW, Rows, attack, persons, release

from apertura.contract import Contract, Project
from apertura.errors import PrivacyError, StorageError
from apertura.prepare.disclosure import across, forgotten, neighbours, signed
from apertura.runs.context import Context

Neighbourhood = Callable[[Rows], Context]
FIVE: Rows = [("65+", "a")] * 5


def other_of(ctx: Context) -> Context:
    """The other dataset, by its contract of today."""
    return replace(ctx, dataset=Project(ctx.settings.home).dataset("sat/otra"))


def rewritten(ctx: Context, change: Callable[[dict[str, Any]], object]) -> None:
    """The other dataset's contract is written anew."""
    path = ctx.settings.home / "include/datasets/sat/otra.yaml"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def without_links(ctx: Context) -> Context:
    """The same run of a contract that has no links any more."""
    document = ctx.dataset.contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
    del document["privacy"]["links"]
    return replace(ctx, dataset=dataset_of(Contract.model_validate(document)))


def of_few(document: dict[str, Any], table: str = "otra") -> None:
    """Several rows of a table may be of one person."""
    [resource] = [one for one in document["resources"] if one["name"] == table]
    whose = {"personal": "personal", "access": "confidencial", "treatment": "transient"}
    resource["fields"].append(field("quién", **whose, pseudonym={"domain": "table", "form": "cui"}))
    document["privacy"]["tables"][0]["unit"] = {"columns": ["quién"]}


def of_few_here(ctx: Context) -> Context:
    document = ctx.dataset.contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
    of_few(document, "personas")
    return replace(ctx, dataset=dataset_of(Contract.model_validate(document)))


def renamed_link(document: dict[str, Any]) -> None:
    document["privacy"]["links"][0]["about"] = "edad de la persona"


def other_column(document: dict[str, Any]) -> None:
    [table] = [one for one in document["resources"] if one["name"] == "otra"]
    table["fields"].append({**table["fields"][0], "name": "años", "source": "años"})
    document["privacy"]["tables"][0]["quasi_identifiers"].append("años")
    document["privacy"]["links"][0]["columns"]["otra"] = "años"


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["privacy"].pop("links"),
        lambda document: document["privacy"]["links"].clear(),
        renamed_link,
        other_column,
    ],
)
def test_a_link_that_a_version_there_was_signed_with_is_not_forgotten(
    neighbourhood: Neighbourhood, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    """Without it nothing here would be held against that version, and the attack would seem to fail."""
    ctx = neighbourhood(FIVE)
    release(other_of(ctx), NEW, {"otra": persons(FIVE)}, tmp_path)
    forgotten.refuse(ctx)
    rewritten(ctx, change)
    with pytest.raises(PrivacyError, match=r"sat/otra: edad \(otra\.edad\)"):
        forgotten.refuse(ctx)
    forgotten.refuse(other_of(ctx))  # nothing was told here yet
    mine = ctx.dataset.contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
    (ctx.settings.home / "include/datasets/sat/personas.yaml").write_text(json.dumps(mine))
    release(ctx, NEW, {"personas": persons(FIVE)}, tmp_path)
    with pytest.raises(PrivacyError, match=r"sat/otra: edad \(otra\.edad\)"):
        forgotten.refuse(other_of(ctx))


def test_a_link_that_a_version_here_was_signed_with_is_not_forgotten(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    ctx = neighbourhood(FIVE)
    release(ctx, NEW, {"personas": persons(FIVE)}, tmp_path)
    less = without_links(ctx)
    assert not [one for one in attack(less, less.dataset.contract, persons(FIVE)) if one.name == "neighbours"]
    with pytest.raises(PrivacyError, match=r"sat/personas: edad \(personas\.edad\)"):
        forgotten.refuse(less)


def test_a_link_left_out_on_both_sides_is_not_forgotten(neighbourhood: Neighbourhood, tmp_path: Path) -> None:
    ctx = neighbourhood(FIVE)
    release(ctx, NEW, {"personas": persons(FIVE)}, tmp_path)
    release(other_of(ctx), NEW, {"otra": persons(FIVE)}, tmp_path)
    rewritten(ctx, lambda document: document["privacy"].pop("links"))
    with pytest.raises(PrivacyError, match=r"otra\.edad.*personas\.edad"):
        forgotten.refuse(without_links(ctx))


def test_a_link_that_nobody_was_signed_with_may_be_left_out(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    """The other one's version is of before links were noted with signatures: it cannot know."""
    ctx = neighbourhood(FIVE)
    rewritten(ctx, lambda document: document["privacy"].pop("links"))
    forgotten.refuse(ctx)
    forgotten.refuse(without_links(ctx))
    release(ctx, NEW, {"personas": persons(FIVE)}, tmp_path)
    forgotten.refuse(without_links(ctx))  # of what only this one ever told of, there is nobody to compare


def test_a_link_left_out_does_not_let_a_lost_contract_pass(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    ctx = neighbourhood(FIVE)
    release(ctx, NEW, {"personas": persons(FIVE)}, tmp_path)
    release(other_of(ctx), NEW, {"otra": persons(FIVE)}, tmp_path)
    (ctx.settings.home / "include/datasets/sat/otra.yaml").unlink()
    with pytest.raises(PrivacyError, match="sat/otra told of people"):
        forgotten.refuse(without_links(ctx))


def test_what_is_noted_of_links_is_no_signature(neighbourhood: Neighbourhood, tmp_path: Path) -> None:
    ctx = neighbourhood(FIVE)
    other = other_of(ctx)
    assert across.versions(ctx) == []
    release(other, NEW, {"otra": persons(FIVE)}, tmp_path)
    kept = {stat.key.rpartition("/")[2] for stat in ctx.private.list(f"disclosure/sat/otra/{NEW}/")}
    assert kept == {"otra.parquet", signed.NOTE}
    assert all(one.passed for one in attack(other, other.dataset.contract, persons(FIVE)))
    ctx.private.delete(across.signature_key("sat/otra", NEW, "otra"))
    ctx.private.put(signed.note_key("sat/personas", NEW), b"{}")  # killed before it signed any table
    assert across.versions(ctx) == []
    assert not across.anything_of(ctx, "sat/personas")


def test_signed_twice_with_other_links_a_version_has_both(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    ctx = neighbourhood(FIVE)
    release(other_of(ctx), NEW, {"otra": persons(FIVE)}, tmp_path)
    before = signed.links(ctx, "sat/otra")
    rewritten(ctx, lambda document: document["privacy"].pop("links"))
    release(other_of(ctx), NEW, {"otra": persons(FIVE)}, tmp_path)
    assert signed.links(ctx, "sat/otra") == before == {("edad", "otra", "edad")}


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b'{"links": [{"about": "edad"}]}', b'{"links": []}'])
def test_a_note_that_cannot_be_read_stops(neighbourhood: Neighbourhood, damaged: bytes) -> None:
    ctx = neighbourhood(FIVE)
    ctx.private.put(signed.note_key("sat/otra", NEW), damaged)
    with pytest.raises(StorageError, match=signed.NOTE):
        forgotten.refuse(ctx)


def test_many_rows_of_one_person_there_are_not_many_candidates(neighbourhood: Neighbourhood) -> None:
    """What is kept of a version are numbers of rows: five rows of a woman would pass for five people."""
    ctx = neighbourhood(FIVE)
    before = neighbours.seen(ctx)
    rewritten(ctx, of_few)
    [found] = attack(ctx, ctx.dataset.contract, persons(FIVE))
    assert not found.passed
    assert "unit.columns" in found.remedy and "otra" in found.remedy
    assert neighbours.seen(ctx) != before, "publish compares again"


def test_who_counts_people_is_not_linked_either(neighbourhood: Neighbourhood) -> None:
    """The other one's next version would be held against rows here."""
    ctx = of_few_here(neighbourhood(FIVE))
    [found] = attack(ctx, ctx.dataset.contract, persons(FIVE))
    assert not found.passed and "personas" in found.remedy


def test_a_version_whose_rows_were_of_few_people_stays_one(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    """Also where a later contract takes each row for another person, and is linked since."""
    ctx = neighbourhood(FIVE)
    path = ctx.settings.home / "include/datasets/sat/otra.yaml"
    today = path.read_text()
    rewritten(ctx, of_few)
    rewritten(ctx, lambda document: document["privacy"].pop("links"))
    release(other_of(ctx), NEW, {"otra": persons(FIVE)}, tmp_path)
    release(other_of(ctx), NEW, {"otra": persons([*FIVE, *FIVE])}, tmp_path)  # an attempt told otherwise
    path.write_text(today)
    assert [one.passed for one in attack(ctx, ctx.dataset.contract, persons(FIVE))] == [False, False, True]
