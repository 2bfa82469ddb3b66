"""When a release appears, when it does not, and what `latest` and the list of versions say afterwards."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from publish_assertions import document, other_rows, refused, tombstone
from publish_scene import (
    LATER,
    NOW,
    TAKEN,
    context_in,
    default_contract,
    default_rows,
    expectation,
    field,
    leave_run,
    write_project,
)

from apertura.errors import (
    EngineError,
    FingerprintError,
    QualityError,
    ReleaseRefusedError,
    StorageError,
    ToleranceError,
)
from apertura.publish import publish
from apertura.runs.context import Context, StageResult
from apertura.storage import Stat
from apertura.storage.folder import FolderBucket

Start = Callable[..., Context]
Released = Callable[..., StageResult]
Public = Callable[[], dict[str, str]]

FORMATS = {"cosas.csv", "cosas.json", "cosas.xml", "cosas.parquet"}
METADATA = {
    "datapackage.json",
    "calidad.json",
    "calidad.html",
    "privacidad.json",
    "privacidad.html",
    "SHA256SUMS",
    "release.json",
}


def changed_fields(change: Callable[[list[dict[str, Any]]], None], **more: Any) -> dict[str, Any]:
    """The default contract with its fields changed."""
    contract = default_contract(**more)
    change(contract["resources"][0]["fields"])
    return contract


def untyped(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Rows without one column."""
    return {"cosas": [{key: value for key, value in row.items() if key != name} for row in rows]}


def test_a_release_is_laid_out_as_designed(state: Path, released: Released, public: Public) -> None:
    result = released()
    folder = f"versiones/{result.version}"
    assert set(public()) == (
        {"latest.json", "versiones.json"}
        | {f"latest/{name}" for name in FORMATS}
        | {f"{folder}/{name}" for name in FORMATS | METADATA}
    )
    assert (result.stage, result.outcome) == ("publish", "done")
    assert (result.counts["rows"], result.counts["files"]) == (3, 10)
    latest = document(state, "latest.json")
    assert latest["version"] == result.version
    assert latest["rows"] == {"cosas": 3}
    for file in latest["files"]:
        assert public()[file["path"]] == public()[file["permanent"]] == file["sha256"]


def test_the_same_run_gives_the_same_bytes_in_another_bucket(tmp_path: Path) -> None:
    seen = []
    for name in ("uno", "dos"):
        ctx = context_in(tmp_path / name, write_project(tmp_path / name / "home", default_contract()))
        leave_run(ctx)
        publish(ctx)
        folder = tmp_path / name / "public/datos"
        seen.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert seen[0] == seen[1]


def test_publishing_the_same_again_changes_nothing(state: Path, start: Start) -> None:
    ctx = start()
    publish(ctx)
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in (state / "public/datos").rglob("*.*")
              if p.is_file()}  # fmt: skip
    again, other_run = publish(ctx), publish(start())
    assert (again.outcome, other_run.outcome) == ("unchanged", "unchanged")
    after = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in (state / "public/datos").rglob("*.*")
             if p.is_file()}  # fmt: skip
    assert before == after


def test_same_rows_from_another_extract_are_unchanged(released: Released, public: Public) -> None:
    first = released()
    before = public()
    result = released(extract="b", taken=LATER)
    assert (result.outcome, result.version) == ("unchanged", first.version)
    assert result.fingerprint != first.fingerprint
    assert public() == before


def test_cleaning_and_exclusion_counts_alone_make_no_release(released: Released) -> None:
    released()
    cleaning = {"cosas": {"monto": {"changed": 1, "nulled": 0, "unparsed": 0}}}
    assert released(extract="b", taken=LATER, protected={"cleaning": cleaning}).outcome == "unchanged"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Otro título"},
        {"caveats": ["No dice nada de 2019."]},
        {"schemaVersion": 2},
    ],
)
def test_changed_metadata_is_a_new_release(released: Released, change: dict[str, Any]) -> None:
    released()
    assert released(default_contract(**change)).outcome == "done"


