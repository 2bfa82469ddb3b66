"""The DAG that rebuilds catalogue and portal: what starts it, many releases are one build, its failures."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apertura.portal.quiet import quiet
from apertura.settings import SETTLINGS, Settings
from apertura.storage import open_bucket

HOME = Path(__file__).resolve().parents[2]
MANUAL = SimpleNamespace(run_id="manual__1", run_type="manual", start_date=None)
ASSET = SimpleNamespace(run_id="asset__1", run_type="asset_triggered", start_date=None)
pytestmark = [pytest.mark.usefixtures("airflow_home")]


@pytest.fixture(scope="module")
def dag(airflow_home: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(HOME / "dags" / "catalogue.py"))
    assert bag.import_errors == {}
    assert list(bag.dags) == ["catalogo"]
    return bag.dags["catalogo"]


def timetable(dag: Any) -> Any:
    """As the scheduler has it."""
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).timetable


def test_the_shared_asset_and_every_night_start_it(dag: Any) -> None:
    from airflow.timetables.base import TimeRestriction

    found = timetable(dag)
    assert [asset.uri for _, asset in found.asset_condition.iter_assets()] == ["x-apertura://catalogo"]
    first = found.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(None, None, catchup=False)
    )
    now = dt.datetime.now(dt.UTC)
    assert now < first.run_after <= now + dt.timedelta(days=1)
    assert first.run_after.astimezone(dt.UTC).time() == dt.time(6, 10)  # ten past midnight in Guatemala


def test_one_build_at_a_time_that_waits_without_a_slot(dag: Any) -> None:
    from apertura_airflow import notify
    from apertura_airflow.pools import COMPUTE

    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert Path(dag.fileloc) == HOME / "dags" / "catalogue.py"
    assert "x-apertura://catalogo" in dag.doc_md
    settle, build = dag.task_dict["settle"], dag.task_dict["build"]
    assert settle.downstream_task_ids == {"build"}
    assert settle.mode == "reschedule"
    assert build.pool == COMPUTE
    for operator in (settle, build):
        assert operator.retries > 0
        callbacks = operator.on_failure_callback
        assert notify.on_failure in (callbacks if isinstance(callbacks, list | tuple) else [callbacks])


@pytest.mark.slow
def test_reading_its_file_imports_no_engine() -> None:
    script = (
        "import json, runpy, sys; sys.path.insert(0, 'plugins'); runpy.run_path('dags/catalogue.py'); "
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=HOME, capture_output=True, text=True, check=True
    )
    heavy = {
        "pandas", "numpy", "pyarrow", "duckdb", "great_expectations", "boto3", "lxml", "rdflib", "vl_convert",
    }  # fmt: skip
    assert set(json.loads(done.stdout.splitlines()[-1])) & heavy == set()


def test_releases_that_follow_each_other_are_waited_for_but_not_for_ever(settings: Settings) -> None:
    own = replace(settings, portal_settle_seconds=15)
    public = open_bucket(own.public_url)
    for name in ("a", "b"):
        public.put(f"datos/sat/{name}/versiones/20260101T000000Z-00000000/release.json", b"{}")
    written = max(stat.modified for stat in public.list("datos/"))

    def after(seconds: int) -> dt.datetime:
        return written + dt.timedelta(seconds=seconds)

    assert not quiet(own, after(14))
    assert quiet(own, after(15))
    assert quiet(own, after(1), since=after(1 - 15 * SETTLINGS))
    assert not quiet(own, after(1), since=after(0))
    public.put("datos/sat/a/versiones/20260101T000000Z-00000000/cosas.csv", b"x")
    assert quiet(own, after(15)), "a file is no release"


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("APERTURA_PUBLIC", "APERTURA_PRIVATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("APERTURA_STATE", str(tmp_path))
    monkeypatch.setenv("APERTURA_SCRATCH", str(tmp_path / "scratch"))
    return tmp_path


def test_somebody_who_triggers_it_does_not_wait(state: Path) -> None:
    from apertura_airflow import tasks

    public = open_bucket(Settings.from_env().public_url)
    public.put("datos/sat/a/versiones/20260101T000000Z-00000000/release.json", b"{}")
    assert tasks.settled(dag_run=MANUAL)
    assert not tasks.settled(dag_run=ASSET)


def test_a_damaged_dataset_fails_the_task_after_the_site_is_built(state: Path) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from apertura_airflow import tasks

    public = open_bucket(Settings.from_env().public_url)
    assert tasks.build_portal(params={"force": False}, dag_run=MANUAL)["datasets"] == 0
    public.delete("index.html")
    public.put("datos/sat/a/versiones/20260101T000000Z-00000000/release.json", b"{")
    with pytest.raises(AirflowFailException, match="sat/a"):
        tasks.build_portal(params={"force": False}, dag_run=MANUAL)
    assert public.stat("index.html") is not None
