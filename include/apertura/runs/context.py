"""What every stage is given, and what every stage answers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apertura.contract import Dataset
from apertura.settings import Settings
from apertura.storage import Bucket
from apertura.storage.scratch import scratch_folder

STAGES = ("extract", "deidentify", "clean", "protect", "validate", "publish")
WHOLE = "_"
"""The partition key of a dataset that is not partitioned."""


def utc_now() -> dt.datetime:
    """Now, in UTC, to the second: nothing we write is finer."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def safe_run_id(run_id: str) -> str:
    """A scheduler's run id as a part of a key."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", run_id)[:120]


@dataclass(frozen=True)
class Context:
    """One run of one dataset."""

    dataset: Dataset
    run_id: str
    settings: Settings
    private: Bucket
    public: Bucket
    clock: Callable[[], dt.datetime] = utc_now

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder on the worker's disk, readable by us alone, gone after the block whatever happens.

        After a kill the next one, of any run on this worker, takes it away.
        """
        with scratch_folder(self.settings.scratch) as folder:
            yield folder


@dataclass(frozen=True)
class StageResult:
    """What a stage did: goes into XCom and the run record, so it holds keys and counts only.

    `outcome` is done, unchanged, superseded or skipped. `notes` are sentences of ours without values.
    """

    stage: str
    outcome: str
    fingerprint: str
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    version: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "stage": self.stage,
            "outcome": self.outcome,
            "fingerprint": self.fingerprint,
            "counts": dict(self.counts),
            "notes": list(self.notes),
            "version": self.version,
        }
