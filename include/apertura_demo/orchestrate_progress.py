"""What is happening: a table of datasets and stages on a terminal, else a line per change."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

STAGES = ("plan", "extract", "deidentify", "clean", "protect", "validate", "publish")
MARKS = {
    "success": "[green]✔[/]",
    "failed": "[red]✘[/]",
    "upstream_failed": "[red]–[/]",
    "skipped": "[dim]○[/]",
    "running": "[yellow]…[/]",
    "queued": "[dim]·[/]",
    "scheduled": "[dim]·[/]",
    "up_for_retry": "[yellow]↻[/]",
}
LOUDEST = (
    "failed",
    "running",
    "up_for_retry",
    "queued",
    "scheduled",
    "upstream_failed",
    "success",
    "skipped",
)
ENDED = ("success", "failed", "upstream_failed", "skipped", "removed")


@dataclass(frozen=True)
class Task:
    """One task instance, in the pipeline's words. `stage` is the task's own name, `partition` its label."""

    dataset: str
    stage: str
    task_id: str
    run_id: str
    partition: str
    map_index: int
    state: str
    seconds: float | None

    @classmethod
    def of(cls, found: dict[str, Any]) -> Task:
        """From the REST API's answer."""
        group, _, rest = str(found["task_id"]).partition(".")
        index = int(found["map_index"])
        return cls(
            dataset=f"{found['dag_id']}/{group}" if rest else str(found["dag_id"]),
            stage=(rest or group).rsplit(".", 1)[-1],
            task_id=str(found["task_id"]),
            run_id=str(found["dag_run_id"]),
            partition=str(found.get("rendered_map_index") or (index if index >= 0 else "")),
            map_index=index,
            state=str(found["state"] or "waiting"),
            seconds=found.get("duration"),
        )


def labelled(tasks: list[Task]) -> list[Task]:
    """Every task under its partition's key, also those Airflow has not labelled yet: by their siblings."""
    known = {(t.dataset, t.map_index): t.partition for t in tasks if t.partition != str(t.map_index)}
    return [replace(t, partition=known.get((t.dataset, t.map_index), t.partition)) for t in tasks]


@dataclass
class Progress:
    """A context in which `show` tells what changed."""

    console: Console
    tasks: list[Task] = field(default_factory=list)
    note: str = ""
    _started: float = field(default_factory=time.monotonic)
    _live: Live | None = None
    _told: dict[tuple[str, str, int], str] = field(default_factory=dict)

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=4, get_renderable=self._table)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, note: str) -> None:
        """What the orchestrator itself is doing."""
        self.note = note
        if self._live is None:
            self.console.print(f"{self._clock()} {note}", highlight=False, markup=False, soft_wrap=True)

    def show(self, tasks: list[Task]) -> None:
        """The state of all tasks now."""
        self.tasks = tasks
        if self._live is not None:
            return
        for task in tasks:
            key = (task.dataset, task.task_id, task.map_index)
            before = self._told.get(key)
            if task.state == before or task.state in ("waiting", "scheduled", "queued"):
                continue
            self._told[key] = task.state
            where = f"{task.stage}[{task.partition}]" if task.partition else task.stage
            took = f" {task.seconds:.1f} s" if task.state in ("success", "failed") and task.seconds else ""
            line = f"{self._clock()} {task.dataset:42} {where:24} {task.state}{took}"
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _clock(self) -> str:
        return f"[{time.monotonic() - self._started:5.1f} s]"

    def _table(self) -> Table:
        table = Table(title=f"{self._clock()} {self.note}", title_justify="left", show_edge=False)
        table.add_column("dataset")
        for stage in STAGES:
            table.add_column(stage, justify="center")
        for dataset in sorted({task.dataset for task in self.tasks}):
            cells = [_cell([t for t in self.tasks if (t.dataset, t.stage) == (dataset, s)]) for s in STAGES]
            table.add_row(dataset, *cells)
        return table


def _cell(tasks: list[Task]) -> str:
    """One mark; with how many have ended when a stage runs for several partitions."""
    if not tasks:
        return ""
    states = {task.state for task in tasks}
    order = (
        "failed",
        "running",
        "up_for_retry",
        "queued",
        "scheduled",
        "upstream_failed",
        "success",
        "skipped",
    )
    state = next((name for name in order if name in states), "waiting")
    mark = MARKS.get(state, "[dim] [/]")
    ended = sum(task.state in ENDED for task in tasks)
    return f"{mark} {ended}/{len(tasks)}" if len(tasks) > 1 else mark
