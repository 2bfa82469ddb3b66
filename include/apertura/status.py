"""How a dataset stands: last release, age against its frequency, last failure, what to do next."""

from __future__ import annotations

import datetime as dt
from typing import Any

from apertura import pipeline
from apertura.errors import AperturaError
from apertura.publish import latest_release
from apertura.runs import records
from apertura.runs.due import lateness
from apertura.settings import Settings


def dataset_status(settings: Settings, dataset_id: str) -> dict[str, Any]:
    """One dataset's state as plain values; a broken contract is a state, not an error."""
    status: dict[str, Any] = {
        "dataset": dataset_id,
        "version": None,
        "age_days": None,
        "late_days": 0,
        "failure": None,
        "state": "never run",
        "next": f"apertura run {dataset_id}",
    }
    try:
        ctx = pipeline.context(dataset_id, "status", settings=settings)
    except AperturaError as error:
        return {**status, "failure": error.message.splitlines()[0], "next": "apertura check"}
    latest = latest_release(ctx.public, dataset_id)
    if latest is not None:
        taken = dt.datetime.strptime(latest["version"][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        late = lateness(ctx, taken)
        status |= {
            "version": latest["version"],
            "age_days": (ctx.clock() - taken).days,
            "late_days": late.days if late else 0,
            "state": "up to date",
            "next": None if late is None else status["next"],
        }
    record = next(records.latest_first(ctx.private, dataset_id), None)
    if record is not None and record["outcome"] == "failed":
        status |= {"failure": last_failure(record), "next": f"apertura run {dataset_id}"}
    elif record is not None and record["outcome"] == "running":
        status["state"] = f"running ({record['run']})"
    return status


def last_failure(record: records.Record) -> str:
    """The message of the failed stage of a run record."""
    errors = [
        part["error"]
        for parts in record["stages"].values()
        for part in parts.values()
        if part.get("error") and part["outcome"] == "failed"
    ]
    return str(errors[-1]["message"]) if errors else "failed"
