"""Killed before or after any write, then run again: the same public bucket as if nothing had happened."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_scene import ENDED, HOME, Scene
from pipeline_worker import work

from apertura.runs import failpoint
from apertura.settings import Settings

POINTS = [
    f"{place}:{side}"
    for place in (
        "extract.keep",
        "extract.state",
        "extract.document",
        "deidentify.table",
        "deidentify.document",
        "clean.table",
        "clean.state",
        "protect.table",
        "protect.document",
        "validate.document",
        "publish.signature",
        "publish.file",
        "publish.manifest",
        "publish.latest_file",
        "publish.latest",
        "publish.versions",
    )
    for side in ("before", "after")
]

QUICK = ("deidentify.table:after", "publish.file:after", "publish.manifest:after")
"""Killed at every test run; all other points are, too, where the slow tests run."""

# Forks from a process that has the heavy libraries loaded and no threads: a second per run, not five.
workers = multiprocessing.get_context("forkserver")
workers.set_forkserver_preload(
    ["great_expectations", "duckdb_engine", "pandas", "pyarrow.parquet", "apertura.cli"]
)


def in_a_process(world: Scene, settings: Settings, *, court: bool = False, **environment: str) -> int | None:
    """Run SAT, or the court, in a process of its own; answers its exit code, negative for a signal."""
    given = {"APERTURA_NOW": ENDED, **environment}
    process = workers.Process(target=work, args=(settings, world.folder, world.port, given, court))
    process.start()
    process.join(120)
    return process.exitcode


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, dict[str, str]]:
    """What an undisturbed run publishes; made once."""
    return {}


@pytest.mark.parametrize(
    "point",
    [point if point in QUICK else pytest.param(point, marks=pytest.mark.slow) for point in POINTS],
)
def test_killed_and_run_again(
    point: str, world: Scene, tmp_path: Path, undisturbed: dict[str, dict[str, str]]
) -> None:
    court = point.startswith("publish.signature")  # only a dataset with a privacy model signs its versions
    name = "oj" if court else "sat"
    if name not in undisturbed:
        calm = replace_buckets(world.settings, tmp_path / "calm")
        assert in_a_process(world, calm, court=court) == 0
        undisturbed[name] = Scene(calm, world.folder, world.server).published()
        assert undisturbed[name]
    assert in_a_process(world, world.settings, court=court, APERTURA_FAILPOINT=point) == -signal.SIGKILL, (
        "the point was not reached"
    )
    assert in_a_process(world, world.settings, court=court) == 0
    assert world.published() == undisturbed[name]
    assert list(world.settings.scratch.iterdir()) == [], "what the killed run had on the disk is gone"


def replace_buckets(settings: Settings, folder: Path) -> Settings:
    return replace(
        settings,
        private_url=(folder / "private").as_uri(),
        public_url=(folder / "public").as_uri(),
    )


def test_every_fail_point_of_the_code_is_listed() -> None:
    code = "".join(path.read_text() for path in (HOME / "include/apertura").rglob("*.py"))
    literal = set(re.findall(r'failpoint\("([\w.-]+):(?:before|after)"\)', code))
    # The inbox has tests of its own in tests/sources; `stale` needs a resource that went away. A withdrawal
    # and a build of the portal are no stages: tests/publish and tests/portal kill them.
    known = {point.rsplit(":", 1)[0] for point in POINTS} | {"publish.stale"}
    elsewhere = ("extract.inbox", "withdraw.", "portal.")
    assert {name for name in literal if not name.startswith(elsewhere)} <= known


def test_unset_fail_points_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(failpoint.VARIABLE, raising=False)
    failpoint.failpoint("publish.file:before")
    assert os.getpid()
