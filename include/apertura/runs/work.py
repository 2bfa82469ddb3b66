"""Work files: what one stage leaves for the next, each carrying the fingerprint that made it.

work/<institution>/<dataset>/<partition or _>/<run>/<stage>.parquet, and <stage>.<resource>.parquet for
every resource after the first; JSON documents of a stage as <stage>.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from apertura.contract import Resource
from apertura.errors import FingerprintError
from apertura.runs.context import WHOLE, Context
from apertura.runs.failpoint import failpoint

FINGERPRINT_KEY = "apertura.fingerprint"
"""Name of the Parquet key-value entry that every work table carries."""


def work_key(ctx: Context, stage: str, partition: str = WHOLE, resource: Resource | None = None) -> str:
    """Key of a stage's table (with `resource`) or document (without) in this run."""
    folder = f"work/{ctx.dataset.id}/{partition}/{ctx.run_id}"
    if resource is None:
        return f"{folder}/{stage}.json"
    first = resource.name == ctx.dataset.contract.resources[0].name
    return f"{folder}/{stage}.parquet" if first else f"{folder}/{stage}.{resource.name}.parquet"


def put_table(ctx: Context, stage: str, partition: str, resource: Resource, path: Path) -> str:
    """Store a table that was written with `FINGERPRINT_KEY`; returns its key. Consumes `path`."""
    key = work_key(ctx, stage, partition, resource)
    failpoint(f"{stage}.table:before")
    ctx.private.upload(key, path, move=True)
    failpoint(f"{stage}.table:after")
    return key


@contextmanager
def table(ctx: Context, key: str, fingerprint: str) -> Iterator[Path]:
    """A work table as a local file; FingerprintError when it was made from something else or is gone."""
    with ExitStack() as stack:
        try:
            path = stack.enter_context(ctx.private.as_file(key))
        except KeyError:
            raise FingerprintError(
                f"{ctx.dataset.id}: the work file this stage needs is gone",
                hint="clear the run from its extract task",
            ) from None
        metadata = pq.read_metadata(path).metadata or {}
        if metadata.get(FINGERPRINT_KEY.encode(), b"").decode() != fingerprint:
            raise _stale(ctx)
        yield path


def put_document(ctx: Context, stage: str, partition: str, document: dict[str, Any]) -> str:
    """Store a stage's document; it must hold its `fingerprint`. Returns its key."""
    key = work_key(ctx, stage, partition)
    failpoint(f"{stage}.document:before")
    ctx.private.put(key, json.dumps(document, ensure_ascii=False, sort_keys=True).encode())
    failpoint(f"{stage}.document:after")
    return key


def get_document(
    ctx: Context, stage: str, partition: str = WHOLE, fingerprint: str | None = None
) -> dict[str, Any]:
    """A stage's document; FingerprintError when it is gone or was made from something else."""
    try:
        document: dict[str, Any] = json.loads(ctx.private.get(work_key(ctx, stage, partition)))
    except KeyError:
        raise FingerprintError(
            f"{ctx.dataset.id}: this run has no {stage} yet", hint=f"clear the run from its {stage} task"
        ) from None
    if fingerprint is not None and document.get("fingerprint") != fingerprint:
        raise _stale(ctx)
    return document


def _stale(ctx: Context) -> FingerprintError:
    return FingerprintError(
        f"{ctx.dataset.id}: the work file was made under another contract, key, SQL or library version",
        hint="clear this run from deidentify, so that today's rules apply to the whole",
    )
