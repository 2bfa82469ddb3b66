"""Rows of people against older versions, withdrawn ones, other datasets; what is kept of a version."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attacks_scene import contract, dataset_of, resources_of
from versions_scene import (
    MIXED,
    NEW,
    OLD,
    Rows,
    attack,
    manifest,
    of_rows,
    persons,
    release,
    renamed,
    withdraw,
)

from apertura.contract import Project
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import across, attacks
from apertura.publish.history import version_folder
from apertura.runs.context import Context


@pytest.fixture
def rows_ctx(make_context: Callable[..., Context]) -> Context:
    return make_context(dataset_of(of_rows()))


def test_nothing_published_before_is_nothing_to_subtract(rows_ctx: Context) -> None:
    assert attack(rows_ctx, of_rows(), persons(MIXED)) == []


@pytest.mark.parametrize(
    ("added", "telling"),
    [
        ([], False),
        ([("18-64", "a")], True),
        ([("18-64", mal) for mal in "aabb"], True),
        ([("18-64", mal) for mal in "aabbc"], False),
        ([("18-64", "c")] * 5, True),
        ([("65+", mal) for mal in "aabbc"], False),
        ([("65+", mal) for mal in "abc"], True),
    ],
)
def test_the_rows_added_to_a_class_are_none_or_k_and_not_all_alike(
    rows_ctx: Context, tmp_path: Path, added: Rows, telling: bool
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    [found] = attack(rows_ctx, of_rows(), persons([*MIXED * 2, *added]))
    assert found.passed is not telling
    assert found.succeeded == int(telling)


def test_a_row_taken_out_tells_of_whoever_left(rows_ctx: Context, tmp_path: Path) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    [found] = attack(rows_ctx, of_rows(), persons((MIXED * 2)[1:]))
    assert not found.passed


def test_one_left_and_one_came_is_seen_though_the_class_is_as_large(
    rows_ctx: Context, tmp_path: Path
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    changed = [*(MIXED * 2)[1:], ("18-64", "d")]
    [found] = attack(rows_ctx, of_rows(), persons(changed))
    assert not found.passed


def test_versions_at_different_levels_meet_at_the_coarser_one(rows_ctx: Context, tmp_path: Path) -> None:
    """The old version left out the three youngest; the new one has them in a wider band: 13 - 10 = 3."""
    old = [("18-64", mal) for mal in "aabbc" * 2]
    release(rows_ctx, OLD, {"personas": persons(old)}, tmp_path)
    wider = [("0-64", mal) for mal in "aabbc" * 2]
    [same] = attack(rows_ctx, of_rows(), persons(wider))
    [more] = attack(rows_ctx, of_rows(), persons([*wider, *[("0-64", mal) for mal in "abc"]]))
    assert same.passed
    assert not more.passed
    assert OLD in more.remedy


def test_a_withdrawn_version_is_remembered(rows_ctx: Context, tmp_path: Path) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    withdraw(rows_ctx, OLD, "personas")
    [found] = attack(rows_ctx, of_rows(), persons((MIXED * 2)[1:]))
    assert not found.passed
    [same] = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    assert same.passed


def test_a_withdrawn_version_that_nobody_kept_cannot_be_checked(rows_ctx: Context, tmp_path: Path) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    withdraw(rows_ctx, OLD, "personas")
    rows_ctx.private.delete(across.signature_key(rows_ctx.dataset.id, OLD, "personas"))
    found = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    with pytest.raises(PrivacyError) as caught:
        attacks.refuse_successful(found, "ine/personas, protect")
    assert OLD in (caught.value.hint or "")


def test_other_bands_than_before_cannot_be_compared(
    rows_ctx: Context, make_context: Callable[..., Context], tmp_path: Path
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    other = of_rows([{"bands": [0, 20, 60]}, {"all": True}])
    table = persons([("20-59", mal) for mal in "aabbc" * 2])
    [found] = attack(make_context(dataset_of(other)), other, table)
    assert not found.passed
    assert "edad" in found.remedy


@pytest.mark.parametrize("kept", ["public", "signature"])
@pytest.mark.parametrize("name", ["edad", "mal"])
def test_a_column_that_had_another_name_cannot_be_compared(
    rows_ctx: Context, tmp_path: Path, name: str, kept: str
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    old = tmp_path / "renamed.parquet"
    pq.write_table(renamed(persons(MIXED * 2), **{name: "antes"}), old)
    if kept == "public":
        rows_ctx.public.put(f"{version_folder(rows_ctx.dataset.id, OLD)}/personas.parquet", old.read_bytes())
    else:
        withdraw(rows_ctx, OLD, "personas")
        rows_ctx.private.put(across.signature_key(rows_ctx.dataset.id, OLD, "personas"), old.read_bytes())
    [found] = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    assert not found.passed
    assert f"has no {name}" in found.remedy and OLD in found.remedy


@pytest.mark.parametrize("signed", [True, False])
def test_a_table_that_today_has_no_model_is_not_forgotten(
    make_context: Callable[..., Context], tmp_path: Path, signed: bool
) -> None:
    """It may be one of today's under another name; of a version without signatures any table may be."""
    document = of_rows().model_dump(mode="json", by_alias=True, exclude_unset=True)
    fields, [model] = document["resources"][0]["fields"], document["privacy"]["tables"]
    tables = [model, {**model, "resource": "gente"}]
    ctx = make_context(dataset_of(contract({"personas": fields, "gente": fields}, {"tables": tables})))
    release(ctx, OLD, {"personas": persons(MIXED * 2), "gente": persons(MIXED)}, tmp_path)
    for name in ("personas", "gente") if not signed else ():
        ctx.private.delete(across.signature_key(ctx.dataset.id, OLD, name))
    kept, left_out = attack(make_context(dataset_of(of_rows())), of_rows(), persons(MIXED * 2))
    assert kept.passed
    assert not left_out.passed and left_out.resources == ("gente",)
    assert OLD in left_out.remedy


