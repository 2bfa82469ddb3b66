"""One DAG per institution, one task group per dataset, one task per stage: all from the contracts.

This runs whenever Airflow reads a DAG file, so it loads contracts and nothing heavier.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param, TaskGroup, TriggerRule, task, task_group

from apertura.contract import Dataset, Institution, Project
from apertura.errors import ContractError
from apertura.settings import Settings
from apertura_airflow import notify, tasks
from apertura_airflow.pools import COMPUTE, institution_pool

TIMEZONE = "America/Guatemala"
OWNER = "apertura"
"""Who answers for what no institution does."""
WHEN_UNKNOWN = "0 6 * * *"
"""Schedule of an institution whose own file is wrong: daily, so that somebody sees it fail."""

TIMEOUTS = {
    "plan": dt.timedelta(minutes=15),
    "extract": dt.timedelta(hours=2),
    "deidentify": dt.timedelta(hours=2),
    "clean": dt.timedelta(hours=2),
    "protect": dt.timedelta(hours=3),
    "validate": dt.timedelta(hours=1),
    "publish": dt.timedelta(hours=2),
}
RETRIES = 3
LONGEST_RETRY_DELAY = dt.timedelta(minutes=30)


def build_dag(name: str) -> DAG:
    """The DAG of one institution. What is wrong in its files becomes a task that fails and says so."""
    project = Project(Settings.from_env().home)
    dataset_ids = project.dataset_ids(name)
    try:
        institution = project.institution(name)
        schedule = _schedule(institution)
    except ContractError:
        dag = _dag(name, None, timetable(WHEN_UNKNOWN), dataset_ids)
        with dag:
            _broken("institution", name)
        return dag
    dag = _dag(name, institution, schedule, dataset_ids)
    documents: list[str] = []
    with dag:
        for dataset_id in dataset_ids:
            try:
                dataset = project.dataset(dataset_id)
            except ContractError:
                with TaskGroup(dataset_id.split("/")[1], tooltip="its contract is wrong"):
                    _broken("dataset", dataset_id)
                documents.append(f"### {dataset_id}\n\nIts contract is wrong: see the task `contract`.")
                continue
            _dataset_group(dataset, institution)
            dag.tags.add(dataset.contract.theme)
            documents.append(_dataset_doc(dataset))
    dag.doc_md = "\n\n".join([dag.doc_md or "", *documents])
    return dag


def timetable(cron: str) -> CronTriggerTimetable:
    """A cron line in Guatemala time."""
    # Without a start date and with nothing run immediately, unpausing creates no run of its own.
    return CronTriggerTimetable(cron, timezone=TIMEZONE, run_immediately=dt.timedelta(0))


def _schedule(institution: Institution) -> CronTriggerTimetable:
    from croniter import croniter  # type: ignore[import-untyped]

    if not croniter.is_valid(institution.schedule):
        raise ContractError(
            f"institution {institution.name}: `schedule` is no cron line", hint="as in: 15 5 * * *"
        )
    return timetable(institution.schedule)


def _dag(
    name: str, institution: Institution | None, schedule: CronTriggerTimetable, dataset_ids: list[str]
) -> DAG:
    title = institution.title if institution else name
    dag = DAG(
        name,
        dag_display_name=title,
        description=f"Open data of {title}",
        schedule=schedule,
        catchup=False,
        max_active_runs=1,
        tags={"apertura", name},
        doc_md=_institution_doc(name, institution),
        params=_params([dataset_id.split("/")[1] for dataset_id in dataset_ids]),
        default_args=default_args(institution.owner if institution else OWNER),
    )
    # Airflow takes the file that calls DAG(), which is this one; the code view should show the thin file.
    dag.fileloc = sys._getframe(2).f_code.co_filename
    return dag


def default_args(owner: str) -> dict[str, Any]:
    """What all tasks have: who answers for them, how they are tried again, who is told when they fail."""
    return {
        "owner": owner,
        "retries": RETRIES,
        "retry_delay": _retry_delay(),
        "retry_exponential_backoff": 2,
        "max_retry_delay": LONGEST_RETRY_DELAY,
        "on_failure_callback": notify.on_failure,
    }


def _retry_delay() -> dt.timedelta:
    text = os.environ.get("APERTURA_RETRY_SECONDS", "")
    return dt.timedelta(seconds=int(text) if text.isdigit() else 30)


def _params(names: list[str]) -> dict[str, Any]:
    """The trigger form."""
    return {
        "datasets": Param(
            names,
            type="array",
            items={"type": "string", "enum": names} if names else {"type": "string"},
            examples=names,
            uniqueItems=True,
            title="Datasets",
            description="Those that are not chosen are skipped.",
        ),
        "partitions": Param(
            [],
            type="array",
            items={"type": "string", "pattern": r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,39}$(?!\n)"},
            uniqueItems=True,
            title="Partitions",
            description="Keys, one a line (2024-01). Empty: those that are due.",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Force",
            description="Run every partition again; the same input still ends unchanged.",
        ),
        "accept_fewer_rows": Param(
            False,
            type="boolean",
            title="Accept fewer rows",
            description="Publish although rows fell more than the contract tolerates.",
        ),
    }


def _dataset_group(dataset: Dataset, institution: Institution) -> None:
    """plan, then extract to clean for each partition, then the combination's stages."""
    contract = dataset.contract
    polite = institution_pool(institution.name)

    def stage(name: str, pool: str = COMPUTE, **arguments: Any) -> Any:
        decorated = task(task_id=name, pool=pool, execution_timeout=TIMEOUTS[name], **arguments)
        return decorated(getattr(tasks, name))

    with TaskGroup(contract.name, tooltip=contract.title):
        planned = stage("plan", pool=polite)(dataset.id)

        @task_group(group_id="partitions", tooltip="one row of tasks per partition")
        def partitions(partition: Any) -> None:
            label = {"map_index_template": "{{ task.op_kwargs['partition'] }}"}
            extracted = stage("extract", pool=polite, **label)(dataset.id, partition=partition)
            deidentified = stage("deidentify", **label)(dataset.id, partition=partition)
            extracted >> deidentified >> stage("clean", **label)(dataset.id, partition=partition)

        mapped = partitions.expand(partition=planned)
        # Runs when all partitions have ended and one of them well; a skipped or failed plan skips or
        # blocks it, since it hangs on clean alone.
        protected = stage("protect", trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)(dataset.id)
        outlets = [tasks.dataset_asset(dataset.id), tasks.CATALOGUE]
        published = stage("publish", outlets=outlets)(dataset.id)
        mapped >> protected >> stage("validate")(dataset.id) >> published
        if contract.partitions is not None:
            watch = task(
                task_id="failed_partitions",
                pool=COMPUTE,
                trigger_rule=TriggerRule.ONE_FAILED,
                retries=0,
                on_failure_callback=None,
            )(tasks.failed_partitions)
            mapped >> watch(dataset.id)


