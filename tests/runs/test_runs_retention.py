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


def gone(work: int = 0, extracts: int = 0, inbox: int = 0) -> dict[str, int]:
    return {"work": work, "extracts": extracts, "inbox": inbox}


def test_young_files_stay(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    assert tidy(ctx.settings, ctx.private, "oj", in_days(2)) == gone()


def test_old_files_go(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    assert tidy(ctx.settings, ctx.private, "oj", in_days(4)) == gone(work=2)
    assert tidy(ctx.settings, ctx.private, "oj", in_days(31)) == gone(extracts=1)
    assert keys(ctx, "runs/"), "records stay"


def test_the_tables_of_the_last_good_state_stay_and_nothing_else_of_their_run(
    make_context: MakeContext,
) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    folder = f"work/{DATASET}/_/a"
    ctx.private.put(f"{folder}/deidentify.parquet", b"nearer to the raw data")
    state = {"keys": {"sentencias": f"{folder}/clean.parquet"}}
    ctx.private.put(f"partitions/{DATASET}/_.json", json.dumps(state).encode())
    assert tidy(ctx.settings, ctx.private, "oj", in_days(4)) == gone(work=2)
    assert keys(ctx, "work/") == {f"{folder}/clean.parquet"}
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == gone(extracts=1)
    assert keys(ctx, "work/") == {f"{folder}/clean.parquet"}


def test_the_source_s_extract_stays(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    name_in_state(ctx, files=["aa"])
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == gone(work=2)
    assert keys(ctx, "extracts/") == {"extracts/oj/ab/aa"}


def name_in_state(ctx: Context, files: list[str], drops: list[str] | None = None) -> None:
    state = {
        "files": [{"sha256": name} for name in files],
        "drops": [{"sha256": name} for name in drops or []],
    }
    ctx.private.put(f"sources/{ctx.dataset.id}/_.json", json.dumps(state).encode())


def test_taken_drops_go_with_the_extracts_but_what_waits_in_the_inbox_stays(
    make_context: MakeContext,
) -> None:
    ctx = make_context(DATASET, "a")
    inbox = f"inbox/{DATASET}"
    for name in ("tomados/aa", "tomados/bb", "tomados/cc", "dropped.csv", "tom"):
        ctx.private.put(f"{inbox}/{name}", b"rows")
    name_in_state(ctx, files=["aa"], drops=["bb"])
    assert tidy(ctx.settings, ctx.private, "oj", in_days(29)) == gone()
    assert tidy(ctx.settings, ctx.private, "oj", in_days(31)) == gone(inbox=1)
    assert keys(ctx, "inbox/") == {
        f"{inbox}/{name}" for name in ("tomados/aa", "tomados/bb", "dropped.csv", "tom")
    }


def test_work_of_a_dataset_that_the_project_no_longer_has_goes_too(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    ctx.private.put("work/oj/gone/_/a/deidentify.parquet", b"table")
    assert tidy(ctx.settings, ctx.private, "oj", in_days(4)) == gone(work=1)


def test_a_busy_dataset_keeps_its_work_and_its_institution_s_extracts(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    ctx.private.put(f"inbox/{DATASET}/tomados/aa", b"rows")
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400), busy=[DATASET]) == gone()
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == gone(work=2, extracts=1, inbox=1)


def test_another_institution_s_files_are_not_touched(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx)
    assert tidy(ctx.settings, ctx.private, "sat", in_days(4000)) == gone()


def test_what_a_failed_run_needs_stays_until_a_later_run_ends_well(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, "a")
    leave(ctx, failed=True)
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == gone()
    later = make_context(DATASET, "b")
    records.stage_ended(later, StageResult("publish", "done", "f"), "_", 0)
    # Records are told apart by the second they were written in; say which one is the later.
    ctx.private.delete(records.record_key(DATASET, "a"))
    assert tidy(ctx.settings, ctx.private, "oj", in_days(400)) == gone(work=2, extracts=1)
