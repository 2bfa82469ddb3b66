"""A withdrawal leaves a tombstone and no copy; a kill, an old task and a full run do not undo it."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from publish_assertions import document, other_rows, refused
from publish_scene import ID, LATER, NOW, listing, settings_in
from withdraw_scene import REASON, work

from apertura.catalogue.read import read_catalogue
from apertura.contract import Project
from apertura.errors import LeaseBusyError, ReleaseRefusedError, SettingsError, StorageError
from apertura.publish import Withdrawal, publish, repair, withdraw
from apertura.publish.history import REVIEWED, UNREVIEWED, reviewed
from apertura.publish.withdraw import checked_reason, under_key
from apertura.runs import lease, records
from apertura.runs.context import Context, StageResult
from apertura.storage import open_bucket

Start = Callable[..., Context]
Released = Callable[..., StageResult]
Public = Callable[[], dict[str, str]]

PAGES = [
    f"conjuntos/{ID}/index.html",
    f"conjuntos/{ID}/noticias.xml",
    f"graficos/{ID}/monto.0a1b2c3d.svg",
    f"catalogo/{ID}/dcat-ap.ttl",
    f"descargas/{ID}/20260115T083000Z-00000000/cosas.xlsx",
    f"imagenes/{ID}.0a1b2c3d.png",
]
OTHERS = [f"conjuntos/{ID}-grandes/index.html", f"imagenes/{ID}-grandes.0a1b2c3d.png", "index.html"]

# Forks from a process that has the libraries loaded and no threads.
workers = multiprocessing.get_context("forkserver")
workers.set_forkserver_preload(
    ["duckdb", "pyarrow.parquet", "apertura.publish.withdraw", "apertura.detect.count"]
)


def taken_back(state: Path, version: str | None = None, reason: str = REASON) -> Withdrawal:
    return withdraw(settings_in(state), ID, reason, by="operadora", version=version, clock=lambda: NOW)


def with_pages(state: Path) -> None:
    bucket = open_bucket((state / "public").as_uri())
    for key in [*PAGES, *OTHERS]:
        bucket.put(key, b"pagina")


def test_one_version_goes_and_latest_moves_to_the_one_before(
    state: Path, released: Released, public: Public
) -> None:
    first = released()
    alone = public()
    second = released(rows=other_rows(), extract="b", taken=LATER)
    manifest = document(state, f"versiones/{second.version}/release.json")
    done = taken_back(state, second.version)
    assert done.versions == (second.version,)
    assert done.objects > 10
    tombstone = f"versiones/{second.version}/retirada.json"
    kept = {key: digest for key, digest in public().items() if key not in (tombstone, "versiones.json")}
    assert kept == {key: digest for key, digest in alone.items() if key != "versiones.json"}
    assert document(state, tombstone) == {
        "version": second.version,
        **{name: manifest[name] for name in ("number", "taken", "fingerprint")},
        "tablas": ["cosas"],
        "motivo": REASON,
        "fecha": NOW.date().isoformat(),
        REVIEWED: reviewed(REASON),
    }
    told = "".join(path.read_text(errors="replace") for path in (state / "public").rglob("*.json"))
    assert manifest["contentDigest"] not in told, "it would confirm what somebody guesses"
    listed = document(state, "versiones.json")["versions"]
    assert [(one["version"], one["withdrawn"], one["number"]) for one in listed] == [
        (second.version, True, 2),
        (first.version, False, 1),
    ]
    assert listed[0]["motivo"] == REASON


def test_the_whole_dataset_goes_with_all_that_the_portal_made_of_it(
    state: Path, released: Released, public: Public
) -> None:
    first = released()
    second = released(rows=other_rows(), extract="b", taken=LATER)
    unfinished = "datos/prueba/cosas/versiones/20260101T000000Z-00000000/cosas.csv"
    open_bucket((state / "public").as_uri()).put(unfinished, b"x")
    with_pages(state)
    done = taken_back(state)
    assert done.versions == (first.version, second.version)
    tombstones = {f"versiones/{one.version}/retirada.json" for one in (first, second)}
    assert set(public()) == {"versiones.json", *tombstones, *OTHERS}


def test_an_old_task_cleared_and_a_new_run_of_the_same_stay_refused(
    state: Path, start: Start, public: Public
) -> None:
    old = start()
    publish(old)
    taken_back(state)
    refused(old, ReleaseRefusedError, public)  # the same task again
    refused(start(), ReleaseRefusedError, public)  # made of the same
    told = refused(start(extract="z", taken=LATER), ReleaseRefusedError, public)  # the same content
    assert "withdrawn" in told.message
    assert publish(start(rows=other_rows(), extract="y", taken=LATER)).outcome == "done"


def test_what_stands_can_be_published_after_it_with_the_next_number(state: Path, released: Released) -> None:
    version = released().version
    taken_back(state, version)
    after = released(rows=other_rows(), extract="b", taken=LATER)
    manifest = document(state, f"versiones/{after.version}/release.json")
    assert (manifest["number"], manifest["previous"]) == (2, None)


def test_again_it_changes_nothing_and_keeps_the_first_reason(
    state: Path, released: Released, public: Public
) -> None:
    version = released().version
    taken_back(state)
    before = public()
    again = taken_back(state, reason="Otro motivo, dicho más tarde por otra persona.")
    assert (again.versions, again.already, again.objects) == ((), (version,), 0)
    assert public() == before


def test_who_and_why_are_in_the_private_records_only(state: Path, released: Released) -> None:
    version = released().version
    taken_back(state)
    record = next(records.latest_first(open_bucket((state / "private").as_uri()), ID))
    entry = record["stages"]["withdraw"]["_"]
    assert record["outcome"] == "withdrawn"
    assert (entry["by"], entry["reason"], entry["versions"]) == ("operadora", REASON, [version])
    assert not [path for path in (state / "public").rglob("*.json") if "operadora" in path.read_text()]


def test_it_waits_for_a_run_that_is_at_work(state: Path, start: Start, public: Public) -> None:
    ctx = start()
    publish(ctx)
    before = public()
    lease.acquire(ctx)
    with pytest.raises(LeaseBusyError):
        taken_back(state)
    assert public() == before
    lease.release(ctx)
    assert taken_back(state).versions


@pytest.mark.parametrize("what", ["manifest damaged", "manifest gone", "contract gone", "tombstone by hand"])
def test_what_is_damaged_can_be_withdrawn(state: Path, start: Start, public: Public, what: str) -> None:
    ctx = start()
    version = publish(ctx).version
    folder = f"datos/prueba/cosas/versiones/{version}"
    if what == "manifest damaged":
        ctx.public.put(f"{folder}/release.json", b"{")
    elif what == "manifest gone":
        ctx.public.delete(f"{folder}/release.json")
    elif what == "contract gone":
        shutil.rmtree(state / "home" / "include" / "datasets")
    else:
        ctx.public.put(f"{folder}/retirada.json", b"[]")
    assert taken_back(state, version).versions == (version,)
    assert set(public()) == {"versiones.json", f"versiones/{version}/retirada.json"}
    if what != "contract gone":
        refused(start(), ReleaseRefusedError, public)


@pytest.mark.parametrize("lost", ["file", "schemaVersion", "previous", "institution"])
def test_a_damaged_predecessor_does_not_keep_a_withdrawn_version_alive(
    state: Path, start: Start, released: Released, public: Public, lost: str
) -> None:
    first = released()
    second = released(rows=other_rows(), extract="b", taken=LATER)
    folder = f"datos/prueba/cosas/versiones/{first.version}"
    bucket = start().public
    if lost == "file":
        bucket.delete(f"{folder}/cosas.csv")
    else:
        manifest = json.loads(bucket.get(f"{folder}/release.json"))
        del manifest[lost]
        bucket.put(f"{folder}/release.json", json.dumps(manifest).encode())
    with pytest.raises(StorageError, match=r"cosas\.csv" if lost == "file" else "damaged"):
        taken_back(state, second.version)
    left = [key for key in public() if second.version in key]
    assert left == [f"versiones/{second.version}/retirada.json"]
    assert not [key for key in public() if key.startswith("latest")]


def test_a_tombstone_by_hand_that_tells_the_digest_tells_it_no_more(state: Path, start: Start) -> None:
    ctx = start()
    version = publish(ctx).version
    folder = f"datos/prueba/cosas/versiones/{version}"
    digest = json.loads(ctx.public.get(f"{folder}/release.json"))["contentDigest"]
    by_hand = {"motivo": REASON, "fecha": "2026-03-01", "contentDigest": digest}
    ctx.public.put(f"{folder}/retirada.json", json.dumps(by_hand).encode())
    taken_back(state, version)
    assert "contentDigest" not in json.loads(ctx.public.get(f"{folder}/retirada.json"))
    kept = json.loads(ctx.private.get(f"withdrawn/prueba/cosas/{version}.json"))
    assert kept == {"contentDigest": digest}


def test_a_reason_put_there_by_hand_is_not_shown_and_a_withdrawal_replaces_it(
    state: Path, start: Start, public: Public
) -> None:
    """Nobody has looked through it for people; nor through what else stands there."""
    ctx = start()
    version = publish(ctx).version
    key = f"datos/prueba/cosas/versiones/{version}/retirada.json"
    hostile = {"motivo": "Lo pidió María García López, CUI 1234567890101.", "fecha": "García",
               "nota": "García", "number": 1, "taken": "<b>"}  # fmt: skip
    ctx.public.put(key, json.dumps(hostile | {REVIEWED: reviewed(REASON)}).encode())
    repair(ctx)
    listed = json.dumps(document(state, "versiones.json"), ensure_ascii=False)
    assert UNREVIEWED in listed
    entry = read_catalogue(ctx.public, Project(ctx.settings.home), "https://datos.example.gt/").entry(ID)
    assert (entry.versions[0].reason, entry.versions[0].withdrawn_on) == (UNREVIEWED, None)
    assert taken_back(state, version).versions == (version,)
    told = ctx.public.get(key).decode()
    assert json.loads(told)["motivo"] == REASON
    for text in (listed, told, json.dumps(document(state, "versiones.json"), ensure_ascii=False)):
        assert not re.search(r"García|1234567890101|<b>", text)
    assert taken_back(state, version, reason="Otro motivo, más tarde.").versions == ()
    assert document(state, "versiones.json")["versions"][0]["motivo"] == REASON


def test_two_versions_withdrawn_in_one_second_leave_a_record_each(state: Path, released: Released) -> None:
    first = released().version
    second = released(rows=other_rows(), extract="b", taken=LATER).version
    taken_back(state, first)
    taken_back(state, second)
    private = open_bucket((state / "private").as_uri())
    told = [one["stages"]["withdraw"]["_"]["versions"] for one in records.latest_first(private, ID)
            if "withdraw" in one["stages"]]  # fmt: skip
    assert sorted(told) == sorted([[first], [second]])


def test_any_later_run_ends_a_withdrawal_that_was_interrupted(
    state: Path, start: Start, public: Public
) -> None:
    ctx = start()
    version = publish(ctx).version
    key = f"datos/prueba/cosas/versiones/{version}/retirada.json"
    ctx.public.put(key, json.dumps({"version": version, "motivo": REASON, "fecha": "2026-03-01"}).encode())
    repair(ctx)
    assert set(public()) == {"versiones.json", f"versiones/{version}/retirada.json"}


@pytest.mark.parametrize(
    "reason",
    ["", "error", "x" * 501, "El NIT 576937-K aparecía en la columna de montos.",
     "El nit-12345679 aparecía en la columna de montos.", "Aparecía 12345679 en la columna de montos.",
     "La nota citaba 12345-6/1234567-9 sin permiso.",
     "Aparece el CUI 1234567890101 de una persona.", "Se publicó a María García López sin su permiso.",
     "Escribir a maria.garcia@example.com para saber más.", "Se publicó el celular 5555-1234 de alguien."],
)  # fmt: skip
def test_a_reason_that_says_nothing_or_names_somebody_is_refused(
    state: Path, released: Released, public: Public, reason: str
) -> None:
    released()
    before = public()
    with pytest.raises(SettingsError) as caught:
        taken_back(state, reason=reason)
    assert public() == before
    if reason:
        assert reason not in str(caught.value)


def test_a_reason_is_one_line(state: Path) -> None:
    assert checked_reason(settings_in(state), "  Montos duplicados\n en el origen ") == (
        "Montos duplicados en el origen"
    )


@pytest.mark.parametrize(
    ("dataset", "version"),
    [(ID, "20200101T000000Z-aaaaaaaa"), (ID, "../../otro"), ("prueba/otra", None), ("../x", None)],
)
def test_what_never_was_published_is_told(
    state: Path, released: Released, public: Public, dataset: str, version: str | None
) -> None:
    released()
    before = public()
    with pytest.raises(SettingsError):
        withdraw(settings_in(state), dataset, REASON, by="x", version=version, clock=lambda: NOW)
    assert public() == before


def test_releases_under_a_key_are_found_by_its_id(state: Path, start: Start) -> None:
    ctx = start()
    version = publish(ctx).version
    folder = f"datos/prueba/cosas/versiones/{version}"
    certificate: dict[str, Any] = json.loads(ctx.public.get(f"{folder}/privacidad.json"))
    assert under_key(ctx.public, "0a1b2c3d") == ({}, [])
    certificate["recursos"] = [{"columnas": [{"seudonimo": {"clave": "0a1b2c3d"}}]}]
    ctx.public.put(f"{folder}/privacidad.json", json.dumps(certificate).encode())
    assert under_key(ctx.public, "0a1b2c3d") == ({ID: {version}}, [])
    ctx.public.put(f"{folder}/privacidad.json", b"{")
    assert under_key(ctx.public, "0a1b2c3d") == ({}, [(ID, version)])
    taken_back(state)
    assert under_key(ctx.public, "0a1b2c3d") == ({}, [])


def test_versions_of_one_key_are_withdrawn_at_once_and_no_other(
    state: Path, released: Released, public: Public
) -> None:
    """Their reason is looked through once, the dataset's lease is taken once, its list is written once."""
    first, second = released().version, released(rows=other_rows(), extract="b", taken=LATER).version
    third = released(extract="c", taken="2026-02-20T08:30:00+00:00").version
    reason = checked_reason(settings_in(state), REASON)
    assert checked_reason(settings_in(state), reason) is reason
    with pytest.raises(SettingsError, match="no such version"):
        withdraw(settings_in(state), ID, reason, by="o", version={first, "20200101T000000Z-aaaaaaaa"})
    with pytest.raises(SettingsError, match="no such version"):
        withdraw(settings_in(state), ID, reason, by="o", version=set())
    done = withdraw(settings_in(state), ID, reason, by="o", version={first, third}, clock=lambda: NOW)
    assert done.versions == (first, third)
    assert {key for key in public() if key.endswith("release.json")} == {f"versiones/{second}/release.json"}
    assert document(state, "latest.json")["version"] == second
    private = open_bucket((state / "private").as_uri())
    [record] = [one for one in records.latest_first(private, ID) if "withdraw" in one["stages"]]
    assert record["stages"]["withdraw"]["_"]["versions"] == [first, third]


