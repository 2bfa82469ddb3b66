"""A small dataset made in the test: contract, extract bytes in the private bucket, the stages over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from apertura.contract import Contract, Dataset, Project
from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.prepare.protect import protect
from apertura.runs.context import WHOLE, Context
from apertura.runs.work import get_document, put_document, work_key
from small_contract import decided, declared

TAKEN = "2026-01-15T00:00:00+00:00"
Rows = list[dict[str, Any]]


def column(name: str, **more: Any) -> dict[str, Any]:
    """A published field of the contract, with what every field must say."""
    base = {
        "name": name,
        "title": name.capitalize(),
        "description": f"Columna {name}.",
        "access": "publica",
        "personal": "none",
        "treatment": "keep",
    }
    field = base | more
    return field if "derive" in field else {"source": name} | field


def transient(name: str, **more: Any) -> dict[str, Any]:
    """A field that only feeds others."""
    return column(name, treatment="transient", **more)


def dropped(name: str) -> dict[str, Any]:
    """A field about a person that never leaves."""
    return column(name, access="confidencial", personal="personal", treatment="drop")


def basis(law: str = "Decreto de prueba") -> dict[str, Any]:
    """A legal basis."""
    return {"basis": "otra-ley", "law": law, "reason": "Prueba."}


def dataset(
    home: Path, fields: Sequence[Mapping[str, Any]], resource: Mapping[str, Any] | None = None, **more: Any
) -> Dataset:
    """A dataset `sat/prueba` whose one resource has `fields`; comma-separated unless `more` says other."""
    contract = Contract.model_validate(
        declared(
            {"name": "prueba", "title": "Prueba", "description": "Filas.", "fields": list(fields)}
            | dict(resource or {}),
            institution="sat",
            name="prueba",
            release=decided(legal_basis=basis()),
        )
        | more
    )
    return Dataset(
        contract, Project(home).institution("sat"), home, home / "include/datasets/sat/prueba.yaml"
    )


def give(ctx: Context, files: Mapping[str, bytes], partition: str = WHOLE, taken: str = TAKEN) -> list[str]:
    """Put an extract where the extract stage leaves it; returns the digests."""
    entries = []
    for name, data in files.items():
        digest = hashlib.sha256(data).hexdigest()
        ctx.private.put(f"extracts/{ctx.dataset.contract.institution}/{digest[:2]}/{digest}", data)
        entries.append({"name": name, "sha256": digest, "bytes": len(data), "taken": taken})
    document = {"fingerprint": "of the extract", "partition": partition, "taken": taken, "files": entries}
    put_document(ctx, "extract", partition, document)
    return [str(entry["sha256"]) for entry in entries]


def table(ctx: Context, stage: str, partition: str = WHOLE, resource: int = 0) -> Rows:
    """A stage's table, without the flags of clean."""
    key = work_key(ctx, stage, partition, ctx.dataset.contract.resources[resource])
    with ctx.private.as_file(key) as path:
        result = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
        names = [name for name in result.columns if ":" not in name]
        return [
            dict(zip(names, row, strict=True)) for row in result.select(*(f'"{n}"' for n in names)).fetchall()
        ]


def run(ctx: Context, text: str, partition: str = WHOLE) -> Rows:
    """All three stages over one file of separated text; returns the protected rows."""
    give(ctx, {"a.csv": text.encode()}, partition)
    deidentify(ctx, partition)
    clean(ctx, partition)
    protect(ctx, [partition])
    return table(ctx, "protect")


def document(ctx: Context, stage: str, partition: str = WHOLE) -> dict[str, Any]:
    """A stage's document."""
    return get_document(ctx, stage, partition)


def everything(ctx: Context) -> str:
    """All documents of the private bucket and all values of its tables, as one text to search."""
    parts: list[str] = []
    for stat in ctx.private.list(""):
        if stat.key.endswith(".json"):
            parts.append(json.dumps(json.loads(ctx.private.get(stat.key)), ensure_ascii=False))
        elif stat.key.endswith(".parquet"):
            with ctx.private.as_file(stat.key) as path:
                rows = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()
                parts.append("\n".join(str(value) for row in rows for value in row))
    return "\n".join(parts)


def with_run(ctx: Context, run_id: str) -> Context:
    """The same dataset in another run."""
    return replace(ctx, run_id=run_id)


MakeContext = Callable[..., Context]