def test_a_changed_verdict_is_a_new_release(released: Released) -> None:
    released(validated={"expectations": [expectation(severity="warning")]})
    worse = expectation(severity="warning", success=False)
    assert released(extract="b", validated={"expectations": [worse]}).outcome == "done"


def test_a_changed_treatment_of_an_unpublished_column_is_a_new_release(
    released: Released, key_file: Path
) -> None:
    dropped = {**field("extra"), "treatment": "drop"}
    released(changed_fields(lambda fields: fields.append(dropped)))
    personal = {**dropped, "access": "confidencial", "personal": "personal"}
    about_people = changed_fields(lambda fields: fields.append(personal))
    assert released(about_people, key_file=key_file).outcome == "done"


def test_guards_are_no_metadata(released: Released) -> None:
    released()
    assert released(default_contract(guards={"minimum_rows": 2})).outcome == "unchanged"


def test_two_versions_are_listed_newest_first(state: Path, released: Released, public: Public) -> None:
    first = released()
    second = released(rows=other_rows(), extract="b", taken=LATER)
    assert second.outcome == "done"
    listed = document(state, "versiones.json")["versions"]
    assert [one["version"] for one in listed] == [second.version, first.version]
    assert [(one["number"], one["previous"]) for one in listed] == [(2, first.version), (1, None)]
    latest = document(state, "latest.json")
    assert (latest["version"], latest["number"]) == (second.version, 2)
    assert public()["latest/cosas.csv"] == public()[f"versiones/{second.version}/cosas.csv"]
    assert public()["latest/cosas.csv"] != public()[f"versiones/{first.version}/cosas.csv"]


def test_a_changed_contract_on_the_same_extract_becomes_the_latest(state: Path, released: Released) -> None:
    first = released()
    second = released(default_contract(title="Otro título"))
    assert first.version is not None and second.version is not None
    assert first.version.split("-")[0] == second.version.split("-")[0]
    assert document(state, "latest.json")["version"] == second.version


def test_older_extracts_after_a_newer_release_are_superseded(released: Released, public: Public) -> None:
    newer = released(rows=other_rows(), extract="b", taken=LATER)
    before = public()
    result = released(taken=TAKEN)
    assert (result.outcome, result.version) == ("superseded", newer.version)
    assert public() == before


def test_an_old_run_cleared_after_a_newer_release_does_not_move_latest_back(
    state: Path, start: Start, released: Released, public: Public
) -> None:
    old_run = start()
    old = publish(old_run)
    newer = released(rows=other_rows(), extract="b", taken=LATER)
    before = public()
    result = publish(old_run)
    assert (result.outcome, result.version) == ("unchanged", old.version)
    assert newer.version in result.notes[0]
    assert document(state, "latest.json")["version"] == newer.version
    assert public() == before


def test_a_failed_validation_is_not_published(start: Start, public: Public) -> None:
    refused(start(validated={"success": False}), QualityError, public)


def test_a_failed_critical_expectation_is_not_published_whatever_the_summary_says(
    start: Start, public: Public
) -> None:
    ctx = start(validated={"expectations": [expectation(success=False)]})
    assert "1 critical" in refused(ctx, QualityError, public).message


def test_a_run_without_validation_is_not_published(start: Start, public: Public) -> None:
    ctx = start()
    ctx.private.delete("work/prueba/cosas/_/corrida-1/validate.json")
    refused(ctx, FingerprintError, public)


def test_validation_of_something_else_is_not_trusted(start: Start, public: Public) -> None:
    ctx = start(validated={"fingerprint": "0" * 64})
    assert "validate" in str(refused(ctx, FingerprintError, public).hint)


def test_tables_made_under_another_contract_are_not_published(
    state: Path, start: Start, public: Public
) -> None:
    start()
    tightened = write_project(state / "home", default_contract(guards={"minimum_rows": 3}))
    ctx = context_in(state, tightened, "corrida-1")
    assert "deidentify" in str(refused(ctx, FingerprintError, public).hint)


def test_a_table_with_other_rows_than_counted_is_not_published(start: Start, public: Public) -> None:
    refused(start(protected={"rows": {"cosas": 4}}), EngineError, public)


