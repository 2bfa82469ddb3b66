"""What a killed attempt told counts like a version; what a person answers for, and what nobody can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attacks_scene import connected, dataset_of
from pydantic import ValidationError
from versions_scene import MIXED, NEW, OLD, Rows, attack, attempt, of_rows, persons, release, renamed

from apertura.contract import Contract
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import across, attacks
from apertura.publish.history import version_folder
from apertura.runs.context import Context


@pytest.fixture
def rows_ctx(make_context: Callable[..., Context]) -> Context:
    return make_context(dataset_of(of_rows()))


def test_an_attempt_that_was_killed_counts_like_a_version(rows_ctx: Context, tmp_path: Path) -> None:
    """Its files could be read, and what is left of them in the public bucket is not what is compared."""
    attempt(rows_ctx, OLD, persons(MIXED * 2), tmp_path)
    assert across.versions(rows_ctx) == [OLD]
    [less] = attack(rows_ctx, of_rows(), persons((MIXED * 2)[1:]))
    assert (less.name, less.passed) == ("attempts", False)
    assert OLD in less.remedy and "disclosure/" in less.remedy
    [same] = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    assert same.passed


def test_an_attempt_is_compared_with_the_release_of_the_same_name(rows_ctx: Context, tmp_path: Path) -> None:
    """Run again after a kill, protect may come to something else under the same name."""
    attempt(rows_ctx, OLD, persons(MIXED * 2), tmp_path)
    with connected({"personas": persons((MIXED * 2)[1:])}) as connection:
        found = across.check(rows_ctx, {"personas": "raw_personas"}, connection, version=OLD)
    assert [one.passed for one in found if one.name == "attempts"] == [False]
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    with connected({"personas": persons((MIXED * 2)[1:])}) as connection:
        found = across.check(rows_ctx, {"personas": "raw_personas"}, connection, version=OLD)
    assert not [one for one in found if one.name in ("attempts", "versions")]


def test_what_an_attempt_told_is_not_forgotten_when_its_version_tells_more(
    rows_ctx: Context, tmp_path: Path
) -> None:
    """Ten, then fifteen under the same name: from fourteen four are missing, and the ten are five less."""
    attempt(rows_ctx, OLD, persons(MIXED * 2), tmp_path)
    release(rows_ctx, OLD, {"personas": persons(MIXED * 3)}, tmp_path)
    first, second = across.versions(rows_ctx)
    assert (first.startswith(f"{OLD}~"), second) == (True, OLD)
    found = attack(rows_ctx, of_rows(), persons((MIXED * 3)[:11]))
    assert {(one.name, one.passed) for one in found} == {("attempts", False), ("versions", False)}
    assert [one.passed for one in attack(rows_ctx, of_rows(), persons(MIXED * 3))] == [True, True]


def test_what_was_signed_last_is_new_only_once(rows_ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "told.parquet"
    pq.write_table(persons(MIXED), path)
    key = across.signature_key(rows_ctx.dataset.id, OLD, "personas")
    assert across.remember(rows_ctx, OLD, {"personas": path}) == [key]
    assert across.remember(rows_ctx, OLD, {"personas": path}) == []
    assert across.versions(rows_ctx) == [OLD]


REASON = "Corrección que la institución ya anunció con sus totales."
REVISION = {"what": "revision", "resource": "personas", "version": OLD, "taken": NEW.partition("-")[0]}
SINCE = {"what": "new_column", "resource": "personas", "version": OLD, "column": "edad"}
ANSWERED = {"reason": REASON, "by": "Dirección de Estadística", "date": "2026-02-03"}


def answered(**entry: Any) -> Contract:
    """The contract of rows, with one difference that a person answers for."""
    document = of_rows().model_dump(mode="json", by_alias=True, exclude_unset=True)
    document["privacy"]["accepted"] = [{**ANSWERED, **entry}]
    return Contract.model_validate(document)


def compared(ctx: Context, one: Contract, table: pa.Table, version: str = NEW) -> list[attacks.Attack]:
    """What would be published as a version against what was, under a contract."""
    ctx = replace(ctx, dataset=dataset_of(one))
    with connected({"personas": table}) as connection:
        found = across.check(ctx, {"personas": "raw_personas"}, connection, version=version)
    return [one for one in found if one.name in ("versions", "attempts")]


@pytest.mark.parametrize(
    ("entry", "version", "accepted"),
    [
        (REVISION, NEW, True),
        (REVISION, "20260301T000000Z-cccccccc", False),
        (REVISION | {"version": "20251201T000000Z-aaaaaaaa"}, NEW, False),
        (SINCE, NEW, False),
    ],
)
def test_a_revision_is_accepted_between_two_versions_and_no_others(
    rows_ctx: Context, tmp_path: Path, entry: dict[str, Any], version: str, accepted: bool
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    found = compared(rows_ctx, answered(**entry), persons((MIXED * 2)[1:]), version)
    assert [(one.passed, one.accepted) for one in found] == [(False, accepted)]
    if accepted:
        attacks.refuse_successful(found, "ine/personas")
    else:
        with pytest.raises(PrivacyError, match="versions on personas"):
            attacks.refuse_successful(found, "ine/personas")


def test_nobody_answers_for_what_cannot_be_compared_nor_for_a_killed_attempt(
    rows_ctx: Context, tmp_path: Path
) -> None:
    attempt(rows_ctx, OLD, persons(MIXED * 2), tmp_path)
    [tried] = compared(rows_ctx, answered(**REVISION), persons((MIXED * 2)[1:]))
    assert (tried.name, tried.passed, tried.accepted) == ("attempts", False, False)
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    old = tmp_path / "renamed.parquet"
    pq.write_table(renamed(persons(MIXED * 2), edad="antes"), old)
    rows_ctx.public.put(f"{version_folder(rows_ctx.dataset.id, OLD)}/personas.parquet", old.read_bytes())
    [gone] = compared(rows_ctx, answered(**REVISION), persons(MIXED * 2))
    assert (gone.passed, gone.accepted) == (False, False)


@pytest.mark.parametrize(
    ("entry", "table", "passed"),
    [
        (SINCE, MIXED * 2, True),
        (SINCE, (MIXED * 2)[1:], False),
        (SINCE | {"version": NEW}, MIXED * 2, True),
        (SINCE | {"version": "20251201T000000Z-aaaaaaaa"}, MIXED * 2, False),
        (SINCE | {"column": "mal"}, MIXED * 2, False),
    ],
)
def test_a_new_column_is_left_out_of_the_comparison_and_no_other(
    rows_ctx: Context, tmp_path: Path, entry: dict[str, Any], table: Rows, passed: bool
) -> None:
    """Also of versions before the one it is new since; the rest is still compared."""
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    old = tmp_path / "without.parquet"
    pq.write_table(persons(MIXED * 2).drop_columns(["edad"]), old)
    rows_ctx.public.put(f"{version_folder(rows_ctx.dataset.id, OLD)}/personas.parquet", old.read_bytes())
    later = "20260301T000000Z-cccccccc"
    found = compared(rows_ctx, answered(**entry), persons(table), later)
    assert [(one.passed, one.accepted) for one in found] == [(passed, False)]


@pytest.mark.parametrize(
    "entry",
    [
        REVISION | {"reason": "  corto  "},
        {key: value for key, value in REVISION.items() if key != "taken"},
        REVISION | {"column": "edad"},
        REVISION | {"taken": "20251201T000000Z"},
        REVISION | {"version": "2026"},
        REVISION | {"resource": "otra"},
        SINCE | {"column": "otra"},
        SINCE | {"by": " "},
    ],
)
def test_what_is_accepted_names_one_thing_and_its_reason(entry: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"accepted|reason|taken|column|version|by"):
        answered(**entry)
