"""What lies beside the signatures of a dataset's versions: which links each was signed with.

A link that a contract leaves out is an attack that nobody tries any more, though what was told stays told. So
the links are noted with each version, and `forgotten` asks for them.
"""

from __future__ import annotations

import json

from apertura.contract.linked import Told, told_by
from apertura.errors import StorageError
from apertura.runs.context import Context

FOLDER = "disclosure"
NOTE = "enlaces.json"
SIGNATURE = ".parquet"
"""How the name of a signature ends. A folder that has a note alone told of nobody: it is written first."""


def signatures(ctx: Context, under: str) -> list[str]:
    """The keys of all signatures under `<institution>`, a dataset's id, or `<id>/<version>`."""
    listed = ctx.private.list(f"{FOLDER}/{under}/")
    return [stat.key for stat in listed if stat.key.endswith(SIGNATURE)]


def note_key(dataset_id: str, version: str) -> str:
    """Where the links of a version are kept in the private bucket."""
    return f"{FOLDER}/{dataset_id}/{version}/{NOTE}"


def keep(ctx: Context, version: str) -> list[str]:
    """Note the links of a version that is about to be signed; the key, when there was no note yet.

    What an attempt at the same version that was killed noted otherwise stays noted: it may have told it.
    """
    key = note_key(ctx.dataset.id, version)
    new = ctx.private.stat(key) is None
    links = told_by(ctx.dataset.contract) | (set() if new else _read(ctx, key))
    if not links:
        return []
    told = [{"about": about, "table": table, "column": column} for about, table, column in sorted(links)]
    ctx.private.put(key, json.dumps({"links": told}, ensure_ascii=False).encode())
    return [key] if new else []


def links(ctx: Context, dataset_id: str) -> set[Told]:
    """All links that a version of a dataset was signed with; of older signatures nobody knows any.

    StorageError when a note cannot be read.
    """
    keys = [stat.key for stat in ctx.private.list(f"{FOLDER}/{dataset_id}/")]
    return {one for key in keys if key.endswith(f"/{NOTE}") for one in _read(ctx, key)}


def _read(ctx: Context, key: str) -> set[Told]:
    try:
        document = json.loads(ctx.private.get(key))
        return {(str(one["about"]), str(one["table"]), str(one["column"])) for one in document["links"]}
    except (KeyError, TypeError, ValueError):
        pass
    raise StorageError(
        f"{key} of the private bucket is missing or damaged: it tells which links a version was signed with",
        hint="restore it from a copy of the private bucket",
    )
