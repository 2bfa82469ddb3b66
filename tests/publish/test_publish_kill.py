"""Publish is killed before and after each write; run again, it ends in the same public bucket."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from publish_scene import (
    ID,
    LATER,
    context_in,
    default_contract,
    default_rows,
    field,
    leave_run,
    listing,
    write_project,
)

import apertura.publish
from apertura.contract import Project
from apertura.errors import EngineError
from apertura.publish import publish
from apertura.runs.context import Context

QUICK = ("manifest", "latest")
"""Killed at every test run; at the other points where the slow tests run."""
POINTS = ["file", "document", "manifest", "latest_file", "latest", "versions", "stale"]
SCENE = Path(__file__).with_name("publish_scene.py")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A first release of two tables, and a second run of one table ready to be published."""
    state = tmp_path_factory.mktemp("antes")
    first = default_contract()
    second_table = {**first["resources"][0], "name": "partes", "fields": [field("código")]}
    first["resources"].append(second_table)
    ctx = context_in(state, write_project(state / "home", first), "primera")
    leave_run(ctx, {"cosas": default_rows(), "partes": [{"código": "1"}]})
    assert publish(ctx).outcome == "done"
    ctx = context_in(state, write_project(state / "home", default_contract(schemaVersion=2)), "segunda")
    leave_run(ctx, {"cosas": default_rows(4)}, extract="b", taken=LATER)
    return state


@pytest.fixture(scope="module")
def undisturbed(before: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the public bucket holds after the second run when nothing happens to it."""
    state = tmp_path_factory.mktemp("sin-tropiezos") / "estado"
    shutil.copytree(before, state)
    assert publish(second_run(state)).outcome == "done"
    return listing(state / "public")


@pytest.fixture
def state(before: Path, tmp_path: Path) -> Path:
    """A copy of the state before the second run."""
    shutil.copytree(before, tmp_path / "estado")
    return tmp_path / "estado"


def second_run(state: Path) -> Context:
    return context_in(state, Project(state / "home").dataset(ID), "segunda")


def publish_elsewhere(state: Path, failpoint: str) -> int:
    """Publish in another process that dies at `failpoint`; returns how it ended."""
    done = subprocess.run(
        [sys.executable, str(SCENE), str(state), "segunda"],
        env={**os.environ, "PYTHONPATH": str(SCENE.parents[1]), "APERTURA_FAILPOINT": failpoint},
        capture_output=True,
        check=False,
    )
    return done.returncode


def assert_committed_or_not(state: Path, seen: dict[str, str]) -> None:
    """What a reader finds after a kill: `latest.json` names a version that has its manifest."""
    latest = json.loads((state / "public/datos/prueba/cosas/latest.json").read_text())
    assert f"datos/prueba/cosas/{latest['manifest']}" in seen


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    "point", [point if point in QUICK else pytest.param(point, marks=pytest.mark.slow) for point in POINTS]
)
def test_a_killed_publish_ends_as_if_nothing_had_happened(
    state: Path, undisturbed: dict[str, str], point: str, side: str
) -> None:
    assert publish_elsewhere(state, f"publish.{point}:{side}") == -signal.SIGKILL
    assert_committed_or_not(state, listing(state / "public"))
    assert publish(second_run(state)).outcome == "done"
    assert listing(state / "public") == undisturbed
    assert publish(second_run(state)).outcome == "unchanged"


@pytest.mark.slow
@pytest.mark.parametrize("point", ["file", "latest_file", "stale"])
def test_killed_after_every_single_write_it_still_gets_there(
    state: Path, undisturbed: dict[str, str], point: str
) -> None:
    kills = 0
    while publish_elsewhere(state, f"publish.{point}:after") == -signal.SIGKILL:
        kills += 1
        assert kills < 20
    assert kills == {"file": 10, "latest_file": 4, "stale": 4}[point]
    assert listing(state / "public") == undisturbed


def test_every_fail_point_of_the_room_is_one_of_these() -> None:
    room = Path(apertura.publish.__file__).parent
    source = "".join(path.read_text() for path in room.glob("*.py"))
    named = set(re.findall(r'failpoint\(f?"publish\.([a-z_{}]+):', source))
    # latest and versions share a line; document is the work file's own point; signature is only of datasets
    # with a privacy model, and has its kills in tests/pipeline.
    assert (named - {"{what}", "signature"}) | {"latest", "versions", "document"} == set(POINTS)


def test_a_full_disk_leaves_no_release_and_the_next_run_succeeds(
    state: Path, before: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APERTURA_FAILPOINT", "disk-full:publish")
    with pytest.raises(EngineError, match="disk is full"):
        publish(second_run(state))
    assert listing(state / "public") == listing(before / "public")
    assert list((state / "scratch").iterdir()) == []
    monkeypatch.delenv("APERTURA_FAILPOINT")
    publish(second_run(state))
    assert listing(state / "public") == undisturbed
