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
    history_of,
    home,
    version_folder,
)
from apertura.runs.context import Context
from apertura.runs.failpoint import failpoint
from apertura.storage import NO_CACHE, Bucket, Stat


@in_our_words
def repair(ctx: Context) -> int:
    """Make the derived objects of the dataset say what its manifests say; returns how many were wrong."""
    return repair_dataset(ctx.public, ctx.dataset.id)


def repair_dataset(public: Bucket, dataset_id: str) -> int:
    """The same for a dataset that may have no contract any more.

    It also ends a withdrawal that was interrupted: files beside a tombstone that tells its reason go. Beside
    one that somebody put there by hand without a reason they stay, and are linked by nothing.
    """
    history = history_of(public, dataset_id)
    latest = history.latest
    wrong = _repair_files(public, dataset_id, latest) if latest else 0
    if latest:
        wrong += _put(public, f"{home(dataset_id)}/latest.json", _latest(latest), "latest")
    else:
        wrong += _remove(public, f"{home(dataset_id)}/latest.json")
    if history.manifests or history.withdrawn:
        wrong += _put(
            public, f"{home(dataset_id)}/versiones.json", _versions(dataset_id, history), "versions"
        )
    keep = {f"{home(dataset_id)}/latest/{file['path']}" for file in _data_files(latest)}
    for stat in list(public.list(f"{home(dataset_id)}/latest/")):
        if stat.key not in keep:
            wrong += _remove(public, stat.key)
    for version, tombstone in history.withdrawn.items():
        if "motivo" in tombstone:
            wrong += clear_version(public, dataset_id, version)
    return wrong


def clear_version(public: Bucket, dataset_id: str, version: str) -> int:
    """Remove every file of a withdrawn version but its tombstone, the manifest last; how many there were."""
    folder = f"{version_folder(dataset_id, version)}/"
    keys = [stat.key for stat in public.list(folder) if stat.key != folder + TOMBSTONE]
    keys.sort(key=lambda key: (key == folder + MANIFEST, key))
    for key in keys:
        failpoint("withdraw.file:before")
        public.delete(key)
        failpoint("withdraw.file:after")
    return len(keys)


def _data_files(manifest: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [file for file in manifest["files"] if file["resource"] is not None] if manifest else []


def _repair_files(public: Bucket, dataset_id: str, latest: dict[str, Any]) -> int:
    wrong = 0
    for file in _data_files(latest):
        target = f"{home(dataset_id)}/latest/{file['path']}"
        if _holds(public.stat(target), file["sha256"]):
            continue
        source = f"{version_folder(dataset_id, latest['version'])}/{file['path']}"
        if not _holds(public.stat(source), file["sha256"]):
            raise StorageError(
                f"{dataset_id}: {file['path']} of version {latest['version']} is missing or damaged",
                hint="restore it from a copy of the public bucket, or withdraw the version",
            )
        failpoint("publish.latest_file:before")
        public.copy(source, target, cache_control=NO_CACHE)
        failpoint("publish.latest_file:after")
        wrong += 1
    return wrong


def _holds(stat: Stat | None, sha256: str) -> bool:
    return stat is not None and stat.sha256 == sha256


def _put(public: Bucket, key: str, document: dict[str, Any], what: str) -> int:
    data = dump(document)
    if _holds(public.stat(key), hashlib.sha256(data).hexdigest()):
        return 0
    failpoint(f"publish.{what}:before")
    public.put(key, data, cache_control=NO_CACHE)
    failpoint(f"publish.{what}:after")
    return 1


def _remove(public: Bucket, key: str) -> int:
    if public.stat(key) is None:
        return 0
    failpoint("publish.stale:before")
    public.delete(key)
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


def _versions(dataset_id: str, history: History) -> dict[str, Any]:
    """Those that stand and those that were withdrawn, of which only the tombstone is told."""
    standing = ("version", "number", "previous", "taken", "fingerprint", "schemaVersion", "rows")
    entries = []
    for version in {*history.manifests, *history.withdrawn}:
        folder = f"versiones/{version}"
        tombstone = history.withdrawn.get(version)
        if tombstone is None:
            manifest = history.manifests[version]
            entry = {name: manifest[name] for name in standing}
            entry |= {"withdrawn": False, "manifest": f"{folder}/{MANIFEST}"}
        else:
            known = {**history.manifests.get(version, {}), **tombstone}
            entry = {"version": version, "number": int(known.get("number", 0)), "taken": known.get("taken")}
            entry |= {"withdrawn": True, "manifest": f"{folder}/{TOMBSTONE}"}
            entry |= {name: tombstone[name] for name in ("motivo", "fecha") if name in tombstone}
        entries.append(entry)
    entries.sort(
        key=lambda one: (str(one["version"]).partition("-")[0], one["number"], str(one["version"])),
        reverse=True,
    )
    return {"apertura": 1, "dataset": dataset_id, "versions": entries}


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
            removed += _remove(ctx.public, stat.key)
    return removed