def test_a_table_that_is_new_and_one_of_nobody_that_is_gone_tell_nothing(
    rows_ctx: Context, tmp_path: Path
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    told = f"{version_folder(rows_ctx.dataset.id, OLD)}/release.json"
    rows_ctx.public.put(told, manifest(OLD, {"personas": 10, "lugares": 3}))
    [found] = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    assert found.passed
    for bucket, key in (
        (rows_ctx.private, across.signature_key(rows_ctx.dataset.id, OLD, "personas")),
        (rows_ctx.public, f"{version_folder(rows_ctx.dataset.id, OLD)}/personas.parquet"),
    ):
        bucket.delete(key)
    rows_ctx.public.put(told, manifest(OLD, {}))
    assert all(one.passed for one in attack(rows_ctx, of_rows(), persons(MIXED * 2)))


def test_what_is_kept_of_a_version_is_counts_by_protected_columns(rows_ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "told.parquet"
    pq.write_table(persons(MIXED).append_column("otra", pa.array(["secreto"] * 5)), path)
    for _ in range(2):
        across.remember(rows_ctx, OLD, {"personas": path})
    key = across.signature_key(rows_ctx.dataset.id, OLD, "personas")
    assert [stat.key for stat in rows_ctx.private.list("disclosure/")] == [key]
    with rows_ctx.private.as_file(key) as kept:
        rows = duckdb.sql(f"SELECT * FROM read_parquet('{kept}') ORDER BY ALL").fetchall()
    assert rows == [("18-64", "a", 2), ("18-64", "b", 2), ("18-64", "c", 1)]


@pytest.mark.parametrize(
    ("there", "found"), [([("65+", "a")] * 5, 0), ([("65+", "a")] * 4, 5), ([("0-17", "a")] * 4, 0)]
)
def test_a_row_that_few_rows_of_another_dataset_fit_is_found(
    neighbourhood: Callable[[Rows], Context], there: Rows, found: int
) -> None:
    ctx = neighbourhood(there)
    [neighbour] = attack(ctx, ctx.dataset.contract, persons([("65+", "a")] * 5))
    assert neighbour.succeeded == found
    assert neighbour.passed is (found == 0)
    assert resources_of(ctx.dataset.contract).keys() == {"personas", "hechos"}


ALONE: Rows = [("65+", "a")] * 4


def test_an_attempt_of_another_dataset_counts_like_a_version(
    neighbourhood: Callable[[Rows], Context], tmp_path: Path
) -> None:
    ctx = neighbourhood([("65+", "a")] * 5)
    other = replace(ctx, dataset=Project(ctx.settings.home).dataset("sat/otra"))
    path = tmp_path / "attempt.parquet"
    pq.write_table(persons(ALONE), path)
    across.remember(other, NEW, {"otra": path})
    newer, older = attack(ctx, ctx.dataset.contract, persons([("65+", "a")] * 5))
    assert (newer.name, newer.passed, older.name, older.passed) == ("attempts", False, "neighbours", True)


def test_a_withdrawn_version_of_another_dataset_is_still_known(
    neighbourhood: Callable[[Rows], Context], tmp_path: Path
) -> None:
    """What is kept of it are numbers of rows by their labels: five alike are one line."""
    ctx = neighbourhood([("65+", "a")] * 5)
    other = replace(ctx, dataset=Project(ctx.settings.home).dataset("sat/otra"))
    release(other, NEW, {"otra": persons(ALONE)}, tmp_path)
    withdraw(other, NEW, "otra")
    newer, older = attack(ctx, ctx.dataset.contract, persons([("65+", "a")] * 5))
    assert (newer.succeeded, newer.passed) == (5, False)
    assert NEW in newer.remedy and older.passed
    ctx.private.delete(across.signature_key("sat/otra", NEW, "otra"))
    newer, _ = attack(ctx, ctx.dataset.contract, persons([("65+", "a")] * 5))
    assert not newer.passed and "restore otra of sat/otra" in newer.remedy


@pytest.mark.parametrize("there", [[("20-59", "a")] * 9, [("0-17", "a"), ("60+", "a")]])
def test_a_linked_column_that_cannot_be_compared_is_an_attack_that_nobody_tried(
    neighbourhood: Callable[[Rows], Context], there: Rows
) -> None:
    ctx = neighbourhood(there)
    [found] = attack(ctx, ctx.dataset.contract, persons([("65+", "a")] * 5))
    assert not found.passed
    assert "hierarchy" in found.remedy


def test_a_link_of_differing_hierarchies_is_refused(neighbourhood: Callable[[Rows], Context]) -> None:
    ctx = neighbourhood([("65+", "a")] * 5)
    path = ctx.settings.home / "include/datasets/sat/otra.yaml"
    document = json.loads(path.read_text())
    document["resources"][0]["fields"][0]["hierarchy"] = [{"bands": [0, 65]}, {"all": True}]
    path.write_text(json.dumps(document))
    [found] = attack(ctx, ctx.dataset.contract, persons([("65+", "a")] * 5))
    assert not found.passed
