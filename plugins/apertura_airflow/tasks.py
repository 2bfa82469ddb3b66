"""What each task does: one call into the library, its outcome in Airflow's terms.

An error that can pass by itself is raised as it is and retried; one that cannot ends the task at once. What
a task returns (XCom) is keys and counts. Heavy imports stand inside the functions: DAG files import this.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from apertura.errors import (
    AperturaError,
    ContractError,
    SettingsError,
    bare,
    in_our_words,
    interruption,
)

if TYPE_CHECKING:
    from apertura.runs.context import Context, StageResult

R = TypeVar("R")
log = logging.getLogger(__name__)

CATALOGUE = Asset(name="catalogo", uri="x-apertura://catalogo", group="apertura")
"""Changes whenever any dataset has a new release."""


def dataset_asset(dataset_id: str) -> Asset:
    """The asset of `<institution>/<dataset>`; its events carry version, fingerprint and rows."""
    return Asset(name=dataset_id, uri=f"x-apertura://datos/{dataset_id}", group="apertura")


def plan(dataset_id: str, *, params: Mapping[str, Any], dag_run: Any) -> list[str]:
    """The partitions that are due; skips the dataset when it is not chosen or nothing is due."""
    if dataset_id.split("/")[1] not in params["datasets"]:
        raise AirflowSkipException("this dataset was not chosen in the trigger form")
    run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))

    def work(ctx: Context) -> list[str]:
        from apertura import pipeline
        from apertura_airflow import connections, notify

        due = pipeline.plan(
            ctx,
            connections.endpoint_of(ctx.dataset.contract),
            manual=run_type == "manual",
            partitions=list(params["partitions"]) or None,
            force=bool(params["force"]),
        )
        if not due:
            notify.if_late(ctx)
        return due

    due = _do(dataset_id, dag_run.run_id, work)
    if not due:
        raise AirflowSkipException("no partition is due")
    return due


def extract(dataset_id: str, partition: str, *, dag_run: Any) -> dict[str, Any]:
    """Get the partition's bytes from the institution."""

    def work(ctx: Context) -> StageResult:
        from apertura import pipeline
        from apertura_airflow import connections

        endpoint = connections.endpoint_of(ctx.dataset.contract)
        return pipeline.run_stage(ctx, "extract", partition, endpoint=endpoint)

    return {**_do(dataset_id, dag_run.run_id, work).to_json(), "partition": partition}


def deidentify(dataset_id: str, partition: str, *, dag_run: Any) -> dict[str, Any]:
    """Drop and pseudonymise what must not go on."""
    return _of_partition("deidentify", dataset_id, partition, dag_run)


def clean(dataset_id: str, partition: str, *, dag_run: Any) -> dict[str, Any]:
    """Normalise and type what is left."""
    return _of_partition("clean", dataset_id, partition, dag_run)


def protect(dataset_id: str, *, dag_run: Any, ti: Any) -> dict[str, Any]:
    """Combine the partitions: those this run cleaned, and the last good state of the others."""
    task_id = f"{dataset_id.split('/')[1]}.partitions.clean"
    cleaned = [found["partition"] for found in ti.xcom_pull(task_ids=[task_id]) if found]

    def work(ctx: Context) -> StageResult:
        from apertura import pipeline

        return pipeline.run_stage(ctx, "protect", partitions=sorted(cleaned))

    return _do(dataset_id, dag_run.run_id, work).to_json()


def validate(dataset_id: str, *, dag_run: Any) -> dict[str, Any]:
    """Hold the tables against the suite; a critical failure stops here."""

    def work(ctx: Context) -> StageResult:
        from apertura import pipeline

        return pipeline.run_stage(ctx, "validate")

    return _do(dataset_id, dag_run.run_id, work).to_json()


def publish(
    dataset_id: str, *, params: Mapping[str, Any], dag_run: Any, ti: Any, outlet_events: Any
) -> dict[str, Any]:
    """Make the release. Unchanged and superseded end skipped: a success would tell of a change."""

    def work(ctx: Context) -> StageResult:
        from apertura import pipeline
        from apertura_airflow import notify

        result = pipeline.run_stage(ctx, "publish", accept_fewer_rows=bool(params["accept_fewer_rows"]))
        if result.outcome != "done":
            notify.if_late(ctx)
        return result

    result = _do(dataset_id, dag_run.run_id, work)
    if result.outcome != "done":
        ti.xcom_push(key="return_value", value=result.to_json())
        raise AirflowSkipException(f"{dataset_id}: {result.outcome}, no new version")
    told = {
        "dataset": dataset_id,
        "version": result.version,
        "fingerprint": result.fingerprint,
        "rows": result.counts.get("rows"),
    }
    for asset in (dataset_asset(dataset_id), CATALOGUE):
        outlet_events[asset].extra = told
    return result.to_json()


