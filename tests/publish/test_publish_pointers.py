"""What derives from the manifests is repaired by any later run, and orphans are swept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from publish_assertions import document, other_rows, refused, tombstone
from publish_scene import LATER

from apertura.errors import StorageError
from apertura.publish import publish, repair, sweep
from apertura.runs.context import Context, StageResult

Start = Callable[..., Context]
Released = Callable[..., StageResult]
Public = Callable[[], dict[str, str]]


def damage(state: Path, ctx: Context, key: str, how: str) -> None:
    ctx.public.delete(f"datos/prueba/cosas/{key}")
    if how == "corrupted":
        ctx.public.put(f"datos/prueba/cosas/{key}", b"damaged")


@pytest.mark.parametrize("how", ["deleted", "corrupted"])
@pytest.mark.parametrize("key", ["latest.json", "versiones.json", "latest/cosas.csv", "latest/cosas.parquet"])
def test_derived_objects_are_repaired_by_any_later_run(
    state: Path, start: Start, public: Public, key: str, how: str
) -> None:
    ctx = start()
    publish(ctx)
    before = public()
    damage(state, ctx, key, how)
    assert public() != before
    assert publish(ctx).outcome == "unchanged"
    assert public() == before
    assert repair(ctx) == 0


def test_a_stranger_in_latest_is_removed(start: Start, public: Public) -> None:
    ctx = start()
    publish(ctx)
    before = public()
    ctx.public.put("datos/prueba/cosas/latest/vieja.csv", b"x")
    assert repair(ctx) == 1
    assert public() == before


def test_a_damaged_version_is_never_copied_to_latest(start: Start, public: Public) -> None:
    ctx = start()
    version = publish(ctx).version
    ctx.public.put(f"datos/prueba/cosas/versiones/{version}/cosas.csv", b"damaged")
    ctx.public.delete("datos/prueba/cosas/latest/cosas.csv")
    assert "cosas.csv" in refused(ctx, StorageError, public).message


def test_latest_is_not_a_withdrawn_version(
    state: Path, start: Start, released: Released, public: Public
) -> None:
    first = released()
    second = released(rows=other_rows(), extract="b", taken=LATER)
    ctx = start()
    tombstone(ctx, second.version, b"{}")
    repair(ctx)
    assert document(state, "latest.json")["version"] == first.version
    listed = {one["version"]: one["withdrawn"] for one in document(state, "versiones.json")["versions"]}
    assert listed == {first.version: False, second.version: True}
    tombstone(ctx, first.version, b"{}")
    repair(ctx)
    assert "latest.json" not in public()
    assert not [key for key in public() if key.startswith("latest/")]


def test_latest_goes_by_the_extract_not_by_the_order_of_publishing(
    state: Path, start: Start, released: Released
) -> None:
    released()
    newer = released(rows=other_rows(), extract="b", taken=LATER)
    ctx = start()
    tombstone(ctx, newer.version, b"{}")
    late = released(rows=other_rows(4), extract="c", taken="2026-01-20T00:00:00+00:00")
    assert document(state, "latest.json")["version"] == late.version
    ctx.public.delete(f"datos/prueba/cosas/versiones/{newer.version}/retirada.json")
    repair(ctx)
    assert document(state, "latest.json")["version"] == newer.version
    numbers = [one["number"] for one in document(state, "versiones.json")["versions"]]
    assert numbers == [2, 3, 1]


def test_sweep_takes_old_objects_without_a_manifest_and_nothing_else(
    start: Start, released: Released, public: Public
) -> None:
    released()
    ctx = start()
    before = public()
    orphan = "datos/prueba/cosas/versiones/20250101T000000Z-00000000/cosas.csv"
    ctx.public.put(orphan, b"orphan")
    written = next(iter(ctx.public.list(orphan))).modified
    assert sweep(replace(ctx, clock=lambda: written + dt.timedelta(hours=23))) == 0
    assert orphan.removeprefix("datos/prueba/cosas/") in public()
    assert sweep(replace(ctx, clock=lambda: written + dt.timedelta(hours=25))) == 1
    assert public() == before
