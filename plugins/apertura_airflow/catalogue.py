"""The DAG that rebuilds catalogue and portal: after releases, once for many, and each night."""

from __future__ import annotations

import datetime as dt
import sys

from airflow.sdk import DAG, AssetOrTimeSchedule, Param, task

from apertura.settings import SETTLINGS, Settings
from apertura_airflow import tasks
from apertura_airflow.build import OWNER, default_args, timetable
from apertura_airflow.pools import COMPUTE

DAG_ID = "catalogo"
SCHEDULE = "10 0 * * *"
"""Just after midnight: what is late today is not what was late yesterday."""
TIMEOUT = dt.timedelta(hours=1)
DOC = """Builds the catalogue in every standard and the portal from the release manifests of the public
bucket. It runs when the asset `x-apertura://catalogo` changes, which each new release does, and each night.
`settle` waits until releases stop following each other, so that many of them are one build; while one build
runs, Airflow gathers further events for the next. A run that somebody triggers does not wait.

Only what differs is written; *force* makes every page again. A damaged dataset does not keep back the others:
they are built, and the task fails and says which it is. `apertura catalogue` does the same by hand."""


def build_dag() -> DAG:
    """The DAG `catalogo`. It reads no contract: a wrong one must not keep the others from being shown."""
    dag = DAG(
        DAG_ID,
        dag_display_name="Catálogo y portal",
        description="Builds catalogue and portal from what is published",
        schedule=AssetOrTimeSchedule(timetable=timetable(SCHEDULE), assets=[tasks.CATALOGUE]),
        catchup=False,
        max_active_runs=1,
        tags={"apertura", DAG_ID},
        doc_md=DOC,
        params={
            "force": Param(
                False,
                type="boolean",
                title="Force",
                description="Make every page again, also unchanged ones.",
            )
        },
        default_args=default_args(OWNER),
    )
    # Airflow takes the file that calls DAG(), which is this one; the code view should show the thin file.
    dag.fileloc = sys._getframe(1).f_code.co_filename
    with dag:
        settle_seconds = max(1, Settings.from_env().portal_settle_seconds)
        # Rescheduled, so that waiting takes no slot from the stages that publish meanwhile.
        settle = task.sensor(
            task_id="settle",
            mode="reschedule",
            poke_interval=settle_seconds,
            # After SETTLINGS settling times it waits no more; the rest is for a busy scheduler.
            timeout=(SETTLINGS + 10) * settle_seconds + 600,
        )(tasks.settled)
        build = task(task_id="build", pool=COMPUTE, execution_timeout=TIMEOUT)(tasks.build_portal)
        settle() >> build()
    return dag
