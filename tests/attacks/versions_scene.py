"""Versions as publish leaves them, withdrawn ones too, and a table held against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from attacks_scene import connected, contract, field

from apertura.contract import Contract
from apertura.prepare.disclosure import across
from apertura.prepare.disclosure.attack import Attack
from apertura.publish.history import version_folder
from apertura.runs.context import Context

PEOPLE = {"access": "confidencial", "personal": "personal"}
BANDS = [{"bands": [0, 18, 65]}, {"bands": [0, 65]}, {"all": True}]
Rows = list[tuple[str | None, str | None]]

OLD, NEW = "20260101T000000Z-aaaaaaaa", "20260201T000000Z-bbbbbbbb"


def manifest(version: str, rows: dict[str, int]) -> bytes:
    """A manifest that has all its parts."""
    parts = {"taken": "2026-01-01T00:00:00+00:00", "fingerprint": "0" * 64, "contentDigest": "0" * 64}
    parts |= {"previous": None, "dataset": "prueba/cosas", "institution": "prueba", "schemaVersion": 1}
    return json.dumps({"version": version, "number": 1, **parts, "rows": rows, "files": []}).encode()


def release(ctx: Context, version: str, tables: dict[str, pa.Table], tmp_path: Path) -> None:
    """Commit a version with these tables, as publish does: what it told is kept first."""
    paths = {name: tmp_path / f"{version}-{name}.parquet" for name in tables}
    for name, table in tables.items():
        pq.write_table(table, paths[name])
    across.remember(ctx, version, paths)
    folder = version_folder(ctx.dataset.id, version)
    rows = {name: t.num_rows for name, t in tables.items()}
    for name, path in paths.items():
        ctx.public.put(f"{folder}/{name}.parquet", path.read_bytes())
    ctx.public.put(f"{folder}/release.json", manifest(version, rows))


def withdraw(ctx: Context, version: str, name: str) -> None:
    folder = version_folder(ctx.dataset.id, version)
    ctx.public.put(f"{folder}/retirada.json", b'{"motivo": "prueba"}')
    ctx.public.delete(f"{folder}/{name}.parquet")
    ctx.public.delete(f"{folder}/release.json")


def attack(ctx: Context, one: Contract, table: pa.Table, raw: pa.Table | None = None) -> list[Attack]:
    """Hold a table that would be published against what was."""
    name = one.resources[0].name
    with connected({name: table} | ({"truth": raw} if raw is not None else {})) as connection:
        truth = {name: "raw_truth"} if raw is not None else None
        found = across.check(ctx, {name: f"raw_{name}"}, connection, raw=truth)
    return [one for one in found if one.name in ("versions", "neighbours", "attempts")]


def renamed(table: pa.Table, **names: str) -> pa.Table:
    """A table whose columns have other names."""
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def of_rows(bands: list[dict[str, Any]] = BANDS) -> Contract:
    """Persons by age band, with an illness."""
    return contract(
        {
            "personas": [
                field("edad", type="integer", hierarchy=bands, **PEOPLE),
                field("mal", access="confidencial", personal="sensible", treatment="suppress"),
            ]
        },
        {
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "personas",
                    "quasi_identifiers": ["edad"],
                    "k": 5,
                    "sensitive": [{"field": "mal", "distinct_l": 2}],
                }
            ]
        },
    )


def persons(rows: Rows) -> pa.Table:
    """Persons as they are published."""
    return pa.table({"edad": [a for a, _ in rows], "mal": [m for _, m in rows]})


MIXED: Rows = [("18-64", mal) for mal in "aabbc"]


def attempt(ctx: Context, version: str, table: pa.Table, tmp_path: Path) -> None:
    """Publish was killed after the first file of a version: it was signed, and has no manifest."""
    path = tmp_path / "attempt.parquet"
    pq.write_table(table, path)
    across.remember(ctx, version, {"personas": path})
    ctx.public.put(f"{version_folder(ctx.dataset.id, version)}/personas.parquet", b"half of it")
