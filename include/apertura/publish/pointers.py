"""What is derived from the manifests: latest/*, latest.json, versiones.json; and what no manifest names.

Everything here can be thrown away and made again. Only what differs is written, so that a run without
news leaves every object and its modification time alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import PurePosixPath
from typing import Any

from apertura.errors import StorageError, in_our_words
from apertura.publish.history import (
    MANIFEST,
    TOMBSTONE,
    History,
    dump,
    home,
    read_history,
    version_folder,
)
from apertura.runs.context import Context
from apertura.runs.failpoint import failpoint
from apertura.storage import NO_CACHE, Stat


@in_our_words
def repair(ctx: Context) -> int:
    """Make the derived objects of the dataset say what its manifests say; returns how many were wrong."""
    history = read_history(ctx)
    latest = history.latest
    wrong = _repair_files(ctx, latest) if latest else 0
    if latest:
        wrong += _put(ctx, "latest.json", _latest(latest), "latest")
    else:
        wrong += _remove(ctx, f"{home(ctx.dataset.id)}/latest.json")
    if history.manifests or history.withdrawn:
        wrong += _put(ctx, "versiones.json", _versions(ctx, history), "versions")
    keep = {f"{home(ctx.dataset.id)}/latest/{file['path']}" for file in _data_files(latest)}
    for stat in list(ctx.public.list(f"{home(ctx.dataset.id)}/latest/")):
        if stat.key not in keep:
            wrong += _remove(ctx, stat.key)
    return wrong


def _data_files(manifest: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [file for file in manifest["files"] if file["resource"] is not None] if manifest else []


def _repair_files(ctx: Context, latest: dict[str, Any]) -> int:
    wrong = 0
    for file in _data_files(latest):
        target = f"{home(ctx.dataset.id)}/latest/{file['path']}"
        if _holds(ctx.public.stat(target), file["sha256"]):
            continue
        source = f"{version_folder(ctx.dataset.id, latest['version'])}/{file['path']}"
        if not _holds(ctx.public.stat(source), file["sha256"]):
            raise StorageError(
                f"{ctx.dataset.id}: {file['path']} of version {latest['version']} is missing or damaged",
                hint="restore it from a copy of the public bucket, or withdraw the version",
            )
        failpoint("publish.latest_file:before")
        ctx.public.copy(source, target, cache_control=NO_CACHE)
        failpoint("publish.latest_file:after")
        wrong += 1
    return wrong


def _holds(stat: Stat | None, sha256: str) -> bool:
    return stat is not None and stat.sha256 == sha256


def _put(ctx: Context, name: str, document: dict[str, Any], what: str) -> int:
    key = f"{home(ctx.dataset.id)}/{name}"
    data = dump(document)
    if _holds(ctx.public.stat(key), hashlib.sha256(data).hexdigest()):
        return 0
    failpoint(f"publish.{what}:before")
    ctx.public.put(key, data, cache_control=NO_CACHE)
    failpoint(f"publish.{what}:after")
    return 1


def _remove(ctx: Context, key: str) -> int:
    if ctx.public.stat(key) is None:
        return 0
    failpoint("publish.stale:before")
    ctx.public.delete(key)
    failpoint("publish.stale:after")
    return 1


def _latest(manifest: dict[str, Any]) -> dict[str, Any]:
    """Paths are relative to the dataset's folder."""
    folder = f"versiones/{manifest['version']}"
    named = ("dataset", "institution", "version", "number", "taken", "fingerprint", "schemaVersion", "rows")
    return {
        "apertura": 1,
        **{name: manifest[name] for name in named},
        "manifest": f"{folder}/{MANIFEST}",
        "files": [
            {**file, "path": f"latest/{file['path']}", "permanent": f"{folder}/{file['path']}"}
            for file in _data_files(manifest)
        ],
    }


def _versions(ctx: Context, history: History) -> dict[str, Any]:
    versions = []
    for manifest in history.newest_first:
        named = ("version", "number", "previous", "taken", "fingerprint", "schemaVersion", "rows")
        entry = {name: manifest[name] for name in named}
        folder = f"versiones/{manifest['version']}"
        withdrawn = manifest["version"] in history.withdrawn
        entry["withdrawn"] = withdrawn
        entry["manifest"] = f"{folder}/{TOMBSTONE if withdrawn else MANIFEST}"
        versions.append(entry)
    return {"apertura": 1, "dataset": ctx.dataset.id, "versions": versions}


@in_our_words
def sweep(ctx: Context, older_than: dt.timedelta = dt.timedelta(hours=24)) -> int:
    """Remove version folders that never got a manifest and were last written before `older_than`.

    Returns the number of objects removed. Younger ones may belong to a publish that is under way.
    """
    folders: dict[str, list[Stat]] = {}
    for stat in ctx.public.list(f"{home(ctx.dataset.id)}/versiones/"):
        folders.setdefault(str(PurePosixPath(stat.key).parent), []).append(stat)
    removed = 0
    for stats in folders.values():
        names = {PurePosixPath(stat.key).name for stat in stats}
        if names & {MANIFEST, TOMBSTONE} or max(s.modified for s in stats) > ctx.clock() - older_than:
            continue
        for stat in stats:
            removed += _remove(ctx, stat.key)
    return removed
