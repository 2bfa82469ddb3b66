"""Run records: what each run of a dataset did, stage by stage, in the private bucket.

runs/<institution>/<dataset>/<run>.json holds outcomes, counts, fingerprints and our own error messages;
never a value. Tasks of one run write at the same time, so every change is a compare-and-swap.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from apertura.errors import (
    AlreadyExistsError,
    AperturaError,
    PreconditionFailedError,
    StorageUnavailableError,
)
from apertura.runs.context import WHOLE, Context, StageResult
from apertura.storage import Bucket

ATTEMPTS = 50
Record = dict[str, Any]


def record_key(dataset_id: str, run_id: str) -> str:
    """Where a run's record lies."""
    return f"runs/{dataset_id}/{run_id}.json"


def update_json(bucket: Bucket, key: str, change: Callable[[Record], Record]) -> Record:
    """Read, change, write back unless somebody else wrote in between; then again."""
    for _ in range(ATTEMPTS):
        stat = bucket.stat(key)
        try:
            current: Record = json.loads(bucket.get(key)) if stat else {}
        except KeyError:
            continue
        changed = change(current)
        if changed == current and stat is not None:
            return current
        data = json.dumps(changed, ensure_ascii=False, sort_keys=True, indent=1).encode()
        try:
            if stat is None:
                bucket.put(key, data, if_absent=True)
            else:
                bucket.put(key, data, if_match=stat.etag)
        except (AlreadyExistsError, PreconditionFailedError):
            continue
        return changed
    raise StorageUnavailableError("too many writers on one state object", hint="clear this task")


def stage_started(ctx: Context, stage: str, partition: str = WHOLE) -> None:
    """Note that a stage runs now."""
    _set_stage(ctx, stage, partition, {"outcome": "running", "started": _now(ctx)})


def stage_ended(ctx: Context, result: StageResult, partition: str, seconds: float) -> None:
    """Note what a stage did; the run ends with its publish stage."""
    _set_stage(
        ctx,
        result.stage,
        partition,
        {**result.to_json(), "ended": _now(ctx), "seconds": round(seconds, 3), "error": None},
    )


def stage_failed(ctx: Context, stage: str, partition: str, error: AperturaError) -> None:
    """Note why a stage failed, in our words."""
    told = {
        "class": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }
    _set_stage(ctx, stage, partition, {"outcome": "failed", "ended": _now(ctx), "error": told})


def _now(ctx: Context) -> str:
    return ctx.clock().isoformat()


def _set_stage(ctx: Context, stage: str, partition: str, entry: Record) -> None:
    def change(record: Record) -> Record:
        stages = {name: dict(parts) for name, parts in record.get("stages", {}).items()}
        parts = stages.setdefault(stage, {})
        parts[partition] = {**parts.get(partition, {}), **entry}
        outcome = "running"
        if entry["outcome"] == "failed":
            outcome = "failed"
        elif stage == "publish" and entry["outcome"] != "running":
            outcome = entry["outcome"]
        return {
            "apertura": 1,
            "dataset": ctx.dataset.id,
            "run": ctx.run_id,
            "started": record.get("started", _now(ctx)),
            "updated": _now(ctx),
            "outcome": outcome,
            "version": entry.get("version") or record.get("version"),
            "stages": stages,
        }

    update_json(ctx.private, record_key(ctx.dataset.id, ctx.run_id), change)


def load(bucket: Bucket, dataset_id: str, run_id: str) -> Record | None:
    """One run's record, None when there is none."""
    try:
        record: Record = json.loads(bucket.get(record_key(dataset_id, run_id)))
    except KeyError:
        return None
    return record


def latest_first(bucket: Bucket, dataset_id: str) -> Iterator[Record]:
    """A dataset's run records, the last touched first."""
    stats = sorted(bucket.list(f"runs/{dataset_id}/"), key=lambda stat: stat.modified, reverse=True)
    for stat in stats:
        yield json.loads(bucket.get(stat.key))
