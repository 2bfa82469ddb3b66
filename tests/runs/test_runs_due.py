"""What is due follows from state: releases, contract, frequency; never from a scheduler's date."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable

import pytest

from apertura.catalogue.model import Entry, Publisher, Version
from apertura.errors import SourceError
from apertura.portal.schedule import schedule
from apertura.prepare.keys import key_id
from apertura.runs import records
from apertura.runs.context import Context, StageResult
from apertura.runs.due import GUATEMALA, due, lateness, state_key
from apertura.runs.fingerprint import recipe

DATASET = "sat/importacion-vehiculos"
MakeContext = Callable[..., Context]
NOW = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def good(ctx: Context, partition: str, made_with: str | None = None) -> None:
    """Leave a last good state as the clean stage does."""
    records.stage_ended(ctx, StageResult("clean", "done", "f"), partition, 0)
    state = {"recipe": made_with or recipe(ctx.dataset, key_id(ctx)), "run": ctx.run_id}
    ctx.private.put(state_key(ctx, partition), json.dumps(state).encode())


def at(days: float) -> Callable[[], dt.datetime]:
    return lambda: NOW + dt.timedelta(days=days)


def test_everything_is_due_at_first(make_context: MakeContext) -> None:
    assert due(make_context(DATASET), ["2019-01", "2019-02"]) == ["2019-01", "2019-02"]


def test_missing_months_are_caught_up_whatever_the_date(make_context: MakeContext) -> None:
    ctx = make_context(DATASET, clock=at(0))
    good(ctx, "2019-02")
    assert due(make_context(DATASET, clock=at(0)), ["2019-01", "2019-02", "2019-03"]) == [
        "2019-01",
        "2019-03",
    ]


def test_newest_is_asked_again_when_its_time_has_come(make_context: MakeContext) -> None:
    good(make_context(DATASET, clock=at(0)), "2019-01")
    assert due(make_context(DATASET, clock=at(1)), ["2019-01"]) == []
    assert due(make_context(DATASET, clock=at(8)), ["2019-01"]) == ["2019-01"]


def test_a_person_s_run_always_asks(make_context: MakeContext) -> None:
    good(make_context(DATASET, clock=at(0)), "2019-01")
    assert due(make_context(DATASET, clock=at(0)), ["2019-01"], manual=True) == ["2019-01"]


def test_a_changed_contract_makes_all_due_also_what_is_no_longer_offered(make_context: MakeContext) -> None:
    ctx = make_context(DATASET)
    good(ctx, "2018-12", made_with="another")
    good(ctx, "2019-01")
    assert due(ctx, ["2019-01"]) == ["2018-12"]


def test_chosen_partitions_and_force(make_context: MakeContext) -> None:
    ctx = make_context(DATASET)
    good(ctx, "2019-01")
    assert due(ctx, ["2019-01", "2019-02"], partitions=["2019-01"]) == ["2019-01"]
    assert due(ctx, ["2019-01"], force=True) == ["2019-01"]
    with pytest.raises(SourceError, match="1 of the 2 partitions"):
        due(ctx, ["2019-01"], partitions=["2019-01", "1999-01"])


def test_a_source_that_offers_nothing_is_an_error(make_context: MakeContext) -> None:
    with pytest.raises(SourceError, match="offers no file"):
        due(make_context(DATASET), [])


def test_lateness_is_against_the_declared_frequency(make_context: MakeContext) -> None:
    ctx = make_context(DATASET)
    assert lateness(ctx, ctx.clock() - dt.timedelta(days=31)) is None
    late = lateness(ctx, ctx.clock() - dt.timedelta(days=40))
    assert late is not None
    assert late.days == 9


@pytest.mark.parametrize("days", [30, 31, 32, 100])
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_command_line_and_the_portal_call_the_same_late(
    make_context: MakeContext, days: int, hour: int
) -> None:
    now = dt.datetime(2026, 3, 5, hour, 59, tzinfo=dt.UTC)
    ctx = dataclasses.replace(make_context(DATASET), clock=lambda: now)
    taken = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC) - dt.timedelta(days=days)
    frequency = ctx.dataset.contract.accrualPeriodicity
    version = Version("v", 1, None, taken, 1, {}, (), (), ())
    publisher = Publisher("sat", "SAT", "https://sat.example.gt/", "Unidad")
    package = {"apertura": {"accrualPeriodicity": frequency}}
    entry = Entry(DATASET, publisher, version, (version,), (), package, {}, {}, "")

    shown = schedule(entry, now.astimezone(GUATEMALA).date())

    late = lateness(ctx, taken)
    assert (shown.late_since is not None) == (late is not None)
    if late is not None and shown.late_since is not None:
        assert shown.late_since + late == now.astimezone(GUATEMALA).date()
