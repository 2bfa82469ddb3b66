"""`make run` itself: a real scheduler, every institution, and what their public bucket holds afterwards.

Each run starts a whole Airflow, so there are few, and the tests look at what they left.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from apertura.contract import Project
from apertura_demo.canary import default_canaries
from apertura_demo.orchestrate_airflow import free_port
from apertura_demo.scan import scan

HOME = Path(__file__).resolve().parents[2]
DATASETS = Project(HOME).dataset_ids()
NOW = "2026-02-01T12:00:00+00:00"
LATER = "2026-02-02T12:00:00+00:00"
SAT, MINEDUC, OJ = "sat/importacion-vehiculos", "mineduc/establecimientos-diversificado", "oj/sentencias"
OJ_TOO = "oj/catalogo-justicia"
AGAIN = ["--dags", "sat", "mineduc", "oj"]
"""Whom later runs ask: a website, a portal and a database. CI runs everybody twice by `make run` itself."""
PEOPLE = default_canaries()
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@dataclass(frozen=True)
class Ran:
    """What one run of the orchestrator left."""

    code: int
    output: str
    public: dict[str, tuple[str, int]]
    events: dict[str, dict[str, object]]
    states: dict[tuple[str, str], list[str]]
    tries: dict[str, int]
    leaks: list[str]


def leaks(state: Path, output: str) -> list[str]:
    """Canaries in anything a run leaves: public bucket, logs, Airflow's database, records, its own output."""
    told = state / "output.txt"
    told.write_text(output)
    private = state / "private"
    places = [state / "airflow", state / "public", state / "institutions.log", told]
    places += [private / name for name in ("runs", "partitions", "leases", "portal")]
    return [str(found) for found in scan([place for place in places if place.exists()], PEOPLE)]


def orchestrate(state: Path, *arguments: str, **variables: str) -> Ran:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("AIRFLOW", "APERTURA"))}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "apertura_demo.orchestrate",
            "run",
            "--canaries",
            "--state",
            str(state),
            *arguments,
        ],
        env=kept | {"APERTURA_NOW": NOW, "APERTURA_RETRY_SECONDS": "1"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
    )
    with closing(sqlite3.connect(state / "airflow" / "airflow.db")) as database:
        events = {
            name: json.loads(extra)
            for name, extra in database.execute(
                "SELECT asset.name, asset_event.extra FROM asset_event JOIN asset ON asset.id = asset_id"
            )
        }
        states: dict[tuple[str, str], list[str]] = {}
        tries: dict[str, int] = {}
        for dag_id, task_id, task_state, try_number in database.execute(
            "SELECT dag_id, task_id, state, try_number FROM task_instance ORDER BY map_index"
        ):
            states.setdefault((dag_id, task_id), []).append(task_state)
            tries[task_id] = max(tries.get(task_id, 0), try_number)
    found = leaks(state, done.stdout)
    return Ran(done.returncode, done.stdout, objects(state), events, states, tries, found)