@pytest.mark.parametrize("content", [b"{}", b"not json", b"[]"])
def test_a_withdrawn_release_is_refused_even_by_a_damaged_tombstone(
    start: Start, public: Public, content: bytes
) -> None:
    ctx = start()
    version = publish(ctx).version
    tombstone(ctx, version, content)
    error = refused(ctx, ReleaseRefusedError, public)
    assert str(version) in error.message


def test_a_withdrawn_fingerprint_is_refused_after_its_objects_are_gone(start: Start, public: Public) -> None:
    ctx = start()
    first = publish(ctx)
    for stat in list(ctx.public.list(f"datos/prueba/cosas/versiones/{first.version}/")):
        ctx.public.delete(stat.key)
    tombstone(ctx, first.version, json.dumps({"fingerprint": first.fingerprint}).encode())
    refused(start(), ReleaseRefusedError, public)
    refused(start(taken=LATER), ReleaseRefusedError, public)


def test_withdrawn_content_is_refused_under_another_fingerprint(start: Start, public: Public) -> None:
    ctx = start()
    version = publish(ctx).version
    tombstone(ctx, version, b"{}")
    same_rows = start(extract="b", taken=LATER)
    refused(same_rows, ReleaseRefusedError, public)
    assert publish(start(rows=other_rows(), extract="c", taken=LATER)).outcome == "done"


