"""Local files for the folder bucket: whole writes, digests, and errors that name no file."""

from __future__ import annotations

import errno
import fcntl
import functools
import hashlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from apertura.errors import StorageError, StorageUnavailableError

P = ParamSpec("P")
R = TypeVar("R")

_CHUNK = 1 << 20

_TICK = 50_000_000
"""Nanoseconds: file systems count time in ticks of up to 10 ms, so within them a change may not show."""


@dataclass(frozen=True)
class Hashed:
    """A file's SHA-256, and the state that the file was in: every later write changes its ctime."""

    sha256: str
    state: tuple[int, ...]

    def still(self, path: Path) -> bool:
        """Whether the file is what was hashed; False also where that cannot be told without reading."""
        return bool(self.state) and _state(path.stat()) == self.state


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Turn OSError into our errors, which name no file; only a full disk stays an OSError (ENOSPC)."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except OSError as error:
            failure = _in_words(error.errno)
        raise failure

    return call


def _in_words(number: int | None) -> OSError | StorageError:
    name = errno.errorcode.get(number or 0, "unknown")
    if number in (errno.ENOSPC, errno.EDQUOT):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"the bucket's folder refuses access ({name})",
            hint="let the account that runs Apertura own the folder, or change the bucket's setting",
        )
    if number in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY):
        return StorageError(
            "a folder stands where an object should be, or an object where a folder should be",
            hint="a key may not continue another key; rename one of them",
        )
    if number in (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EMFILE, errno.ENFILE, errno.ENOLCK):
        return StorageUnavailableError(
            f"the bucket's folder does not answer ({name})", hint="check the disk or the network mount"
        )
    return StorageError(
        f"the bucket's folder failed ({name})", hint="check the disk and the bucket's setting"
    )


def write_all(handle: int, data: bytes) -> None:
    """Write all of `data`: one os.write may take less."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk before going on."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def release(handle: int) -> None:
    """Unlock and close. A process forked meanwhile shares the lock, so closing alone would not do."""
    fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)


def digest(handle: int) -> str:
    """SHA-256 of an open file from its start."""
    os.lseek(handle, 0, os.SEEK_SET)
    result = hashlib.sha256()
    while chunk := os.read(handle, _CHUNK):
        result.update(chunk)
    return result.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return digest(file.fileno())


def hashed(path: Path) -> Hashed:
    """Hash a finished file and have it on the disk, while whoever made it goes on with the next one."""
    with path.open("rb") as file:
        before = _state(os.fstat(file.fileno()))
        found = digest(file.fileno())
        os.fsync(file.fileno())
        status = os.fstat(file.fileno())
    settled = _state(status) == before and time.time_ns() - status.st_ctime_ns > _TICK
    return Hashed(found, before if settled else ())


def _state(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def copy_in(source: Path, handle: int) -> str:
    """Copy a file's bytes to an open one and have them on the disk; returns their SHA-256."""
    result = hashlib.sha256()
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            result.update(chunk)
            write_all(handle, chunk)
    os.fsync(handle)
    return result.hexdigest()


def take(source: Path, target: Path, mode: int) -> bool:
    """Rename `source` over `target`; False when only a copy is safe or possible.

    A link, or a file with a second name, could be changed through the other name afterwards.
    """
    if source.is_symlink() or source.stat().st_nlink > 1:
        return False
    try:
        source.chmod(mode)
        source.replace(target)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EPERM, errno.EACCES):
            return False
        raise
    return True


def make_folders(folder: Path, mode: int) -> None:
    """Make a folder and those above it that are missing, each with `mode`, less what the umask takes."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=mode, exist_ok=True)


def own(folder: Path) -> None:
    """Make an existing folder its owner's alone; StorageError when it is not ours or stays open."""
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise StorageError(
            "the private bucket's folder belongs to another user",
            hint="let the account that runs Apertura own it (chown), or change APERTURA_PRIVATE",
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:  # a mount may have modes of its own
        raise StorageError(
            "others may look into the private bucket's folder, and it cannot be closed",
            hint="chmod 700 it, mount it with modes, or change APERTURA_PRIVATE",
        )


def link(source: Path, target: Path) -> bool:
    """A second name for a file; False where the file system has none to give."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.EMLINK, errno.EXDEV, errno.ENOTSUP):
            return False
        raise
    return True