def maintain(institution: str) -> dict[str, int]:
    """Remove what may not stay any longer of an institution; answers counts."""

    def work() -> dict[str, int]:
        from apertura import maintenance
        from apertura.settings import Settings

        settings = Settings.from_env()
        refuse_folder_elsewhere(settings.private_url, settings.public_url, _executors())
        return maintenance.maintain(settings, institution)

    return _in_airflow_terms(work)


def settled(*, dag_run: Any) -> bool:
    """Whether releases have stopped following each other; a run that a person triggered does not wait."""

    def work() -> bool:
        from apertura.portal.quiet import quiet
        from apertura.runs.context import utc_now
        from apertura.settings import Settings

        run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))
        return run_type == "manual" or quiet(Settings.from_env(), utc_now(), since=dag_run.start_date)

    return _in_airflow_terms(work)


def build_portal(*, params: Mapping[str, Any], dag_run: Any) -> dict[str, int]:
    """Build catalogue and portal from the manifests; answers counts. Fails when a dataset is damaged."""

    def work() -> dict[str, int]:
        from apertura import pipeline
        from apertura.portal.build import build
        from apertura.settings import Settings

        settings = Settings.from_env()
        refuse_folder_elsewhere(settings.private_url, settings.public_url, _executors())
        result = build(settings, run_id=dag_run.run_id, clock=pipeline.clock(), force=bool(params["force"]))
        for note in result.notes:
            log.warning("portal: %s", note)
        result.check()
        return {
            "datasets": result.datasets,
            "made": len(result.made),
            "written": result.written,
            "removed": result.removed,
        }

    return _in_airflow_terms(work)


def broken(what: str, name: str) -> None:
    """Fail with what `apertura check` says of a `dataset` or an `institution`."""
    from apertura.contract import Project
    from apertura.settings import Settings

    def work() -> None:
        project = Project(Settings.from_env().home)
        _ = project.dataset(name) if what == "dataset" else project.institution(name)
        raise ContractError(
            f"{name} was wrong when this DAG was read and is right now", hint="trigger the DAG again"
        )

    _in_airflow_terms(work)


def failed_partitions(dataset_id: str) -> None:
    """Make the run red: Airflow judges it by its last tasks, and those went well without the partition."""
    raise AirflowFailException(
        f"{dataset_id}: at least one partition failed; the release carries its last good state. "
        "Clear the failed task with its downstream tasks after mending the cause"
    )


def _of_partition(stage: str, dataset_id: str, partition: str, dag_run: Any) -> dict[str, Any]:
    def work(ctx: Context) -> StageResult:
        from apertura import pipeline

        return pipeline.run_stage(ctx, stage, partition)

    return {**_do(dataset_id, dag_run.run_id, work).to_json(), "partition": partition}


def _do(dataset_id: str, run_id: str, work: Callable[[Context], R]) -> R:
    """Do `work` in the run's context."""

    def in_context() -> R:
        from apertura import pipeline

        ctx = pipeline.context(dataset_id, run_id)
        refuse_folder_elsewhere(ctx.settings.private_url, ctx.settings.public_url, _executors())
        return work(ctx)

    return _in_airflow_terms(in_context)


def _in_airflow_terms(work: Callable[[], R]) -> R:
    """Retry what may pass; fail at once what cannot. Raised outside the except block: no chain is logged."""
    failure: BaseException
    try:
        return in_our_words(work)()
    except AperturaError as error:
        failure = error if error.retryable else AirflowFailException(str(error))
    except BaseException as error:
        failure = interruption(error)
    raise bare(failure)


def _executors() -> str:
    from airflow.sdk.configuration import conf

    return str(conf.get("core", "executor"))


def refuse_folder_elsewhere(private_url: str, public_url: str, executors: str) -> None:
    """SettingsError when a bucket is a folder and a task may run on another machine than the next one."""
    local = all(name.strip().rsplit(".", 1)[-1] == "LocalExecutor" for name in executors.split(","))
    if not local and any(url.startswith("file:") for url in (private_url, public_url)):
        raise SettingsError(
            "a bucket is a local folder, but this executor runs tasks on several machines",
            hint="set APERTURA_PRIVATE and APERTURA_PUBLIC to s3:// buckets",
        )
