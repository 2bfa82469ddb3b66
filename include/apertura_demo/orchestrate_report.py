"""What came of it: a table of releases, what failed and how to run it again, what Airflow itself cost."""

from __future__ import annotations

import json
import re
import shlex
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from apertura.contract import Project
from apertura.errors import AperturaError
from apertura.quality.counts import about_people
from apertura.runs import records
from apertura.runs.context import WHOLE, safe_run_id
from apertura.settings import Settings
from apertura.storage import Bucket, open_bucket
from apertura_demo.orchestrate_progress import Task

Record = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """One dataset after the run; `release` is what `latest.json` says, None when nothing is published.

    `rounded`: its counts are rounded, because it is about people.
    """

    dataset: str
    tasks: list[Task]
    record: Record
    release: Record | None
    rounded: bool

    @property
    def word(self) -> str:
        """published, unchanged, superseded, failed or not due."""
        if any(task.state in ("failed", "upstream_failed") for task in self.tasks):
            return "failed"
        publish = self.record.get("stages", {}).get("publish", {}).get(WHOLE, {})
        words = {"done": "published", "unchanged": "unchanged", "superseded": "superseded"}
        return words.get(publish.get("outcome", ""), "not due")

    def count(self, stage: str, name: str) -> int | None:
        """A count of the run record, added up over the partitions; None when the stage does not tell it."""
        parts = self.record.get("stages", {}).get(stage, {}).values()
        found = [part["counts"][name] for part in parts if name in part.get("counts", {})]
        return sum(found) if found else None


def outcomes(settings: Settings, tasks: list[Task]) -> list[Outcome]:
    """One per dataset, from the buckets and the task instances."""
    private, public = open_bucket(settings.private_url), open_bucket(settings.public_url)
    found = []
    for dataset in sorted({task.dataset for task in tasks}):
        own = [task for task in tasks if task.dataset == dataset]
        record = records.load(private, dataset, safe_run_id(own[0].run_id)) or {}
        found.append(Outcome(dataset, own, record, _release(public, dataset), _rounded(settings, dataset)))
    return found


def _rounded(settings: Settings, dataset: str) -> bool:
    try:
        return about_people(Project(settings.home).dataset(dataset).contract)
    except AperturaError:
        return False  # a broken contract: its run counted nothing


def _release(public: Bucket, dataset: str) -> Record | None:
    try:
        latest: Record = json.loads(public.get(f"datos/{dataset}/latest.json"))
    except KeyError:
        return None
    return latest


def overhead(found: list[Outcome]) -> float | None:
    """Median over the stages' tasks of their seconds in Airflow minus those the stage itself took."""
    differences = []
    for outcome in found:
        for task in outcome.tasks:
            part = outcome.record.get("stages", {}).get(task.stage, {}).get(task.partition or WHOLE, {})
            if task.seconds is not None and "seconds" in part:
                differences.append(task.seconds - part["seconds"])
    return statistics.median(differences) if differences else None


def print_releases(console: Console, found: list[Outcome], public: Path) -> None:
    """The table at the end, a line for each dataset, and where the files are."""
    table = Table(show_edge=False, box=None, pad_edge=False)
    for name in ("dataset", "result", "version", "rows in → out", "quality", "files"):
        table.add_column(name, overflow="fold", no_wrap=True)
    for outcome in found:
        table.add_row(
            outcome.dataset,
            outcome.word,
            str((outcome.release or {}).get("version", "–")),
            f"{_about(outcome)}{_number(_rows_in(outcome))} → {_number(_rows(outcome.release))}",
            _quality(outcome),
            _files(outcome.release),
        )
    console.print(table)
    console.print(f"Files: {public / 'datos'}", highlight=False, soft_wrap=True)


def print_failures(console: Console, found: list[Outcome], log_folder: Path, state: Path) -> None:
    """Each failed task: its error in our words, and how to run it again."""
    for outcome in found:
        for task in outcome.tasks:
            if task.state != "failed" or task.stage == "failed_partitions":
                continue
            where = f"{outcome.dataset} · {task.stage}" + (f" · {task.partition}" if task.partition else "")
            console.print(f"\nFailed: {where}", style="bold red", highlight=False, soft_wrap=True)
            for line in _why(outcome, task, log_folder):
                console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
            institution = outcome.dataset.partition("/")[0]
            regex = shlex.quote(f"^{re.escape(task.task_id)}$")
            # Without --only-failed: downstream tasks that went well must run again, too.
            clear = f"airflow tasks clear {institution} --task-regex {regex} --downstream --yes"
            again = f"APERTURA_STATE={shlex.quote(str(state))} apertura run {outcome.dataset}"
            console.print(f"  Run it again, in a running Airflow: {clear}", highlight=False, soft_wrap=True)
            console.print(f"  or without Airflow: {again}", highlight=False, soft_wrap=True)


def print_portal(console: Console, tasks: list[Task], state: Path, log_folder: Path) -> None:
    """Where the home page is and how long the build took; or where to read why there is none."""
    home = state / "public" / "index.html"
    failed = [task for task in tasks if task.state in ("failed", "upstream_failed")]
    if failed:
        logs = log_folder / f"dag_id={failed[0].dataset}/run_id={failed[0].run_id}"
        console.print(
            f"\nThe portal failed; its log: {logs}", style="bold red", highlight=False, soft_wrap=True
        )
        return
    seconds = sum(task.seconds or 0.0 for task in tasks if task.stage == "build")
    console.print(
        f"Portal: {home} (built in {seconds:.1f} s; `make up` serves it)", highlight=False, soft_wrap=True
    )


def _why(outcome: Outcome, task: Task, log_folder: Path) -> list[str]:
    part = outcome.record.get("stages", {}).get(task.stage, {}).get(task.partition or WHOLE, {})
    error = part.get("error")
    if error:
        return [error["message"], *([f"What to do: {error['hint']}"] if error.get("hint") else [])]
    folder = f"dag_id={outcome.dataset.partition('/')[0]}/run_id={task.run_id}/task_id={task.task_id}"
    return [f"The stage left no error of its own; its log: {log_folder / folder}"]


def _rows(release: Record | None) -> int | None:
    rows = (release or {}).get("rows")
    if isinstance(rows, dict):
        return sum(rows.values())
    return rows if isinstance(rows, int) else None


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _rows_in(outcome: Outcome) -> int | None:
    """All partitions of the release, where protect tells it; else those that this run read."""
    combined = outcome.count("protect", "rows_in")
    return outcome.count("deidentify", "rows_in") if combined is None else combined


def _about(outcome: Outcome) -> str:
    return "≈ " if outcome.rounded and _rows_in(outcome) is not None else ""


def _quality(outcome: Outcome) -> str:
    evaluated = outcome.count("validate", "expectations")
    if evaluated is None:
        return "–"
    warnings = outcome.count("validate", "failed_warning") or 0
    notes = outcome.count("validate", "failed_info") or 0
    return f"{evaluated - warnings - notes}/{evaluated}" + (f", {warnings} warn" if warnings else "")


def _files(release: Record | None) -> str:
    """How many data files there are and their size together; `latest.json` lists each with its own."""
    files = (release or {}).get("files") or []
    return f"{len(files)}, {_size(sum(int(file['bytes']) for file in files))}" if files else "–"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
