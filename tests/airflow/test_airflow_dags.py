"""The DAGs that Airflow reads: their shape, what they import, what a wrong file does to them."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apertura.contract import Project

HOME = Path(__file__).resolve().parents[2]
PER_PARTITION = ("extract", "deidentify", "clean")


@pytest.fixture(scope="module")
def bag(airflow_home: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(str(HOME / "dags"))
    for name in ("mantenimiento", "catalogo"):  # of no institution: tests of their own
        found.dags.pop(name)
    return found


def broken_task(dag: Any, task_id: str) -> str:
    """What the failing task of something broken says."""
    from airflow.sdk.exceptions import AirflowFailException

    operator = dag.task_dict[task_id]
    with pytest.raises(AirflowFailException) as caught:
        operator.python_callable(*operator.op_args)
    assert caught.value.__context__ is None
    return str(caught.value)


def test_every_institution_has_one_dag_that_is_read_without_errors(bag: Any) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == set(Project(HOME).institution_names())


def test_a_dag_file_is_read_in_a_minute(bag: Any) -> None:
    for path in (HOME / "dags").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 10


def test_reading_a_dag_file_imports_no_engine() -> None:
    script = (
        "import json, runpy, sys; sys.path.insert(0, 'plugins'); "
        "[runpy.run_path(f'dags/{name}.py') for name in ('sat', 'mineduc', 'oj')]; "
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=HOME, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "apertura_airflow" in loaded
    heavy = {"pandas", "numpy", "pyarrow", "duckdb", "great_expectations", "boto3", "lxml", "openpyxl"}
    assert loaded & heavy == set()


def test_the_plugin_loads_and_is_the_only_file_that_airflow_runs(airflow_home: Path) -> None:
    from airflow import plugins_manager

    plugins_manager.ensure_plugins_loaded()
    assert plugins_manager.get_import_errors() == {}
    # A file of the package run by its bare name would have become a top-level module.
    for path in (HOME / "plugins" / "apertura_airflow").glob("*.py"):
        origin = getattr(sys.modules.get(path.stem), "__file__", None)
        assert origin is None or Path(origin) != path


@pytest.mark.slow
def test_heavy_libraries_are_preloaded_in_the_scheduler_only() -> None:
    script = (
        "import sys; sys.argv = ['airflow', sys.argv[1]]; sys.path.insert(0, 'plugins'); "
        "import apertura_plugin; print('great_expectations' in sys.modules)"
    )
    for component, expected in (("scheduler", "True"), ("dag-processor", "False"), ("api-server", "False")):
        done = subprocess.run(
            [sys.executable, "-c", script, component], cwd=HOME, capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[-1] == expected, component


def test_tasks_are_the_stages_in_their_order(bag: Any) -> None:
    for dataset_id in Project(HOME).dataset_ids():
        institution, name = dataset_id.split("/")
        tasks = bag.dags[institution].task_dict

        def downstream(task_id: str, tasks: Any = tasks, name: str = name) -> set[str]:
            return {
                found.removeprefix(f"{name}.")
                for found in tasks[f"{name}.{task_id}"].downstream_task_ids
                if not found.endswith("failed_partitions")
            }

        assert "partitions.extract" in downstream("plan")
        assert downstream("partitions.extract") == {"partitions.deidentify"}
        assert downstream("partitions.deidentify") == {"partitions.clean"}
        assert downstream("partitions.clean") == {"protect"}
        assert downstream("protect") == {"validate"}
        assert downstream("validate") == {"publish"}
        assert downstream("publish") == set()
        # A plan that succeeded must not count as the one good partition that protect asks for.
        assert tasks[f"{name}.protect"].upstream_task_ids == {f"{name}.partitions.clean"}


def test_tasks_know_owner_pool_timeout_retries_and_notice(bag: Any) -> None:
    from apertura_airflow import notify
    from apertura_airflow.pools import pools

    project = Project(HOME)
    existing = pools(project)
    for name, dag in bag.dags.items():
        institution = project.institution(name)
        assert dag.max_active_runs == 1
        assert dag.catchup is False
        assert {"apertura", name} <= set(dag.tags)
        assert Path(dag.fileloc) == HOME / "dags" / f"{name}.py"
        for task_id, operator in dag.task_dict.items():
            assert operator.owner == institution.owner
            assert operator.pool in existing, task_id
            if task_id.endswith(".failed_partitions"):
                continue
            assert operator.retries == 3
            assert operator.retry_exponential_backoff > 1
            assert operator.execution_timeout is not None
            callbacks = operator.on_failure_callback
            assert notify.on_failure in (callbacks if isinstance(callbacks, list | tuple) else [callbacks])
            asks_source = task_id.endswith((".plan", ".extract"))
            assert operator.pool == (f"apertura_{name}" if asks_source else "compute")


def test_docs_come_from_the_contracts(bag: Any) -> None:
    for dataset in Project(HOME).datasets():
        doc = bag.dags[dataset.contract.institution].doc_md
        assert dataset.contract.title in doc
        assert dataset.contract.landingPage in doc
        assert all(caveat in doc for caveat in dataset.contract.caveats)


def test_only_publish_has_outlets_the_dataset_and_the_catalogue(bag: Any) -> None:
    for dataset_id in Project(HOME).dataset_ids():
        institution, name = dataset_id.split("/")
        for task_id, operator in bag.dags[institution].task_dict.items():
            outlets = {(asset.name, asset.uri) for asset in operator.outlets}
            if task_id == f"{name}.publish":
                assert outlets == {
                    (dataset_id, f"x-apertura://datos/{dataset_id}"),
                    ("catalogo", "x-apertura://catalogo"),
                }
            elif task_id.startswith(f"{name}."):
                assert outlets == set()


def core_timetable(dag: Any) -> Any:
    """The timetable as the scheduler has it."""
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import DagSerialization

    found = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    assert isinstance(found, SerializedDAG)
    return found.timetable


def test_the_schedule_is_in_guatemala_time_and_unpausing_makes_no_run(bag: Any) -> None:
    from airflow.timetables.base import TimeRestriction

    assert bag.dags["sat"].start_date is None
    first = core_timetable(bag.dags["sat"]).next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(None, None, catchup=False)
    )
    now = dt.datetime.now(dt.UTC)
    # The next run lies ahead, so that nothing is created for a tick that has passed.
    assert now < first.run_after <= now + dt.timedelta(days=1)
    # 5:15 in Guatemala, which is always six hours behind UTC.
    assert first.run_after.astimezone(dt.UTC).time() == dt.time(11, 15)


def test_the_trigger_form_offers_the_datasets_and_refuses_the_rest(bag: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = bag.dags["sat"].params
    assert params.dump() == {
        "datasets": ["importacion-vehiculos"],
        "partitions": [],
        "force": False,
        "accept_fewer_rows": False,
    }
    params.get_param("datasets").resolve(["importacion-vehiculos"])
    params.get_param("partitions").resolve(["2024-01", "_"])
    for name, value in (
        ("datasets", ["otro"]),
        ("datasets", "importacion-vehiculos"),
        ("partitions", ["../2024-01"]),
        ("partitions", [".."]),
        ("partitions", ["2024-01/x"]),
        ("partitions", ["2024-01\n"]),
        ("partitions", "2024-01"),
        ("force", "yes"),
        ("accept_fewer_rows", 1),
    ):
        with pytest.raises(ParamValidationError):
            params.get_param(name).resolve(value)


def test_a_wrong_contract_is_one_failing_task_and_the_other_datasets_run(
    project_copy: Path, build: Any
) -> None:
    good = project_copy / "include" / "datasets" / "sat" / "importacion-vehiculos.yaml"
    wrong = good.with_name("otro-conjunto.yaml")
    wrong.write_text(
        good.read_text().replace("name: importacion-vehiculos", "name: otro-conjunto\nnombre: x", 1)
    )
    dag = build("sat")
    assert "importacion-vehiculos.publish" in dag.task_dict
    own = {task_id for task_id in dag.task_dict if task_id.startswith("otro-conjunto.")}
    assert own == {"otro-conjunto.contract"}
    told = broken_task(dag, "otro-conjunto.contract")
    assert "otro-conjunto.yaml" in told
    assert "nombre" in told
    assert dag.task_dict["otro-conjunto.contract"].pool == "default_pool"


def test_a_mended_contract_says_trigger_again(project_copy: Path, build: Any) -> None:
    path = project_copy / "include" / "datasets" / "sat" / "importacion-vehiculos.yaml"
    text = path.read_text()
    path.write_text("nombre: x\n" + text)
    dag = build("sat")
    path.write_text(text)
    assert "trigger the DAG again" in broken_task(dag, "importacion-vehiculos.contract")


@pytest.mark.parametrize("what", ["missing", "no yaml", "bad schedule"])
def test_a_wrong_institution_is_a_failing_task_every_day(project_copy: Path, build: Any, what: str) -> None:
    path = project_copy / "include" / "institutions" / "sat.yaml"
    if what == "missing":
        path.unlink()
    else:
        path.write_text(
            "a: [" if what == "no yaml" else path.read_text().replace("15 5 * * *", "a las cinco")
        )
    dag = build("sat")
    assert set(dag.task_dict) == {"contract"}
    assert dag.task_dict["contract"].pool == "default_pool"
    assert core_timetable(dag).summary == "0 6 * * *"
    assert "sat" in broken_task(dag, "contract")


def test_pools_are_listed_for_airflow_and_a_wrong_institution_has_none(project_copy: Path) -> None:
    from apertura_airflow.pools import pools

    (project_copy / "include" / "institutions" / "oj.yaml").write_text("a: [")
    found = pools(Project(project_copy))
    institutions = {path.stem for path in (project_copy / "include" / "institutions").glob("*.yaml")}
    assert set(found) == {"compute", *(f"apertura_{name}" for name in institutions - {"oj"})}
    assert found["apertura_sat"]["slots"] == Project(project_copy).institution("sat").pool_slots
    done = subprocess.run(
        [sys.executable, "-m", "apertura_airflow.pools"],
        cwd=HOME / "plugins",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "no pool for oj" in done.stderr
    assert set(json.loads(done.stdout)) == set(found)