def objects(state: Path) -> dict[str, tuple[str, int]]:
    """Every public object with its SHA-256 and modification time."""
    public = state / "public"
    return {
        str(path.relative_to(public)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted((public / "datos").rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(public).parts)
    }


def contents(ran: Ran) -> dict[str, str]:
    return {key: digest for key, (digest, _) in ran.public.items()}


def of(dataset: str, ran: Ran) -> dict[str, tuple[str, int]]:
    return {key: value for key, value in ran.public.items() if key.startswith(f"datos/{dataset}/")}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demonstration")


@pytest.fixture(scope="module")
def first(state: Path) -> Ran:
    return orchestrate(state)


@pytest.fixture(scope="module")
def second(state: Path, first: Ran) -> Ran:
    return orchestrate(state, *AGAIN)


@pytest.fixture(scope="module")
def third(state: Path, second: Ran) -> Ran:
    """One cell of one school changed; a month of SAT that is an error page; everything asked again."""
    school = next((state / "institutions" / "mineduc").glob("JALAPA*.xls"))
    data = school.read_bytes()
    changed = re.sub(rb"(?<=>)PRIVADO(?=<)", b"OFICIAL", data, count=1)
    assert changed != data
    school.write_bytes(changed)
    official = PEOPLE.of("funcionario").person
    page = f"<!DOCTYPE html><html><body>Servicio no disponible: {official.name} {official.cui}</body></html>"
    (state / "institutions" / "sat" / "web_imp_05012027.txt").write_text(page)
    return orchestrate(state, *AGAIN, "--force", APERTURA_NOW=LATER)


def leftovers(state: Path) -> list[str]:
    """Processes that still have something to do with this state folder."""
    found = []
    for process in psutil.process_iter():
        try:
            home = process.environ().get("AIRFLOW_HOME", "")
            if home.startswith(str(state)) or any(str(state) in part for part in process.cmdline()):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_the_first_run_publishes_every_dataset(first: Ran, state: Path) -> None:
    assert first.code == 0, first.output
    for dataset in DATASETS:
        latest = json.loads((state / "public" / "datos" / dataset / "latest.json").read_text())
        resources = Project(HOME).dataset(dataset).contract.resources
        assert set(latest["rows"]) == {resource.name for resource in resources}
        assert all(rows > 0 for rows in latest["rows"].values())
        suffixes = {file["path"].rsplit(".", 1)[1] for file in latest["files"]}
        assert suffixes == {"csv", "json", "xml", "parquet"}
        assert f"datos/{dataset}/versiones/{latest['version']}/release.json" in first.public
        line = next(line for line in first.output.splitlines() if line.strip().startswith(dataset))
        assert latest["version"] in line
        assert "published" in line


def test_the_portal_is_built_by_its_dag_after_them(first: Ran, second: Ran, state: Path) -> None:
    for ran in (first, second):
        assert ran.states[("catalogo", "build")] == ["success"]
        assert f"Portal: {state / 'public' / 'index.html'}" in ran.output
    for dataset in DATASETS:
        assert (state / "public" / "conjuntos" / dataset / "index.html").is_file()
    listed = json.loads((state / "public" / "catalogo" / "catalogo.json").read_text())
    assert set(DATASETS) <= set(re.findall(r"[a-z]+/[a-z-]+", json.dumps(listed)))


def test_each_release_is_an_asset_event_with_version_fingerprint_and_rows(first: Ran, state: Path) -> None:
    assert set(first.events) == {*DATASETS, "catalogo"}
    for dataset in DATASETS:
        latest = json.loads((state / "public" / "datos" / dataset / "latest.json").read_text())
        assert first.events[dataset] == {
            "dataset": dataset,
            "version": latest["version"],
            "fingerprint": latest["fingerprint"],
            "rows": sum(latest["rows"].values()),
        }


def test_partitions_are_mapped_and_named_by_their_key(first: Ran) -> None:
    months = first.states[("sat", "importacion-vehiculos.partitions.clean")]
    assert len(months) >= 2
    assert set(months) == {"success"}
    assert re.search(r"clean\[20\d\d-\d\d\]\s+success", first.output)
    assert first.states[("sat", "importacion-vehiculos.failed_partitions")] == ["skipped"]


def test_nothing_runs_afterwards_and_the_key_is_private(first: Ran, state: Path) -> None:
    assert leftovers(state) == []
    assert (state / "master.key").stat().st_mode & 0o777 == 0o600


def test_the_second_run_is_unchanged(first: Ran, second: Ran) -> None:
    assert second.code == 0, second.output
    # SHA-256 and modification times: nothing was written again.
    assert second.public == first.public
    assert second.events == {}
    for dataset in (SAT, MINEDUC, OJ, OJ_TOO):
        line = next(line for line in second.output.splitlines() if line.strip().startswith(dataset))
        assert "unchanged" in line or "not due" in line


def test_exactly_the_changed_dataset_gets_a_version(second: Ran, third: Ran) -> None:
    for dataset in set(DATASETS) - {MINEDUC}:
        assert of(dataset, third) == of(dataset, second)
    new = set(third.public) - set(second.public)
    assert len({key.split("/versiones/")[1].split("/")[0] for key in new}) == 1
    assert all(key.startswith(f"datos/{MINEDUC}/versiones/") for key in new)
    assert set(third.events) == {MINEDUC, "catalogo"}
    kept = {key for key in second.public if "/versiones/" in key}
    assert {key: third.public[key] for key in kept} == {key: second.public[key] for key in kept}


def test_a_failed_partition_stays_red_and_the_others_go_on(second: Ran, third: Ran) -> None:
    assert third.code == 1
    extracts = third.states[("sat", "importacion-vehiculos.partitions.extract")]
    assert sorted(extracts) == ["failed", "success", "success"]
    assert third.states[("sat", "importacion-vehiculos.protect")] == ["success"]
    assert third.states[("sat", "importacion-vehiculos.publish")] == ["skipped"]
    assert third.states[("sat", "importacion-vehiculos.failed_partitions")] == ["failed"]


def test_a_failure_is_told_with_its_place_and_the_next_command(third: Ran) -> None:
    told = third.output[third.output.index("Failed:") :]
    assert f"{SAT} · extract · 2027-01" in told
    assert f"apertura run {SAT}" in told
    assert "airflow tasks clear sat" in told
    assert "Servicio no disponible" not in third.output
    # What cannot pass by itself is not tried again.
    assert third.tries["importacion-vehiculos.partitions.extract"] == 1


def test_no_fake_person_is_in_anything_that_runs_leave(
    first: Ran, second: Ran, third: Ran, state: Path
) -> None:
    assert scan([state / "institutions"], PEOPLE), "they are in the extracts"
    assert (first.leaks, second.leaks, third.leaks) == ([], [], [])


@pytest.mark.parametrize("point", ["publish.manifest:before"])
def test_a_stage_that_is_killed_is_tried_again_to_the_same_end(
    first: Ran, state: Path, tmp_path: Path, point: str
) -> None:
    for name in ("oj", "justicia"):
        shutil.copytree(state / "institutions" / name, tmp_path / "institutions" / name)
    shutil.copy2(state / "master.key", tmp_path / "master.key")
    marker = tmp_path / "killed"
    killed = orchestrate(
        tmp_path, "--dags", "oj", APERTURA_FAILPOINT=point, APERTURA_FAILPOINT_ONCE=str(marker)
    )
    assert marker.exists()
    assert killed.code == 0, killed.output
    tries = (killed.tries["sentencias.publish"], killed.tries["catalogo-justicia.publish"])
    assert sorted(tries) == [1, 2], "one of both was killed, and tried again"
    undisturbed = of(OJ, first) | of(OJ_TOO, first)
    assert contents(killed) == {key: digest for key, (digest, _) in undisturbed.items()}
    assert set(killed.events) == {OJ, OJ_TOO, "catalogo"}


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopping_in_the_middle_leaves_no_process(tmp_path: Path, sign: signal.Signals) -> None:
    command = [
        sys.executable,
        "-m",
        "apertura_demo.orchestrate",
        "run",
        "--state",
        str(tmp_path),
        "--dags",
        "oj",
    ]
    # A test runner in the background has SIGINT ignored, which children would inherit.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    for line in process.stdout:
        if "waiting for Airflow" in line:
            process.send_signal(sign)
            break
    rest = process.stdout.read()
    assert process.wait(60) == 130, rest
    assert "Stopped." in rest
    assert "Traceback" not in rest
    assert leftovers(tmp_path) == []


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = str(sock.getsockname()[1])
        for variable, ports in (
            ("AIRFLOW_PORT", ["--airflow-port", port]),
            ("PUBLIC_PORT", ["--airflow-port", str(free_port()), "--public-port", port]),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "apertura_demo.orchestrate", "up", "--state", str(state), *ports],
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 2
            assert f"port {port} is taken" in done.stdout
            assert f"{variable}=" in done.stdout
    assert not (state / "airflow").exists()
