"""The daily DAG that keeps what retention promises, and a task whose time runs out."""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apertura.contract import Project
from apertura.settings import Settings
from apertura.storage import open_bucket
from apertura_demo.orchestrate import _dag_ids

HOME = Path(__file__).resolve().parents[2]
SECRET = "JUAN PEREZ 1234567890101"
pytestmark = [pytest.mark.usefixtures("airflow_home")]


@pytest.fixture(scope="module")
def dag(airflow_home: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(HOME / "dags" / "maintenance.py"))
    assert bag.import_errors == {}
    assert list(bag.dags) == ["mantenimiento"]
    return bag.dags["mantenimiento"]


def test_it_has_one_task_for_each_institution(dag: Any) -> None:
    from apertura_airflow import notify

    project = Project(HOME)
    assert set(dag.task_dict) == set(project.institution_names())
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert Path(dag.fileloc) == HOME / "dags" / "maintenance.py"
    for name, operator in dag.task_dict.items():
        assert operator.pool == "compute"
        assert operator.owner == project.institution(name).owner
        assert operator.retries > 0
        assert operator.execution_timeout is not None
        assert operator.upstream_task_ids | operator.downstream_task_ids == set()
        callbacks = operator.on_failure_callback
        assert notify.on_failure in (callbacks if isinstance(callbacks, list | tuple) else [callbacks])


def test_it_runs_each_night_in_guatemala_and_unpausing_makes_no_run(dag: Any) -> None:
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    assert dag.start_date is None
    timetable = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).timetable
    first = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(None, None, catchup=False)
    )
    now = dt.datetime.now(dt.UTC)
    assert now < first.run_after <= now + dt.timedelta(days=1)
    assert first.run_after.astimezone(dt.UTC).time() == dt.time(10, 30)


@pytest.mark.slow
def test_reading_its_file_imports_no_engine() -> None:
    script = (
        "import json, runpy, sys; sys.path.insert(0, 'plugins'); runpy.run_path('dags/maintenance.py'); "
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=HOME, capture_output=True, text=True, check=True
    )
    heavy = {"pandas", "numpy", "pyarrow", "duckdb", "great_expectations", "boto3", "lxml", "openpyxl"}
    assert set(json.loads(done.stdout.splitlines()[-1])) & heavy == set()


def test_a_wrong_institution_is_one_failing_task(project_copy: Path) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from apertura_airflow.maintenance import build_dag

    (project_copy / "include" / "institutions" / "oj.yaml").write_text("a: [")
    built = build_dag()
    assert {"sat", "mineduc", "oj"} <= set(built.task_dict)
    operator: Any = built.task_dict["oj"]
    with pytest.raises(AirflowFailException, match="oj"):
        operator.python_callable(*operator.op_args)


def test_the_task_removes_what_is_old_and_answers_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from apertura_airflow import tasks

    monkeypatch.setenv("APERTURA_STATE", str(tmp_path))
    monkeypatch.setenv("APERTURA_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("APERTURA_NOW", (dt.datetime.now(dt.UTC) + dt.timedelta(days=31)).isoformat())
    private = open_bucket(Settings.from_env().private_url)
    private.put("extracts/oj/ab/ab", b"rows")
    found = tasks.maintain("oj")
    assert found["extracts"] == 1
    assert all(isinstance(count, int) for count in found.values())
    assert list(private.list("extracts/")) == []


def test_the_demonstration_runs_the_institutions_only(settings: Settings) -> None:
    assert _dag_ids(settings, None) == Project(HOME).institution_names()


def test_a_timeout_in_the_middle_of_an_error_takes_no_chain_into_the_log() -> None:
    from airflow.sdk.exceptions import AirflowTaskTimeout

    from apertura_airflow import tasks

    def alarm(*_: object) -> None:
        raise AirflowTaskTimeout("Timeout, PID: 1")

    def work() -> None:
        try:
            raise ValueError(f"invalid literal: {SECRET!r}")
        finally:  # as when the scratch folder is removed on a slow disk
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            while True:
                time.sleep(0.01)

    before = signal.signal(signal.SIGALRM, alarm)
    try:
        with pytest.raises(AirflowTaskTimeout) as caught:
            tasks._in_airflow_terms(work)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_overlapping_buckets_fail_the_task_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from apertura_airflow import tasks

    monkeypatch.setenv("APERTURA_PUBLIC", (tmp_path / "public").as_uri())
    monkeypatch.setenv("APERTURA_PRIVATE", (tmp_path / "public" / "privado").as_uri())
    run = SimpleNamespace(run_id="manual__1", run_type="manual")
    with pytest.raises(AirflowFailException, match="inside the other"):
        tasks.extract("oj/sentencias", "_", dag_run=run)
    assert list(tmp_path.iterdir()) == []
