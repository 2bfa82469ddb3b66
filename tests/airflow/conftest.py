"""Airflow for tests: a home of its own, set before anything imports airflow, and copies of the project."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's configuration for this process; no database is needed to read DAGs."""
    home = tmp_path_factory.mktemp("airflow")
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(HOME / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__LAZY_LOAD_PLUGINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    sys.path.insert(0, str(HOME / "plugins"))
    return home


@pytest.fixture
def project_copy(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project's declarations in a folder of the test's own, and Apertura pointed at it."""
    home = tmp_path / "project"
    for name in (
        "include/datasets",
        "include/institutions",
        "include/reference",
        "sql",
        "expectations",
        "dags",
    ):
        shutil.copytree(HOME / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("APERTURA_HOME", str(home))
    yield home


@pytest.fixture
def build(airflow_home: Path) -> Callable[[str], object]:
    """The DAG builder."""
    from apertura_airflow.build import build_dag

    return build_dag
