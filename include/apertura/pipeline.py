"""The stages in their order: one stage under its lease and record, or a whole run of a dataset."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from pathlib import Path

from apertura.contract import Project
from apertura.contract.check import check
from apertura.errors import AperturaError, ContractError, SettingsError, in_our_words
from apertura.runs import lease, records
from apertura.runs.context import STAGES, WHOLE, Context, StageResult, safe_run_id, utc_now
from apertura.settings import Settings
from apertura.sources.endpoint import Endpoint
from apertura.storage import open_buckets

Progress = Callable[[str, str, StageResult | None], None]
"""Told (stage, partition, None) when a stage starts and (stage, partition, result) when it ends."""

CLOCK = "APERTURA_NOW"
"""ISO time that stands in for now: a rehearsal gives the same versions each time."""


def clock() -> Callable[[], dt.datetime]:
    """What tells the time: the machine, or a fixed moment where `APERTURA_NOW` names one."""
    text = os.environ.get(CLOCK)
    if not text:
        return utc_now
    try:
        fixed = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        raise SettingsError(f"{CLOCK} is no ISO time", hint=f"unset {CLOCK}") from None
    return lambda: fixed


def context(
    dataset_id: str, run_id: str, *, settings: Settings | None = None, contract_file: Path | None = None
) -> Context:
    """Everything a run of `<institution>/<dataset>` needs.

    ContractError when its contract is wrong, SettingsError when the two buckets do not lie apart.
    """
    settings = settings or Settings.from_env()
    dataset = Project(settings.home).dataset(dataset_id, contract_file)
    wrong = [finding for finding in check(dataset, utc_now().date()) if finding.blocks]
    if wrong:
        raise ContractError(
            "\n".join(f"{dataset.path}: {finding.place}: {finding.message}" for finding in wrong),
            hint="mend the contract, then `apertura check`",
        )
    private, public = open_buckets(settings)
    return Context(
        dataset=dataset,
        run_id=safe_run_id(run_id),
        settings=settings,
        private=private,
        public=public,
        clock=clock(),
    )


def run_stage(
    ctx: Context,
    stage: str,
    partition: str = WHOLE,
    *,
    endpoint: Endpoint | None = None,
    files: list[Path] | None = None,
    partitions: list[str] | None = None,
    accept_fewer_rows: bool = False,
) -> StageResult:
    """Run one stage under the dataset's lease and record it; any error is ours and names what to do.

    `endpoint` or `files` are for extract, `partitions` (those of this run) for protect.
    """
    if partition != WHOLE:
        from apertura.sources.extract import check_partition

        check_partition(ctx, partition)  # before it stands in a record, a key or a message
    work = _stage(ctx, stage, partition, endpoint, files, partitions or [WHOLE], accept_fewer_rows)
    failure: AperturaError
    try:
        with lease.held(ctx, last=stage == STAGES[-1]):
            records.stage_started(ctx, stage, partition)
            started = time.monotonic()
            try:
                result = in_our_words(work)()
                records.stage_ended(ctx, result, partition, time.monotonic() - started)
            except AperturaError as error:
                _locate(ctx, stage, partition, error)
                records.stage_failed(ctx, stage, partition, error)
                raise
        return result
    except AperturaError as error:
        _locate(ctx, stage, partition, error)
        failure = error
    failure.__cause__ = failure.__context__ = None
    raise failure.with_traceback(None)


def _stage(
    ctx: Context,
    stage: str,
    partition: str,
    endpoint: Endpoint | None,
    files: list[Path] | None,
    partitions: list[str],
    accept_fewer_rows: bool,
) -> Callable[[], StageResult]:
    """The stage as a function of nothing. Imports here: a DAG file must not load engines."""

    def work() -> StageResult:
        if stage == "extract":
            from apertura.sources.extract import extract

            return extract(ctx, partition, endpoint, files=files)
        if stage == "deidentify":
            from apertura.prepare.deidentify import deidentify

            return deidentify(ctx, partition)
        if stage == "clean":
            from apertura.prepare.clean import clean

            return clean(ctx, partition)
        if stage == "protect":
            from apertura.prepare.protect import protect

            return protect(ctx, partitions)
        if stage == "validate":
            from apertura.quality import validate

            return validate(ctx)
        if stage == "publish":
            from apertura.publish import publish

            return publish(ctx, accept_fewer_rows=accept_fewer_rows)
        raise SettingsError(f"there is no stage {stage!r}", hint=f"stages are {', '.join(STAGES)}")

    return work


def next_command(ctx: Context, stage: str) -> str:
    """What an operator does after the cause is mended."""
    institution, dataset = ctx.dataset.id.split("/")
    return (
        f"clear task {dataset}.{stage} of DAG {institution} in Airflow, or run "
        f"`apertura run {ctx.dataset.id}`"
    )


def _locate(ctx: Context, stage: str, partition: str, error: AperturaError) -> None:
    """Say dataset, stage, partition and the next command, once."""
    place = f"{ctx.dataset.id} · {stage}" + (f" · {partition}" if partition != WHOLE else "")
    if error.message.startswith(place):
        return
    error.message = f"{place}: {error.message.removeprefix(f'{ctx.dataset.id}: ')}"
    error.args = (error.message,)
    error.hint = f"{error.hint}; then {next_command(ctx, stage)}" if error.hint else next_command(ctx, stage)


def _partition_of(ctx: Context, file: Path) -> str:
    """The partition that a file given on the command line belongs to, by its name or content."""
    from apertura.sources.content import partition_of_file

    if ctx.dataset.contract.partitions is None:
        return WHOLE
    key = partition_of_file(ctx, file.name, file)
    if key is None:
        raise SettingsError(
            f"{ctx.dataset.id} arrives in partitions, and this file does not say which one it is",
            hint="name it with --partition KEY",
        )
    return key


def plan(
    ctx: Context,
    endpoint: Endpoint | None,
    *,
    manual: bool = False,
    partitions: list[str] | None = None,
    force: bool = False,
) -> list[str]:
    """The partitions that are due now: what the source offers against what is already good."""

    def work() -> list[str]:
        from apertura.runs.due import due
        from apertura.sources.extract import offered

        return due(ctx, offered(ctx, endpoint), manual=manual, partitions=partitions, force=force)

    try:
        return in_our_words(work)()
    except AperturaError as error:
        _locate(ctx, "plan", WHOLE, error)
        records.stage_failed(ctx, "plan", WHOLE, error)
        raise


def run(
    ctx: Context,
    endpoint: Endpoint | None,
    *,
    partitions: list[str] | None = None,
    files: list[Path] | None = None,
    force: bool = False,
    accept_fewer_rows: bool = False,
    progress: Progress = lambda stage, partition, result: None,
) -> StageResult:
    """All stages of a dataset, one after the other, as `apertura run` does; returns publish's result.

    A partition that fails does not hold back the others: they are published with its last good state, and
    then its error is raised.
    """
    if files:
        due = partitions or [_partition_of(ctx, files[0])]
    else:
        due = plan(ctx, endpoint, manual=True, partitions=partitions, force=force)
    failed: list[AperturaError] = []
    good: list[str] = []

    def do(stage: str, partition: str = WHOLE) -> StageResult:
        progress(stage, partition, None)
        result = run_stage(
            ctx,
            stage,
            partition,
            endpoint=endpoint,
            files=files,
            partitions=good,
            accept_fewer_rows=accept_fewer_rows,
        )
        progress(stage, partition, result)
        return result

    for partition in due:
        try:
            for stage in ("extract", "deidentify", "clean"):
                do(stage, partition)
            good.append(partition)
        except AperturaError as error:
            failed.append(error)
    if not good and failed:
        raise failed[0]
    for stage in ("protect", "validate"):
        do(stage)
    result = do("publish")
    if failed:
        raise failed[0]
    return result
