"""Protect: partitions become one table, in an order of its own, and none is lost silently."""

from __future__ import annotations

import random
from dataclasses import replace

import duckdb
import pytest
from prepare_scene import MakeContext, column, dataset, document, give, run, table, with_run

from apertura.errors import AperturaError, FingerprintError, ToleranceError
from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.prepare.protect import protect
from apertura.runs import records
from apertura.runs.context import Context
from apertura.runs.work import FINGERPRINT_KEY, work_key
from apertura.settings import Settings

MONTHS = {"by": "month", "key": "{a}-{m}", "file": r"(?P<a>\d{4})(?P<m>\d\d)\.csv"}


def monthly(make_context: MakeContext, settings: Settings, run_id: str = "run-1", **field: object) -> Context:
    return make_context(dataset(settings.home, [column("v", **field)], partitions=MONTHS), run_id=run_id)


def cleaned(ctx: Context, partition: str, text: str, taken: str = "2026-01-15T00:00:00+00:00") -> None:
    give(ctx, {"x.csv": f"v\n{text}\n".encode()}, partition, taken)
    deidentify(ctx, partition)
    clean(ctx, partition)


def test_rows_are_ordered_by_key_then_by_every_column_whatever_the_source_order(
    make_context: MakeContext, settings: Settings
) -> None:
    fields = [column("a"), column("k"), column("b", type="integer")]
    ctx = make_context(dataset(settings.home, fields, {"primaryKey": ["k"]}))
    lines = [f"{a},{k},{b}" for a in ("x", "y", "") for k in ("1", "2") for b in (10, 9, 10)]
    wanted = sorted(lines, key=lambda line: (line.split(",")[1], line.split(",")[0], int(line.split(",")[2])))
    for seed in range(3):
        random.Random(seed).shuffle(lines)
        rows = run(with_run(ctx, f"run-{seed}"), "a,k,b\n" + "\n".join(lines) + "\n")
        assert [f"{row['a'] or ''},{row['k']},{row['b']}" for row in rows] == wanted


def test_duplicates_are_kept(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [column("v")]))
    assert run(ctx, "v\nx\nx\nx\n") == [{"v": "x"}] * 3


def test_columns_have_their_published_types_and_order(make_context: MakeContext, settings: Settings) -> None:
    fields = [
        column("z"),
        column("i", type="integer"),
        column("m", type="number", decimal={"precision": 12, "scale": 4}),
        column("b", type="boolean"),
        column("d", type="date"),
        column("t", type="datetime"),
        column("g", type="date", treatment="generalize", generalize={"to": "year"}),
    ]
    ctx = make_context(dataset(settings.home, fields))
    run(ctx, "z,i,m,b,d,t,g\nx,,,,,,\n")
    key = work_key(ctx, "protect", "_", ctx.dataset.contract.resources[0])
    with ctx.private.as_file(key) as path:
        described = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
        metadata = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    assert [(row[0], row[1]) for row in described] == [
        ("z", "VARCHAR"),
        ("i", "BIGINT"),
        ("m", "DECIMAL(12,4)"),
        ("b", "BOOLEAN"),
        ("d", "DATE"),
        ("t", "TIMESTAMP"),
        ("g", "VARCHAR"),
    ]
    assert (FINGERPRINT_KEY.encode(), document(ctx, "protect")["fingerprint"].encode()) in metadata


def test_a_run_of_one_partition_is_combined_with_the_others_last_good_state(
    make_context: MakeContext, settings: Settings
) -> None:
    first, second = monthly(make_context, settings), monthly(make_context, settings, "run-2")
    cleaned(first, "2026-01", "enero")
    cleaned(first, "2026-02", "febrero")
    cleaned(second, "2026-02", "febrero corregido", taken="2026-03-01T00:00:00+00:00")
    result = protect(second, ["2026-02"])
    assert table(second, "protect") == [{"v": "enero"}, {"v": "febrero corregido"}]
    protected = document(second, "protect")
    assert sorted(protected["partitions"]) == ["2026-01", "2026-02"]
    assert protected["carried"] == []
    assert protected["taken"] == "2026-03-01T00:00:00+00:00"
    assert protected["rows"] == {"prueba": 2}
    assert protected["rows_in"] == 2
    assert result.fingerprint == protected["fingerprint"]


def test_the_fingerprint_does_not_depend_on_which_run_made_a_partition(
    make_context: MakeContext, settings: Settings
) -> None:
    first, second = monthly(make_context, settings), monthly(make_context, settings, "run-2")
    for month in ("2026-01", "2026-02"):
        cleaned(first, month, month)
    cleaned(second, "2026-02", "2026-02")
    assert protect(first, ["2026-01", "2026-02"]).fingerprint == protect(second, ["2026-02"]).fingerprint


