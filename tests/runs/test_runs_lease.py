"""Two runs of one dataset never mix, and a dead run does not hold a dataset for ever."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from apertura.errors import LeaseBusyError
from apertura.runs import lease
from apertura.runs.context import Context

DATASET = "sat/importacion-vehiculos"
MakeContext = Callable[..., Context]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


def test_second_run_is_told_who_and_until_when(make_context: MakeContext) -> None:
    lease.acquire(make_context(DATASET, "a"))
    with pytest.raises(LeaseBusyError) as caught:
        lease.acquire(make_context(DATASET, "b"))
    assert "run a" in caught.value.message
    assert caught.value.retryable


def test_same_run_renews(make_context: MakeContext) -> None:
    for _ in range(2):
        lease.acquire(make_context(DATASET, "a"))


def test_expired_lease_is_taken_over(make_context: MakeContext) -> None:
    clock = Clock()
    lease.acquire(make_context(DATASET, "a", clock))
    clock.now += dt.timedelta(seconds=901)
    lease.acquire(make_context(DATASET, "b", clock))
    with pytest.raises(LeaseBusyError):
        lease.acquire(make_context(DATASET, "a", clock))


def test_only_the_holder_gives_back(make_context: MakeContext) -> None:
    first, second = make_context(DATASET, "a"), make_context(DATASET, "b")
    lease.acquire(first)
    lease.release(second)
    with pytest.raises(LeaseBusyError):
        lease.acquire(second)
    lease.release(first)
    lease.acquire(second)


def test_failure_gives_back_and_success_holds_until_the_last(make_context: MakeContext) -> None:
    first, second = make_context(DATASET, "a"), make_context(DATASET, "b")
    with lease.held(first, last=False):
        pass
    with pytest.raises(LeaseBusyError):
        lease.acquire(second)
    with pytest.raises(ZeroDivisionError), lease.held(first, last=False):
        raise ZeroDivisionError
    lease.acquire(second)
    lease.release(second)
    with lease.held(first, last=True):
        pass
    lease.acquire(second)


def test_twenty_runs_ask_at_once_and_one_gets_it(make_context: MakeContext) -> None:
    got: list[str] = []
    contexts = [make_context(DATASET, f"run-{number}") for number in range(20)]

    def ask(ctx: Context) -> None:
        try:
            lease.acquire(ctx)
        except LeaseBusyError:
            return
        got.append(ctx.run_id)

    threads = [threading.Thread(target=ask, args=(ctx,)) for ctx in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_a_lease_lost_while_working_is_an_error(make_context: MakeContext) -> None:
    clock = Clock()
    first, second = make_context(DATASET, "a", clock), make_context(DATASET, "b", clock)
    first = replace(first, settings=replace(first.settings, lease_seconds=0))
    taken = threading.Event()
    with pytest.raises(LeaseBusyError, match="lost"), lease.held(first, last=False):
        clock.now += dt.timedelta(seconds=1)
        lease.acquire(second)
        taken.wait(0.5)
