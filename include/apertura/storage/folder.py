"""A bucket that is a local folder: whole objects by rename, compare-and-swap by a lock per key.

`.bucket/` in it is ours and never listed: `tmp` holds objects being written (each beside a lock file that
its living writer holds, so that what is not locked is a dead writer's and is swept), `lock` the locks of
keys, `sha256` the remembered digests of large objects. Objects are only ever replaced, never changed, so
a copy is a hard link.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import fcntl
import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from apertura.errors import AlreadyExistsError, PreconditionFailedError, StorageError
from apertura.storage import NO_CACHE, Incoming, Stat
from apertura.storage.files import (
    Hashed,
    copy_in,
    digest,
    file_digest,
    guarded,
    link,
    make_folders,
    own,
    release,
    sync,
    take,
    write_all,
)
from apertura.storage.keys import check_key, check_prefix, content_type, fault, named

HIDDEN = ".bucket"
REMEMBER_FROM = 1 << 20
"""From this size (bytes) on a digest is remembered; hashing less costs no more than looking it up."""

WRITERS = 16
"""Files of `put_all` that wait for the disk at once: file systems answer many in one go."""


class FolderBucket:
    """A `Bucket` in a folder. `private` makes the folder, and all that we put into it, its owner's alone.

    StorageError when a private folder belongs to another user. Cache-Control is not kept: whoever serves
    the folder derives it from the key.
    """

    def __init__(self, root: Path, *, private: bool = False) -> None:
        self.root = Path(os.path.realpath(root))
        self.url = self.root.as_uri()
        self._private = private
        self._close()
        self._sweep()

    @guarded
    def put(
        self,
        key: str,
        data: bytes,
        *,
        cache_control: str = NO_CACHE,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> Stat:
        """Store bytes; see `Bucket.put`."""
        self._path(key)
        with self._temporary() as temporary:
            with self._new(temporary) as handle:
                write_all(handle, data)
                os.fsync(handle)
            stat = self._commit(key, temporary, if_absent=if_absent, if_match=if_match)
        return self._remember(stat, hashlib.sha256(data).hexdigest())

    @guarded
    def upload(
        self,
        key: str,
        path: Path,
        *,
        sha256: str | Hashed | None = None,
        cache_control: str = NO_CACHE,
        if_absent: bool = False,
        move: bool = False,
    ) -> Stat:
        """Store a file; see `Bucket.upload`. A file moved without `sha256` is not read."""
        target = self._path(key)
        if if_absent and os.path.lexists(target):
            raise _exists(key)
        known = sha256.sha256 if isinstance(sha256, Hashed) and sha256.still(path) else None
        wanted = sha256.sha256 if isinstance(sha256, Hashed) else sha256
        with self._temporary() as temporary:
            with self._new(temporary) as handle:
                # A moved file gets the mode of our new one.
                taken = move and take(path, temporary, os.fstat(handle).st_mode & 0o777)
                found = None if taken else copy_in(path, handle)
            try:
                if taken:
                    sync(temporary)
                    found = known or (file_digest(temporary) if wanted is not None else None)
                if wanted is not None and found != wanted:
                    raise StorageError(
                        f"{named(key)}: the file to store does not have the SHA-256 it should have",
                        hint="the file changed or was cut after it was made; run the stage again",
                    )
                stat = self._commit(key, temporary, if_absent=if_absent)
            except BaseException:
                if taken:
                    temporary.replace(path)  # what is not stored is not ours to take
                raise
        if move:
            path.unlink(missing_ok=True)
        return self._remember(stat, found)

    @guarded
    def put_all(self, objects: Sequence[Incoming]) -> list[Stat]:
        """See `Bucket.put_all`: the disk is waited for once for all bytes, then once for all names."""
        for one in objects:
            self._path(one.key)
        with self._temporary() as first, ThreadPoolExecutor(WRITERS) as pool:
            places = [first.with_name(f"{first.name}-{number}") for number in range(len(objects))]
            try:
                digests = list(pool.map(self._write, objects, places))
                # No name before all bytes are on the disk: after a power cut an object is whole or not there.
                stats = [
                    self._remember(self._name(one.key, place), digest)
                    for one, place, digest in zip(objects, places, digests, strict=True)
                ]
            except BaseException:
                for one, place in zip(objects, places, strict=True):
                    if place.exists() and isinstance(one.data, Path) and not one.data.exists():
                        place.replace(one.data)  # what is not stored is not ours to take
                    place.unlink(missing_ok=True)
                raise
            list(pool.map(sync, sorted({(self.root / one.key).parent for one in objects})))
        return stats

    def _write(self, one: Incoming, place: Path) -> str:
        """The bytes of one of many on the disk, without a name; returns their SHA-256."""
        with self._new(place) as handle:
            if isinstance(one.data, bytes):
                write_all(handle, one.data)
                os.fsync(handle)
                return hashlib.sha256(one.data).hexdigest()
            if not (one.move and take(one.data, place, os.fstat(handle).st_mode & 0o777)):
                return copy_in(one.data, handle)
        sync(place)
        return file_digest(place)

    @guarded
    def get(self, key: str) -> bytes:
        """The whole object; KeyError when absent."""
        with contextlib.suppress(FileNotFoundError):
            return self._existing(key).read_bytes()
        raise KeyError(key)

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        """The object's own file, not a copy: read only; KeyError when absent."""
        yield self._object(key)

    @guarded
    def stat(self, key: str) -> Stat | None:
        """See `Bucket.stat`. A digest not remembered is computed, and then remembered."""
        try:
            with self._existing(key).open("rb") as file:
                stat = _stat(key, os.fstat(file.fileno()))
                known = self._recall(stat)
                found = known or digest(file.fileno())
                after = _stat(key, os.fstat(file.fileno()))
        except (KeyError, FileNotFoundError):
            return None
        if known is not None:
            return dataclasses.replace(stat, sha256=known)
        if after != stat:
            return after  # somebody is writing this file in place: its digest means nothing
        return self._remember(stat, found)

    def list(self, prefix: str) -> Iterator[Stat]:
        """See `Bucket.list`. Files whose names are no keys, hidden ones and links are left out."""
        return iter(self._listing(prefix))

    @guarded
    def copy(self, source: str, target: str, *, cache_control: str = NO_CACHE) -> Stat:
        """A hard link where the file system has them; KeyError when `source` is absent."""
        origin = self._existing(source)
        self._path(target)
        with self._temporary() as temporary:
            linked = link(origin, temporary)
            if linked:
                self._tighten(temporary)
                found = self._recall(_stat(source, temporary.stat())) or file_digest(temporary)
            else:
                with self._new(temporary) as handle:
                    found = copy_in(origin, handle)
            # Between two names of one file rename() does nothing, which is right: the copy is there.
            stat = self._commit(target, temporary, stamp=not linked)
        return self._remember(stat, found)

    @guarded
    def delete(self, key: str) -> None:
        """Remove; silent when absent. Folders stay: an operator may be about to use one."""
        path = self._path(key)
        if not os.path.lexists(path) or path.is_dir():
            return
        with self._locked(key):
            path.unlink(missing_ok=True)
            self._note(key).unlink(missing_ok=True)

    # Where things are.

    def _path(self, key: str) -> Path:
        """The object's place; StorageError when a link on the way leads out of the bucket."""
        path = self.root / check_key(key)
        self._inside(path.parent)
        return path

    def _existing(self, key: str) -> Path:
        path = self.root / check_key(key)
        self._inside(path)
        if not path.is_file():
            raise KeyError(key)
        return path

    @guarded
    def _object(self, key: str) -> Path:
        return self._existing(key)

    def _inside(self, path: Path) -> None:
        if not Path(os.path.realpath(path)).is_relative_to(self.root):
            raise StorageError(
                "a link in the bucket's folder leads out of it", hint="replace the link by what it points to"
            )

    def _hidden(self, name: str) -> Path:
        """One of our own folders; made, with the bucket itself, at the first write."""
        folder = self.root / HIDDEN / name
        if not folder.is_dir():
            self.root.parent.mkdir(parents=True, exist_ok=True)
            make_folders(self.root, self._folder_mode)
            self._close()  # somebody may have made it just now
            make_folders(folder, self._folder_mode)
        return folder

    # Who may read.

    @property
    def _folder_mode(self) -> int:
        return 0o700 if self._private else 0o777

    @guarded
    def _close(self) -> None:
        """Close a private folder that somebody made by hand, perhaps for the inbox."""
        if self._private and self.root.is_dir():
            own(self.root)

    def _tighten(self, path: Path) -> None:
        """A file dropped into a private bucket keeps its bytes, not its mode; one of another user both."""
        if self._private and path.stat().st_uid == os.geteuid():
            path.chmod(0o600)

    def _create(self, path: Path, flags: int) -> int:
        """Open a file that may be new: in a private bucket for us alone, else as the umask says."""
        mode = 0o600 if self._private else 0o666
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, mode)

    @contextmanager
    def _new(self, path: Path) -> Iterator[int]:
        """A new file, open for writing."""
        handle = self._create(path, os.O_EXCL)
        try:
            yield handle
        finally:
            os.close(handle)

    @guarded
    def _listing(self, prefix: str) -> Sequence[Stat]:
        start = check_prefix(prefix).rpartition("/")[0]
        self._inside(self.root / start)
        found: list[Stat] = []
        folders = [start]
        while folders:
            folder = folders.pop()
            try:
                entries = list(os.scandir(self.root / folder))
            except (FileNotFoundError, NotADirectoryError):
                continue
            for entry in entries:
                key = f"{folder}/{entry.name}" if folder else entry.name
                if fault(key) is not None or not key.startswith(prefix):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(key)
                elif entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):
                        found.append(_stat(key, entry.stat(follow_symlinks=False)))
        return sorted(found, key=lambda stat: stat.key)

    # Writing.

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        """A free name for a file being written, guarded by a lock that dies with its writer."""
        folder = self._hidden("tmp")
        while True:
            path = folder / uuid.uuid4().hex
            guard = path.with_suffix(".lock")
            handle = self._create(guard, os.O_EXCL)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if guard.exists():
                break
            os.close(handle)  # a sweep took it in the instant before the lock
        try:
            yield path
        finally:
            # The guard goes last: without it nobody would know whose the file is.
            path.unlink(missing_ok=True)
            guard.unlink(missing_ok=True)
            release(handle)

    def _sweep(self) -> None:
        """Remove what killed writers left behind."""
        with contextlib.suppress(OSError):
            for guard in (self.root / HIDDEN / "tmp").glob("*.lock"):
                with contextlib.suppress(OSError), guard.open("r+b") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    for remains in guard.parent.glob(f"{guard.stem}-*"):
                        remains.unlink(missing_ok=True)
                    guard.with_suffix("").unlink(missing_ok=True)
                    guard.unlink()

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the key against all other writers, in this and in other processes."""
        name = hashlib.sha256(key.encode()).hexdigest()[:2]
        handle = self._create(self._hidden("lock") / name, 0)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            release(handle)

    def _commit(
        self,
        key: str,
        temporary: Path,
        *,
        if_absent: bool = False,
        if_match: str | None = None,
        stamp: bool = True,
    ) -> Stat:
        """Give the finished file its name, and have the name on the disk."""
        stat = self._name(key, temporary, if_absent=if_absent, if_match=if_match, stamp=stamp)
        sync((self.root / key).parent)
        return stat

    def _name(
        self,
        key: str,
        temporary: Path,
        *,
        if_absent: bool = False,
        if_match: str | None = None,
        stamp: bool = True,
    ) -> Stat:
        """Give the finished file its name: the only moment at which anybody sees it."""
        target = self.root / key
        make_folders(target.parent, self._folder_mode)
        with self._locked(key):
            old = target.lstat() if os.path.lexists(target) else None
            if if_absent and old is not None:
                raise _exists(key)
            if if_match is not None and (old is None or _etag(old) != if_match):
                raise PreconditionFailedError(
                    f"{named(key)}: the object changed since it was read", hint="read it again and try again"
                )
            if stamp:
                # File systems count time in ticks of milliseconds; the etag needs every state to differ.
                now = max(time.time_ns(), old.st_mtime_ns + 1 if old else 0)
                os.utime(temporary, ns=(now, now))
            stat = _stat(key, temporary.stat())
            temporary.replace(target)
        return stat

    # Digests.

    def _note(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self.root / HIDDEN / "sha256" / name[:2] / name[2:]

    def _remember(self, stat: Stat, found: str | None) -> Stat:
        """Note a large object's digest with its etag; after a kill or a change the note fits nothing."""
        if found is not None and stat.size >= REMEMBER_FROM:
            note = self._note(stat.key)
            with contextlib.suppress(OSError), self._temporary() as temporary:
                with self._new(temporary) as handle:
                    write_all(handle, json.dumps({"etag": stat.etag, "sha256": found}).encode())
                make_folders(note.parent, self._folder_mode)
                temporary.replace(note)
        return dataclasses.replace(stat, sha256=found)

    def _recall(self, stat: Stat) -> str | None:
        if stat.size < REMEMBER_FROM:
            return None
        try:
            note = json.loads(self._note(stat.key).read_bytes())
        except (OSError, ValueError):
            return None
        return str(note["sha256"]) if note.get("etag") == stat.etag else None


def _exists(key: str) -> AlreadyExistsError:
    return AlreadyExistsError(
        f"{named(key)}: the object is there already", hint="another run wrote it; read it"
    )


def _etag(status: os.stat_result) -> str:
    return f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"


def _stat(key: str, status: os.stat_result) -> Stat:
    return Stat(
        key=key,
        size=status.st_size,
        modified=dt.datetime.fromtimestamp(status.st_mtime_ns // 10**9, dt.UTC),
        etag=_etag(status),
        sha256=None,
        content_type=content_type(key),
    )