def test_a_partition_that_failed_is_carried_over_and_named(
    make_context: MakeContext, settings: Settings
) -> None:
    first, second = monthly(make_context, settings), monthly(make_context, settings, "run-2")
    cleaned(first, "2026-01", "enero")
    cleaned(first, "2026-02", "febrero")
    cleaned(second, "2026-02", "otro febrero")
    records.stage_failed(second, "extract", "2026-01", AperturaError("no answer"))
    protect(second, ["2026-02"])
    assert document(second, "protect")["carried"] == ["2026-01"]
    assert table(second, "protect") == [{"v": "enero"}, {"v": "otro febrero"}]
    third = monthly(make_context, settings, "run-3")
    result = protect(third, ["2026-01"])  # named as one of this run, but never cleaned in it
    assert document(third, "protect")["carried"] == ["2026-01"]
    assert any("2026-01" in note for note in result.notes)


def test_a_new_partition_that_fails_does_not_hold_back_the_others_and_is_named(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = monthly(make_context, settings)
    cleaned(ctx, "2026-01", "enero")
    result = protect(ctx, ["2026-01", "2026-02"])
    assert document(ctx, "protect")["missing"] == ["2026-02"]
    assert table(ctx, "protect") == [{"v": "enero"}]
    assert any("2026-02" in note for note in result.notes)


def test_a_partition_that_was_published_and_fails_under_new_rules_stops_the_release(
    make_context: MakeContext, settings: Settings
) -> None:
    first = monthly(make_context, settings)
    cleaned(first, "2026-01", "enero")
    cleaned(first, "2026-02", "febrero")
    changed = monthly(make_context, settings, "run-2", clean=["upper_text"])
    cleaned(changed, "2026-01", "enero")
    with pytest.raises(ToleranceError, match="2026-02"):
        protect(changed, ["2026-01", "2026-02"])


def test_nothing_to_combine_is_an_error(make_context: MakeContext, settings: Settings) -> None:
    with pytest.raises(ToleranceError, match="nothing to publish"):
        protect(monthly(make_context, settings), [])


def test_a_partition_of_older_rules_is_neither_mixed_in_nor_dropped_silently(
    make_context: MakeContext, settings: Settings
) -> None:
    first = monthly(make_context, settings)
    cleaned(first, "2026-01", "enero")
    changed = monthly(make_context, settings, "run-2", clean=["upper_text"])
    cleaned(changed, "2026-02", "febrero")
    with pytest.raises(FingerprintError) as caught:
        protect(changed, ["2026-02"])
    assert "2026-01" in str(caught.value)
    assert "run them too" in str(caught.value)
    cleaned(changed, "2026-01", "enero")
    protect(changed, ["2026-01", "2026-02"])
    assert table(changed, "protect") == [{"v": "ENERO"}, {"v": "FEBRERO"}]


def test_work_cleaned_under_other_rules_is_refused(make_context: MakeContext, settings: Settings) -> None:
    ctx = monthly(make_context, settings)
    cleaned(ctx, "2026-01", "enero")
    other = dataset(settings.home, [column("v", clean=["upper_text"])], partitions=MONTHS)
    with pytest.raises(FingerprintError, match="another contract"):
        protect(replace(ctx, dataset=other), ["2026-01"])


def test_a_state_from_before_the_dataset_was_cut_in_parts_is_left_out(
    make_context: MakeContext, settings: Settings
) -> None:
    whole = make_context(dataset(settings.home, [column("v")]))
    run(whole, "v\ntodo\n")
    ctx = monthly(make_context, settings, "run-2")
    cleaned(ctx, "2026-01", "enero")
    protect(ctx, ["2026-01"])
    assert table(ctx, "protect") == [{"v": "enero"}]


def test_protecting_again_writes_the_same_bytes(make_context: MakeContext, settings: Settings) -> None:
    fields = [column("a"), column("b", type="integer")]
    ctx = make_context(dataset(settings.home, fields))
    text = "a,b\n" + "".join(f"x{n % 97},{n}\n" for n in range(5000))
    keys = [work_key(ctx, "protect"), work_key(ctx, "protect", "_", ctx.dataset.contract.resources[0])]
    run(ctx, text)
    before = [ctx.private.get(key) for key in keys]
    one_thread = replace(ctx, settings=replace(settings, threads=1))
    run(one_thread, text)
    assert [ctx.private.get(key) for key in keys] == before
