"""Folders on the worker's disk that do not outlive their process, however it ends.

`apertura-<hex>` holds the files. Beside it the living process keeps `apertura-<hex>.guard` locked; the guard
is made before the folder and goes after it. So whatever a killed process left has a guard that anybody can
lock, and whoever opens the next folder sweeps it away.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apertura.storage.files import release

_GUARD = re.compile(r"apertura-[0-9a-f]{32}\.guard")


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder for our eyes alone, gone after the block; first, what killed processes left is swept.

    `parent` is made when it is not there (default: the system's temporary folder).
    """
    parent = parent or Path(tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    guard, handle = _new_guard(parent)
    try:
        guard.with_suffix("").mkdir(mode=0o700)
        yield guard.with_suffix("")
    finally:
        _remove(guard)
        release(handle)


def sweep(parent: Path) -> int:
    """Remove the folders in `parent` that were ours and whose process is dead; answers how many."""
    swept = 0
    with contextlib.suppress(OSError):
        for name in [entry.name for entry in os.scandir(parent) if _GUARD.fullmatch(entry.name)]:
            with contextlib.suppress(OSError):  # in use, of another user, or swept by another process
                swept += _sweep_one(parent / name)
    return swept


def _sweep_one(guard: Path) -> bool:
    handle = os.open(guard, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _remove(guard)
    finally:
        release(handle)


def _new_guard(parent: Path) -> tuple[Path, int]:
    while True:
        guard = parent / f"apertura-{uuid.uuid4().hex}.guard"
        handle = os.open(guard, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if guard.exists():
            return guard, handle
        os.close(handle)  # a sweep took it in the instant before the lock


def _remove(guard: Path) -> bool:
    """Remove folder and guard; the guard stays while anything of the folder does."""
    folder = guard.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        return False
    guard.unlink(missing_ok=True)
    return True