POINTS = ["tombstone", "file", "page"]


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_and_called_again_it_ends_as_if_nothing_had_happened(
    state: Path, tmp_path: Path, released: Released, point: str, side: str
) -> None:
    released()
    released(rows=other_rows(), extract="b", taken=LATER)
    with_pages(state)
    calm = tmp_path / "calma"
    for name in ("public", "private", "home"):
        shutil.copytree(state / name, calm / name)
    taken_back(calm)
    process = workers.Process(target=work, args=(state, {"APERTURA_FAILPOINT": f"withdraw.{point}:{side}"}))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, "the point was not reached"
    left = listing(state / "public")
    standing = [key for key in left if key.endswith("/release.json")]
    entombed = [key for key in left if key.endswith("/retirada.json")]
    assert len(standing) + len(entombed) >= 2, "no version went without its reason"
    # The dead process holds its lease; the same command, within the same second, is the same holder.
    taken_back(state)
    assert listing(state / "public") == listing(calm / "public")


def test_what_the_portal_made_of_it_goes_also_when_the_predecessor_is_damaged(
    state: Path, start: Start, released: Released, public: Public
) -> None:
    first = released()
    second = released(rows=other_rows(), extract="b", taken=LATER)
    start().public.put(f"datos/prueba/cosas/versiones/{first.version}/release.json", b"{")
    with_pages(state)
    with pytest.raises(StorageError, match=first.version):
        taken_back(state, second.version)
    assert not set(PAGES) & set(public())
    assert "versiones.json" not in public(), "none that says that it stands"
    assert [key for key in public() if second.version in key] == [f"versiones/{second.version}/retirada.json"]


@pytest.mark.parametrize("rows", [[], {"cosas": 3}, None])
def test_a_manifest_that_lost_a_part_can_be_withdrawn(
    state: Path, start: Start, public: Public, rows: Any
) -> None:
    ctx = start()
    version = publish(ctx).version
    document_ = {"version": version, "number": 1, "rows": rows}
    ctx.public.put(f"datos/prueba/cosas/versiones/{version}/release.json", json.dumps(document_).encode())
    with contextlib.suppress(StorageError):
        taken_back(state, version)
    assert set(public()) == {"versiones.json", f"versiones/{version}/retirada.json"}
    refused(start(), ReleaseRefusedError, public)
