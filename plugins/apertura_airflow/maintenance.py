"""The DAG that keeps what retention promises: each day, one task per institution."""

from __future__ import annotations

import datetime as dt
import sys

from airflow.sdk import DAG, task

from apertura.contract import Project
from apertura.errors import ContractError
from apertura.settings import Settings
from apertura_airflow import tasks
from apertura_airflow.build import OWNER, default_args, timetable
from apertura_airflow.pools import COMPUTE

DAG_ID = "mantenimiento"
SCHEDULE = "30 4 * * *"
"""Before the first institution's DAG: a dataset at work is passed over until the next day."""
TIMEOUT = dt.timedelta(hours=1)
DOC = """Removes what may not stay: work files and extracts older than `retention` of include/institutions/
allows, taken files of the inbox, releases that were never finished, and what killed tasks left on the
worker's disk. Never what a failed run or the last good state still needs. `apertura tidy` does the same by
hand. Leave this DAG switched on: the law and the promises to the institutions hang on it."""


def build_dag() -> DAG:
    """The DAG `mantenimiento`. It reads no contract: a wrong one must not keep old data alive."""
    project = Project(Settings.from_env().home)
    dag = DAG(
        DAG_ID,
        dag_display_name="Mantenimiento",
        description="Removes what may not be kept any longer",
        schedule=timetable(SCHEDULE),
        catchup=False,
        max_active_runs=1,
        tags={"apertura", DAG_ID},
        doc_md=DOC,
        default_args=default_args(OWNER),
    )
    # Airflow takes the file that calls DAG(), which is this one; the code view should show the thin file.
    dag.fileloc = sys._getframe(1).f_code.co_filename
    with dag:
        for name in project.institution_names():
            owner = _owner(project, name)
            each = task(task_id=name, pool=COMPUTE, execution_timeout=TIMEOUT, owner=owner)(tasks.maintain)
            each(name)
    return dag


def _owner(project: Project, institution: str) -> str:
    try:
        return project.institution(institution).owner
    except ContractError:  # the task fails and says what is wrong
        return OWNER