def _broken(what: str, name: str) -> None:
    # In Airflow's own pool: with a wrong institution file there is no pool of ours to count on.
    contract = task(task_id="contract", retries=0, execution_timeout=TIMEOUTS["plan"])(tasks.broken)
    contract(what, name)


def _institution_doc(name: str, institution: Institution | None) -> str:
    if institution is None:
        return f"include/institutions/{name}.yaml is missing or wrong: see the task `contract`."
    return (
        f"[{institution.title}]({institution.homepage}). "
        f"Runs at `{institution.schedule}` Guatemala time; each dataset decides by itself what is due. "
        "To run something again: clear its failed task with its downstream tasks, or trigger the DAG and "
        "choose datasets and partitions."
    )


def _dataset_doc(dataset: Dataset) -> str:
    contract = dataset.contract
    resources = ", ".join(f"`{resource.name}`" for resource in contract.resources)
    caveats = "".join(f"\n- {caveat}" for caveat in contract.caveats)
    return (
        f"### {contract.title} (`{contract.id}`)\n\n{contract.description}\n\n"
        f"Frequency: {contract.accrualPeriodicity}. Source: {contract.source.kind}, "
        f"[landing page]({contract.landingPage}). Resources: {resources}. "
        f"Review of the release decision due {contract.release.review.isoformat()}.\n{caveats}"
    )
