"""Run records survive many writers, and hold outcomes and our own words only."""

from __future__ import annotations

import threading
from collections.abc import Callable

from apertura.errors import QualityError
from apertura.runs import records
from apertura.runs.context import Context, StageResult, safe_run_id

DATASET = "sat/importacion-vehiculos"
MakeContext = Callable[..., Context]


def test_a_run_s_story(make_context: MakeContext) -> None:
    ctx = make_context(DATASET)
    records.stage_started(ctx, "extract", "2019-01")
    records.stage_ended(ctx, StageResult("extract", "done", "f" * 64, {"files": 1}), "2019-01", 0.5)
    records.stage_failed(ctx, "validate", "_", QualityError("a column is empty", hint="ask the institution"))
    record = records.load(ctx.private, DATASET, ctx.run_id)
    assert record is not None
    assert record["outcome"] == "failed"
    assert record["stages"]["extract"]["2019-01"]["counts"] == {"files": 1}
    assert record["stages"]["validate"]["_"]["error"] == {
        "class": "QualityError",
        "message": "a column is empty",
        "hint": "ask the institution",
        "retryable": False,
    }
    records.stage_ended(ctx, StageResult("publish", "done", "f" * 64, version="v1"), "_", 0.1)
    record = records.load(ctx.private, DATASET, ctx.run_id)
    assert record is not None
    assert (record["outcome"], record["version"]) == ("done", "v1")


def test_no_writer_is_lost(make_context: MakeContext) -> None:
    ctx = make_context(DATASET)
    threads = [
        threading.Thread(target=records.stage_started, args=(ctx, "clean", f"2019-{month:02}"))
        for month in range(1, 13)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record = records.load(ctx.private, DATASET, ctx.run_id)
    assert record is not None
    assert len(record["stages"]["clean"]) == 12


def test_absent_run(make_context: MakeContext) -> None:
    assert records.load(make_context(DATASET).private, DATASET, "nothing") is None


def test_scheduler_s_run_id_becomes_a_safe_key() -> None:
    assert safe_run_id("manual__2026-01-01T00:00:00+00:00") == "manual__2026-01-01T00-00-00-00-00"
    assert "/" not in safe_run_id("../../x")
