"""What the daily DAG and `apertura tidy` do for an institution, at work or broken datasets included."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from apertura.errors import ContractError, SettingsError
from apertura.maintenance import maintain
from apertura.pipeline import CLOCK
from apertura.runs import lease
from apertura.runs.context import Context
from apertura.settings import Settings

DATASET = "oj/sentencias"
MakeContext = Callable[..., Context]
NOTHING = {"work": 0, "extracts": 0, "inbox": 0, "releases": 0, "scratch": 0, "passed_over": 0}


@pytest.fixture(autouse=True)
def much_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is written now is too old."""
    monkeypatch.setenv(CLOCK, (dt.datetime.now(dt.UTC) + dt.timedelta(days=4000)).isoformat())


def leave(ctx: Context) -> None:
    """One of each kind that has to go."""
    ctx.private.put(f"work/{DATASET}/_/a/deidentify.parquet", b"table")
    ctx.private.put("extracts/oj/ab/ab", b"rows")
    ctx.private.put(f"inbox/{DATASET}/tomados/ab", b"rows")
    ctx.public.put(f"datos/{DATASET}/versiones/20200101T000000Z-0123abcd/sentencias.csv", b"rows")
    dead = ctx.settings.scratch / f"apertura-{'0' * 32}"
    dead.mkdir(parents=True)
    (dead / "query.parquet").write_bytes(b"raw rows")
    dead.with_suffix(".guard").touch()


def test_all_that_is_old_goes_in_one_call(make_context: MakeContext) -> None:
    ctx = make_context(DATASET)
    leave(ctx)
    one_of_each = {**dict.fromkeys(NOTHING, 1), "passed_over": 0}
    assert maintain(ctx.settings, "oj") == one_of_each
    assert maintain(ctx.settings, "oj") == NOTHING
    assert list(ctx.settings.scratch.iterdir()) == []
    assert list(ctx.private.list("leases/")) == [], "the lease is given back"


def test_a_dataset_at_work_is_left_alone(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, clock=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=4000))
    leave(ctx)
    lease.acquire(ctx)
    assert maintain(ctx.settings, "oj") == {**NOTHING, "scratch": 1, "passed_over": 1}
    lease.release(ctx)
    assert maintain(ctx.settings, "oj")["work"] == 1


def test_a_wrong_contract_keeps_no_old_data_alive(
    make_context: MakeContext, settings: Settings, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    for folder in ("include/datasets", "include/institutions", "include/reference", "sql", "expectations"):
        shutil.copytree(settings.home / folder, home / folder)
    leave(make_context(DATASET))
    (home / f"include/datasets/{DATASET}.yaml").write_text("apertura: 1\n")
    broken = replace(settings, home=home)
    counts = {"work": 1, "extracts": 1, "inbox": 1, "scratch": 1, "passed_over": 1}
    assert maintain(broken, "oj") == {**NOTHING, **counts}
    (home / "include/institutions/oj.yaml").write_text("a: [")
    with pytest.raises(ContractError):
        maintain(broken, "oj")


def test_buckets_that_overlap_are_not_touched(make_context: MakeContext, settings: Settings) -> None:
    leave(make_context(DATASET))
    with pytest.raises(SettingsError, match="one folder"):
        maintain(replace(settings, public_url=settings.private_url), "oj")
    assert list(make_context(DATASET).private.list("extracts/"))
