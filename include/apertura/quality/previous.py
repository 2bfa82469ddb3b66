"""The release that a run's tables are compared with: the newest one that is older than this one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apertura.contract import Resource
from apertura.errors import StorageError
from apertura.publish.history import read_history, version_folder, version_name
from apertura.runs.context import Context


def previous_release(ctx: Context, taken: str, fingerprint: str) -> dict[str, Any] | None:
    """The manifest of the newest release before the one made of `fingerprint`; None when there is none.

    A release that is out already is compared with what it was compared with when it came out, so that a
    repeated validation says the same. Withdrawn releases are compared with only in that case, and only
    while their tables are there.
    """
    history = read_history(ctx)
    made_of = next((one for one in history.newest_first if one["fingerprint"] == fingerprint), None)
    if made_of is not None:
        before = history.manifests.get(str(made_of["previous"]))
        withdrawn = before is not None and before["version"] in history.withdrawn
        return None if withdrawn and not _complete(ctx, before or {}) else before
    moment = version_name(taken, fingerprint).partition("-")[0]
    older = (
        one
        for one in history.newest_first
        if one["version"] not in history.withdrawn and one["version"].partition("-")[0] <= moment
    )
    return next(older, None)


def _complete(ctx: Context, manifest: dict[str, Any]) -> bool:
    folder = version_folder(ctx.dataset.id, str(manifest["version"]))
    return all(ctx.public.stat(f"{folder}/{name}") is not None for name in _tables(manifest).values())


def _tables(manifest: dict[str, Any]) -> dict[str, str]:
    """Resource -> path of its Parquet."""
    return {
        str(file["resource"]): str(file["path"]) for file in manifest["files"] if file["format"] == "parquet"
    }


@contextmanager
def table_of(ctx: Context, manifest: dict[str, Any], resource: Resource) -> Iterator[Path | None]:
    """The Parquet of a resource in that release as a local file; None when the release had none.

    StorageError when it is missing or damaged: comparing with nothing would look like no change.
    """
    path = _tables(manifest).get(resource.name)
    if path is None:
        yield None
        return
    key = f"{version_folder(ctx.dataset.id, str(manifest['version']))}/{path}"
    declared = next(file["sha256"] for file in manifest["files"] if file["path"] == path)
    stat = ctx.public.stat(key)
    if stat is None or stat.sha256 not in (None, declared):
        raise StorageError(
            f"{ctx.dataset.id}, validate: {path} of version {manifest['version']} is missing or damaged, so "
            "nothing can be compared with it",
            hint="restore it from a copy of the public bucket, or withdraw the version",
        )
    with ctx.public.as_file(key) as file:
        yield file
