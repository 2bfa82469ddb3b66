"""Local files for the folder bucket: whole writes, digests, and errors that name no file."""

from __future__ import annotations

import errno
import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from apertura.errors import StorageError, StorageUnavailableError

P = ParamSpec("P")
R = TypeVar("R")

_CHUNK = 1 << 20


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


def link(source: Path, target: Path) -> bool:
    """A second name for a file; False where the file system has none to give."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.EMLINK, errno.EXDEV, errno.ENOTSUP):
            return False
        raise
    return True
