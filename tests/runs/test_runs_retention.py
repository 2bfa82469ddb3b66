"""Old files leave the private bucket, except those that somebody still needs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

from apertura.errors import QualityError
from apertura.runs import records
from apertura.runs.context import Context, StageResult
from apertura.runs.retention import tidy

DATASET = "oj/sentencias"  # work files 3 days, extracts 30
MakeContext = Callable[..., Context]


def leave(ctx: Context, *, failed: bool = False) -> None:
    """What a run leaves: an extract, its document, a table, a record."""
    sha256 = ctx.run_id * 2
    ctx.private.put(f"extracts/oj/ab/{sha256}", b"rows")
    document = json.dumps({"fingerprint": "f", "files": [{"sha256": sha256}]}).encode()
    ctx.private.put(f"work/{DATASET}/_/{ctx.run_id}/extract.json", document)
    ctx.private.put(f"work/{DATASET}/_/{ctx.run_id}/clean.parquet", b"table")
    if failed:
        records.stage_failed(ctx, "validate", "_", QualityError("no"))
    else:
        records.stage_ended(ctx, StageResult("publish", "done", "f"), "_", 0)


def keys(ctx: Context, prefix: str) -> set[str]:
    return {stat.key for stat in ctx.private.list(prefix)}


def in_days(days: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=days)


def test_young_files_stay(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    assert tidy(ctx.settings, ctx.private, "oj", in_days(2)) == {"work": 0, "extracts": 0}


def test_old_files_go(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    assert tidy(ctx.settings, ctx.private, "oj", in_days(4)) == {"work": 2, "extracts": 0}
    assert tidy(ctx.settings, ctx.private, "oj", in_days(31)) == {"work": 0, "extracts": 1}
    assert keys(ctx, "runs/"), "records stay"


def test_last_good_state_and_the_source_s_extract_stay(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    key = f"work/{DATASET}/_/a/clean.parquet"
    ctx.private.put(f"partitions/{DATASET}/_.json", json.dumps({"keys": {"sentencias": key}}).encode())
    ctx.private.put(f"sources/{DATASET}/_.json", json.dumps({"files": [{"sha256": "aa"}]}).encode())
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == {"work": 0, "extracts": 0}


def test_what_a_failed_run_needs_stays_until_a_later_run_ends_well(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx, failed=True)
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == {"work": 0, "extracts": 0}
    later = make_context(DATASET, "b")
    records.stage_ended(later, StageResult("publish", "done", "f"), "_", 0)
    # Records are told apart by the second they were written in; say which one is the later.
    ctx.private.delete(records.record_key(DATASET, "a"))
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == {"work": 2, "extracts": 1}
