"""One run at a time per dataset: a lease with expiry in the private bucket.

A stage takes or renews its run's lease, a thread keeps it alive while the stage works, the run's end (or
a failure) gives it back. A killed run's lease ends by itself. Work files lie apart by run, so a lease
that expired between two stages loses nothing: the later stage finds it free again, or waits.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from apertura.errors import AlreadyExistsError, AperturaError, LeaseBusyError, PreconditionFailedError
from apertura.runs.context import Context

ATTEMPTS = 20


def lease_key(ctx: Context) -> str:
    """Where the dataset's lease lies."""
    return f"leases/{ctx.dataset.id}.json"


def acquire(ctx: Context) -> None:
    """Take or renew the lease for this run; LeaseBusyError says who has it and until when."""
    key = lease_key(ctx)
    for _ in range(ATTEMPTS):
        now = ctx.clock()
        expires = (now + dt.timedelta(seconds=ctx.settings.lease_seconds)).isoformat()
        data = json.dumps({"run": ctx.run_id, "expires": expires}, sort_keys=True).encode()
        stat = ctx.private.stat(key)
        try:
            if stat is None:
                ctx.private.put(key, data, if_absent=True)
                return
            held = json.loads(ctx.private.get(key))
            if held["run"] != ctx.run_id and dt.datetime.fromisoformat(held["expires"]) > now:
                raise LeaseBusyError(
                    f"another run of this dataset is at work (run {held['run']}, until {held['expires']})",
                    hint="wait for it to end, or for its lease to expire",
                )
            ctx.private.put(key, data, if_match=stat.etag)
        except (AlreadyExistsError, PreconditionFailedError, KeyError):
            continue
        return
    raise LeaseBusyError("several runs of this dataset ask for it at once", hint="wait a minute")


def release(ctx: Context) -> None:
    """Give the lease back if this run has it."""
    key = lease_key(ctx)
    try:
        if json.loads(ctx.private.get(key))["run"] == ctx.run_id:
            ctx.private.delete(key)
    except KeyError:
        return


@contextmanager
def held(ctx: Context, *, last: bool) -> Iterator[None]:
    """Hold the lease for the block; give it back after it when it is the run's `last` or fails."""
    acquire(ctx)
    stop = threading.Event()
    lost: list[AperturaError] = []

    def keep_alive() -> None:
        while not stop.wait(max(ctx.settings.lease_seconds / 3, 0.1)):
            try:
                acquire(ctx)
            except AperturaError as error:
                lost.append(error)
                return

    keeper = threading.Thread(target=keep_alive, name="lease", daemon=True)
    keeper.start()
    completed = False
    try:
        yield
        completed = True
    finally:
        stop.set()
        keeper.join()
        if last or not completed:
            release(ctx)
    if lost:
        raise LeaseBusyError("the lease was lost while this stage worked", hint="clear this task")
