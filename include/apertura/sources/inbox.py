"""The inbox: files that an operator drops into the private bucket, because the source refuses robots.

inbox/<institution>/<dataset>/<file> is taken when a marker `<file>.listo` lies beside it, or when it has
not changed for `inbox_settle_seconds`. After its bytes and the run's document are kept it is moved to
inbox/<institution>/<dataset>/tomados/<sha256>. File names are people's choice: no message repeats one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apertura.errors import SourceError, SourceUnavailableError, StorageError
from apertura.runs.context import WHOLE, Context
from apertura.runs.failpoint import failpoint
from apertura.sources.content import partition_of_file, remember, remembered
from apertura.sources.index import partition_of
from apertura.storage import Stat

MARKER = ".listo"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Drop:
    """A dropped file as it was seen. `mark` tells this state of it from a later one of the same name."""

    name: str
    stat: Stat
    has_marker: bool

    @property
    def mark(self) -> dict[str, Any]:
        """What is remembered of a taken drop, to recognise it when it could not be moved."""
        return {
            "name": self.name,
            "size": self.stat.size,
            "etag": self.stat.etag,
            "modified": self.stat.modified.isoformat(),
        }


@dataclass
class Seen:
    """What lies in the inbox now, by partition. A partition with a file still arriving is not ready."""

    ready: dict[str, list[Drop]] = field(default_factory=dict)
    arriving: dict[str, int] = field(default_factory=dict)
    unmatched: int = 0
    told_by: str = "names"

    @property
    def notes(self) -> list[str]:
        """Sentences for the run's record, with counts only."""
        notes = []
        if self.unmatched:
            notes.append(
                f"{self.unmatched} files in the inbox have {self.told_by} that mean no partition; "
                "they stay there"
            )
        if self.arriving:
            notes.append(f"{sum(self.arriving.values())} files in the inbox are still arriving")
        return notes


def folder(ctx: Context) -> str:
    """The dataset's inbox as a key prefix."""
    return f"inbox/{ctx.dataset.id}/"


def look(ctx: Context) -> Seen:
    """See what was dropped. Nothing for a dataset that comes from a database."""
    seen = Seen(told_by="contents" if _looked_into(ctx) else "names")
    if ctx.dataset.contract.source.kind == "sql":
        return seen
    prefix = folder(ctx)
    with _without_names(ctx):
        stats = {stat.key.removeprefix(prefix): stat for stat in ctx.private.list(prefix)}
    names = {name for name in stats if "/" not in name}
    drops: dict[str, list[Drop]] = {}
    for name in sorted(names):
        if name.endswith(MARKER):
            continue
        drop = Drop(name, stats[name], name + MARKER in names)
        if _looked_into(ctx) and not _is_ready(ctx, drop):
            # Half a file does not say whose it is.
            seen.arriving[""] = seen.arriving.get("", 0) + 1
            continue
        partition = _partition_of(ctx, drop)
        if partition is None:
            seen.unmatched += 1
            continue
        drops.setdefault(partition, []).append(drop)
    for partition, dropped in drops.items():
        late = sum(not _is_ready(ctx, drop) for drop in dropped)
        if late:
            seen.arriving[partition] = late
        else:
            seen.ready[partition] = dropped
    return seen


def _looked_into(ctx: Context) -> bool:
    """Whether the contract tells files by their content."""
    partitions = ctx.dataset.contract.partitions
    return partitions is not None and partitions.content is not None


def _partition_of(ctx: Context, drop: Drop) -> str | None:
    """The partition of a drop, by its name or its content; None when it is not of this dataset."""
    if ctx.dataset.contract.partitions is None:
        return WHOLE
    if not _looked_into(ctx):
        return partition_of(ctx.dataset.contract, drop.name)
    known = remembered(ctx, drop.mark)
    if known is None:
        with _without_names(ctx), ctx.private.as_file(folder(ctx) + drop.name) as path:
            known = {"partition": partition_of_file(ctx, drop.name, path)}
        remember(ctx, drop.mark, known)
    found: str | None = known["partition"]
    return found


def _is_ready(ctx: Context, drop: Drop) -> bool:
    settle = ctx.settings.inbox_settle_seconds
    unchanged = ctx.clock() - drop.stat.modified
    return drop.has_marker or settle == 0 or unchanged >= dt.timedelta(seconds=settle)


def take(ctx: Context, drop: Drop, target: Path) -> str:
    """Copy a drop's bytes to `target`, and look a second time; returns their SHA-256.

    SourceUnavailableError when the file changed meanwhile or went away: somebody is still writing it.
    """
    sha256 = hashlib.sha256()
    gone = False
    with _without_names(ctx):
        try:
            with (
                ctx.private.as_file(folder(ctx) + drop.name) as path,
                path.open("rb") as source,
                target.open("wb") as copy,
            ):
                while chunk := source.read(CHUNK):
                    sha256.update(chunk)
                    copy.write(chunk)
        except (KeyError, FileNotFoundError):
            gone = True
    if gone or not _is_still(ctx, drop) or target.stat().st_size != drop.stat.size:
        raise SourceUnavailableError(
            f"{ctx.dataset.id}: a file in the inbox changed while it was read",
            hint="wait until the copy has ended, put a `.listo` marker beside the file, clear this task",
        )
    return sha256.hexdigest()


def _is_still(ctx: Context, drop: Drop) -> bool:
    key = folder(ctx) + drop.name
    with _without_names(ctx):
        now = next((stat for stat in ctx.private.list(key) if stat.key == key), None)
    return now is not None and Drop(drop.name, now, False).mark == drop.mark


def put_away(ctx: Context, drop: Drop, sha256: str) -> None:
    """Move a taken drop to tomados/<sha256>. May be repeated; a newer file of that name is left alone.

    The marker goes first: a marker that outlived its file would vouch for the next one of that name.
    """
    if not _is_still(ctx, drop):
        return
    key, taken = folder(ctx) + drop.name, f"{folder(ctx)}tomados/{sha256}"
    with _without_names(ctx):
        if ctx.private.stat(taken) is None:
            failpoint("extract.inbox-copy:before")
            ctx.private.copy(key, taken)
            failpoint("extract.inbox-copy:after")
        failpoint("extract.inbox-delete:before")
        ctx.private.delete(key + MARKER)
        failpoint("extract.inbox-marker:after")
        ctx.private.delete(key)
        failpoint("extract.inbox-delete:after")


@contextmanager
def _without_names(ctx: Context) -> Iterator[None]:
    """Storage names keys in its errors; in here a key is a file name that somebody chose."""
    failure: SourceError | None = None
    try:
        yield
    except StorageError as error:
        kind = SourceUnavailableError if error.retryable else SourceError
        failure = kind(
            f"{ctx.dataset.id}: the inbox cannot be used ({type(error).__name__})",
            hint="look at the private bucket; files in the inbox have plain names and no links",
        )
    except PermissionError:
        failure = SourceError(
            f"{ctx.dataset.id}: a file in the inbox may not be read",
            hint="let the user that runs Apertura's tasks read and delete what is dropped there",
        )
    if failure is not None:
        raise failure
