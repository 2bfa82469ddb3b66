"""What lies beside the signatures of a dataset's versions: what contract each was signed with, as to links.

A link that a contract leaves out is an attack that nobody tries any more, though what was told stays told. So
the links are noted with each version, and `forgotten` asks for them. A signature counts rows, and keeps
nobody: so it is noted too of which tables several rows may be of one person, and `neighbours` asks for that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from apertura.contract.linked import Told, by_people, told_by
from apertura.errors import StorageError
from apertura.runs.context import Context

FOLDER = "disclosure"
NOTE = "enlaces.json"
SIGNATURE = ".parquet"
"""How the name of a signature ends. A folder that has a note alone told of nobody: it is written first."""
OTHERWISE = "~"
"""Follows the name of a version where an attempt at it that was killed told something else."""


@dataclass(frozen=True)
class _Note:
    """Links, and tables of which several rows may be of one person."""

    links: set[Told]
    people: set[str]


def signatures(ctx: Context, under: str) -> list[str]:
    """The keys of all signatures under `<institution>`, a dataset's id, or `<id>/<version>`."""
    listed = ctx.private.list(f"{FOLDER}/{under}/")
    return [stat.key for stat in listed if stat.key.endswith(SIGNATURE)]


def note_key(dataset_id: str, version: str) -> str:
    """Where the links of a version are kept in the private bucket."""
    return f"{FOLDER}/{dataset_id}/{version}/{NOTE}"


def keep(ctx: Context, version: str) -> list[str]:
    """Note this of a version that is about to be signed; the key, when there was no note yet.

    What an attempt at the same version that was killed noted otherwise stays noted: it may have told it.
    """
    key = note_key(ctx.dataset.id, version)
    before = _read(ctx, key) if ctx.private.stat(key) is not None else None
    told = told_by(ctx.dataset.contract) | (before.links if before else set())
    people = by_people(ctx.dataset.contract) | (before.people if before else set())
    if not told and not people:
        return []
    listed = [{"about": about, "table": table, "column": column} for about, table, column in sorted(told)]
    document = {"links": listed, "people": sorted(people)}
    ctx.private.put(key, json.dumps(document, ensure_ascii=False).encode())
    return [] if before else [key]


def links(ctx: Context, dataset_id: str) -> set[Told]:
    """All links that a version of a dataset was signed with; of older signatures nobody knows any.

    StorageError when a note cannot be read.
    """
    keys = [stat.key for stat in ctx.private.list(f"{FOLDER}/{dataset_id}/")]
    return {one for key in keys if key.endswith(f"/{NOTE}") for one in _read(ctx, key).links}


def of_people(ctx: Context, dataset_id: str, version: str) -> set[str]:
    """Tables of a version of which several rows may be of one person, as far as it was noted.

    StorageError when the note cannot be read.
    """
    key = note_key(dataset_id, version.partition(OTHERWISE)[0])
    return _read(ctx, key).people if ctx.private.stat(key) is not None else set()


def _read(ctx: Context, key: str) -> _Note:
    try:
        document = json.loads(ctx.private.get(key))
        told = {(str(one["about"]), str(one["table"]), str(one["column"])) for one in document["links"]}
        return _Note(told, {str(one) for one in document["people"]})
    except (KeyError, TypeError, ValueError):
        pass
    raise StorageError(
        f"{key} of the private bucket is missing or damaged: it tells which links a version was signed with",
        hint="restore it from a copy of the private bucket",
    )
