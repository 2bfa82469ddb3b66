"""One run at a time per dataset, one build at a time of the portal: leases in the private bucket.

A stage takes or renews its run's lease, a thread keeps it alive while the stage works, the run's end (or
a failure) gives it back. A killed run's lease ends by itself. Work files lie apart by run, so a lease
that expired between two stages loses nothing: the later stage finds it free again, or waits.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from apertura.errors import AlreadyExistsError, AperturaError, LeaseBusyError, PreconditionFailedError
from apertura.runs.context import Context
from apertura.storage import Bucket

ATTEMPTS = 20


@dataclass(frozen=True)
class Lease:
    """What may be held by one at a time: `holder` (a run) asks for `key` for so many `seconds` each time.

    `what` names it in a message: a run of this dataset, a build of the portal.
    """

    private: Bucket
    key: str
    holder: str
    seconds: int
    clock: Callable[[], dt.datetime]
    what: str = "run of this dataset"

    def acquire(self) -> None:
        """Take or renew it; LeaseBusyError says who has it and until when."""
        for _ in range(ATTEMPTS):
            now = self.clock()
            expires = (now + dt.timedelta(seconds=self.seconds)).isoformat()
            data = json.dumps({"run": self.holder, "expires": expires}, sort_keys=True).encode()
            stat = self.private.stat(self.key)
            try:
                if stat is None:
                    self.private.put(self.key, data, if_absent=True)
                    return
                held = json.loads(self.private.get(self.key))
                if held["run"] != self.holder and dt.datetime.fromisoformat(held["expires"]) > now:
                    raise LeaseBusyError(
                        f"another {self.what} is at work (run {held['run']}, until {held['expires']})",
                        hint="wait for it to end, or for its lease to expire",
                    )
                self.private.put(self.key, data, if_match=stat.etag)
            except (AlreadyExistsError, PreconditionFailedError, KeyError):
                continue
            return
        raise LeaseBusyError(f"more than one {self.what} asks for its lease", hint="wait a minute")

    def release(self) -> None:
        """Give it back if `holder` has it."""
        try:
            if json.loads(self.private.get(self.key))["run"] == self.holder:
                self.private.delete(self.key)
        except KeyError:
            return

    @contextmanager
    def held(self, *, last: bool = True) -> Iterator[None]:
        """Hold it for the block; give it back after it when it is the holder's `last` or fails."""
        self.acquire()
        stop = threading.Event()
        lost: list[AperturaError] = []

        def keep_alive() -> None:
            while not stop.wait(max(self.seconds / 3, 0.1)):
                try:
                    self.acquire()
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
                self.release()
        if lost:
            raise LeaseBusyError(
                f"the lease was lost while this {self.what} worked", hint="run it again: clear its task"
            )


def dataset_lease(
    private: Bucket, dataset_id: str, holder: str, seconds: int, clock: Callable[[], dt.datetime]
) -> Lease:
    """A dataset's, for who works on it without a contract."""
    return Lease(private, f"leases/{dataset_id}.json", holder, seconds, clock)


def _of(ctx: Context) -> Lease:
    return dataset_lease(
        ctx.private, ctx.dataset.id, ctx.run_id, ctx.settings.lease_seconds, lambda: ctx.clock()
    )


def lease_key(ctx: Context) -> str:
    """Where the dataset's lease lies."""
    return _of(ctx).key


def acquire(ctx: Context) -> None:
    """Take or renew the lease for this run; LeaseBusyError says who has it and until when."""
    _of(ctx).acquire()


def release(ctx: Context) -> None:
    """Give the lease back if this run has it."""
    _of(ctx).release()


@contextmanager
def held(ctx: Context, *, last: bool) -> Iterator[None]:
    """Hold the lease for the block; give it back after it when it is the run's `last` or fails."""
    with _of(ctx).held(last=last):
        yield