BROKEN = {
    "removed": (lambda fields: fields.pop(2), "column monto of cosas is gone", "monto"),
    "renamed": (lambda fields: fields[2].update(name="importe"), "column monto of cosas is gone", None),
    "retyped": (lambda fields: fields[3].update(type="string", constraints={}), "column cantidad", None),
    "rescaled": (
        lambda fields: fields[2].update(decimal={"precision": 12, "scale": 4}),
        "column monto",
        None,
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_schema_needs_a_raised_schema_version(
    start: Start, released: Released, public: Public, kind: str
) -> None:
    change, named, gone = BROKEN[kind]
    rows = [dict(row) for row in default_rows()]
    for row in rows:
        if kind == "renamed":
            row["importe"] = row.pop("monto")
        if kind == "retyped":
            row["cantidad"] = "1"
    tables = untyped(rows, gone) if gone else {"cosas": rows}
    released()
    error = refused(start(changed_fields(change), rows=tables), ReleaseRefusedError, public)
    assert named in error.message
    assert released(changed_fields(change, schemaVersion=2), rows=tables).outcome == "done"


def test_a_new_column_needs_no_new_schema_version(released: Released) -> None:
    released()
    rows = [{**row, "nueva": "x"} for row in default_rows()]
    contract = changed_fields(lambda fields: fields.append(field("nueva")))
    assert released(contract, rows={"cosas": rows}).outcome == "done"


def test_a_lowered_schema_version_is_refused(start: Start, released: Released, public: Public) -> None:
    released(default_contract(schemaVersion=2))
    error = refused(start(default_contract(schemaVersion=1)), ReleaseRefusedError, public)
    assert "raise schemaVersion" in str(error.hint)


def with_second_table(**more: Any) -> dict[str, Any]:
    contract = default_contract(**more)
    second = {**contract["resources"][0], "name": "partes", "fields": [field("código")]}
    return {**contract, "resources": [contract["resources"][0], second]}


def test_a_removed_table_needs_a_raised_schema_version_and_leaves_latest(
    start: Start, released: Released, public: Public
) -> None:
    released(with_second_table(), rows={"cosas": default_rows(), "partes": [{"código": "1"}]})
    assert "latest/partes.csv" in public()
    assert "partes" in refused(start(), ReleaseRefusedError, public).message
    assert released(default_contract(schemaVersion=2)).outcome == "done"
    assert not [key for key in public() if key.startswith("latest/partes")]


def test_too_few_rows_are_refused_and_no_word_of_an_operator_helps(start: Start, public: Public) -> None:
    ctx = start(default_contract(guards={"minimum_rows": 4}))
    refused(ctx, ToleranceError, public)
    refused(ctx, ToleranceError, public, accept_fewer_rows=True)


def test_zero_rows_are_refused(start: Start, public: Public) -> None:
    refused(start(rows={"cosas": []}), ToleranceError, public)


def test_half_the_usual_rows_are_refused_unless_accepted(
    start: Start, released: Released, public: Public
) -> None:
    released(rows={"cosas": default_rows(10)})
    half = start(rows={"cosas": default_rows(5)}, extract="b", taken=LATER)
    error = refused(half, ToleranceError, public)
    assert "has 5 rows" in error.message and "had 10" in error.message and "30%" in error.message
    assert publish(half, accept_fewer_rows=True).outcome == "done"


@pytest.mark.parametrize("rows", [7, 30])
def test_a_fall_within_tolerance_and_any_rise_are_published(released: Released, rows: int) -> None:
    released(rows={"cosas": default_rows(10)})
    assert released(rows={"cosas": default_rows(rows)}, extract="b", taken=LATER).outcome == "done"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": "otra", "number": 1}'])
def test_a_damaged_manifest_stops_the_run(start: Start, public: Public, content: bytes) -> None:
    ctx = start()
    version = publish(ctx).version
    ctx.public.put(f"datos/prueba/cosas/versiones/{version}/release.json", content)
    assert str(version) in refused(ctx, StorageError, public).message


def test_a_version_made_of_something_else_is_never_overwritten(start: Start, public: Public) -> None:
    ctx = start()
    version = publish(ctx).version
    key = f"datos/prueba/cosas/versiones/{version}/release.json"
    manifest = json.loads(ctx.public.get(key))
    ctx.public.put(key, json.dumps({**manifest, "fingerprint": "0" * 64}).encode())
    refused(start(), StorageError, public)


def test_the_schema_of_the_last_release_must_be_readable(start: Start, public: Public) -> None:
    ctx = start()
    version = publish(ctx).version
    ctx.public.delete(f"datos/prueba/cosas/versiones/{version}/datapackage.json")
    refused(start(rows=other_rows(), extract="b"), StorageError, public)


def test_another_dataset_of_the_institution_is_left_alone(start: Start, public: Public) -> None:
    ctx = start()
    key = "datos/prueba/cosas-otras/versiones/20260101T000000Z-00000000/release.json"
    ctx.public.put(key, b"not ours")
    assert publish(ctx).outcome == "done"
    assert ctx.public.get(key) == b"not ours"


def test_no_public_document_holds_the_time_of_the_run(state: Path, released: Released) -> None:
    released()
    for path in (state / "public/datos").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(NOW.year).encode() + b"-03-01" not in data
            assert b"corrida-1" not in data
            assert str(dt.datetime.now(dt.UTC).date()).encode() not in data


class Rival(FolderBucket):
    """A folder in which another publisher commits the version while ours is still sending its files."""

    fingerprint = ""

    def upload(self, key: str, path: Path, **options: Any) -> Stat:
        stat = super().upload(key, path, **options)
        if key.endswith("SHA256SUMS"):
            manifest = f"{key.rpartition('/')[0]}/release.json"
            version = key.split("/")[-2]
            theirs = {"version": version, "number": 1, "fingerprint": self.fingerprint, "files": []}
            theirs |= {"taken": "2026-01-15T08:30:00+00:00", "contentDigest": "", "rows": {}}
            theirs |= {"dataset": "prueba/cosas", "institution": "prueba"}
            theirs |= {"schemaVersion": 1, "previous": None}
            self.put(manifest, json.dumps(theirs).encode())
        return stat


def test_a_version_committed_meanwhile_by_something_else_stays_theirs(state: Path, start: Start) -> None:
    rival = Rival(state / "public")
    rival.fingerprint = "0" * 64
    with pytest.raises(StorageError, match="made of something else"):
        publish(replace(start(), public=rival))
    (manifest,) = (state / "public/datos/prueba/cosas/versiones").glob("*/release.json")
    assert json.loads(manifest.read_text())["fingerprint"] == rival.fingerprint
    assert not (manifest.parents[2] / "latest.json").exists()
