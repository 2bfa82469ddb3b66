"""A small published dataset for the tests of what pages show: Parquet in a public folder, and its entry."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from apertura.catalogue.model import DataFile, Entry, Publisher, Table, Version
from apertura.contract import Contract
from apertura.storage import Bucket, open_bucket

ID = "prueba/cosas"
VERSION = "20260115T083000Z-aaaaaaaa"
LATER = "20260215T083000Z-bbbbbbbb"

_ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
}


def field(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    """A Table Schema field."""
    return {"name": name, "title": name.capitalize(), "description": "…", "type": type_, **more}


def money(name: str, unit: str = "GTQ") -> dict[str, Any]:
    """A field of money."""
    return field(name, "number", unit=unit, precision=18, scale=2)


def counted(name: str = "casos", unit: str = "casos") -> list[dict[str, Any]]:
    """A suppressible count and its state."""
    return [field(name, "integer", unit=unit), field(f"{name}_estado")]


def bucket(folder: Path) -> Bucket:
    """A public bucket in the test's folder."""
    return open_bucket((folder / "public").as_uri())


def table(
    public: Bucket,
    fields: list[dict[str, Any]],
    rows: list[tuple[Any, ...]],
    *,
    name: str = "cosas",
    key: list[str] | None = None,
    version: str = VERSION,
) -> Table:
    """Publish a table's Parquet as a release has it."""
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if key:
        schema["primaryKey"] = key
    arrow = pa.schema([(one["name"], _arrow(one)) for one in fields])
    names = [one["name"] for one in fields]
    made = pa.Table.from_pylist([dict(zip(names, map(_exact, row), strict=True)) for row in rows], arrow)
    sink = pa.BufferOutputStream()
    pq.write_table(made, sink)
    data = sink.getvalue().to_pybytes()
    home = f"datos/{ID}"
    permanent = f"{home}/versiones/{version}/{name}.parquet"
    public.put(permanent, data)
    public.put(f"{home}/latest/{name}.parquet", data)
    file = DataFile(f"{home}/latest/{name}.parquet", permanent, name, "parquet", "x", len(data), "0" * 64)
    return Table(name, f"Tabla {name}", "Una fila por cosa.", len(rows), schema, (file,))


def _arrow(one: dict[str, Any]) -> pa.DataType:
    if one["type"] == "number":
        return pa.decimal128(one.get("precision", 18), one.get("scale", 2))
    return _ARROW[one["type"]]


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def entry(
    *tables: Table, protected: bool = False, contract: Contract | None = None, title: str = "Cosas"
) -> Entry:
    """A dataset with one version that holds these tables."""
    version = Version(
        version=VERSION,
        number=1,
        previous=None,
        taken=dt.datetime(2026, 1, 15, 8, 30, tzinfo=dt.UTC),
        schema_version=1,
        rows={one.name: one.rows or 0 for one in tables},
        partitions=(),
        carried=(),
        missing=(),
    )
    return Entry(
        id=ID,
        publisher=Publisher("prueba", "Institución de Prueba", "https://prueba.example.gt/", "Unidad"),
        latest=version,
        versions=(version,),
        tables=tables,
        package={"title": title, "homepage": "https://prueba.example.gt/cosas"},
        quality={},
        privacy={"proteccion": {"modelos": []}} if protected else {},
        state="0" * 64,
        contract=contract,
    )


def release(
    public: Bucket, version: str, *tables: Table, protected: bool = False, number: int = 1
) -> Version:
    """Write what a version has beside its tables, and say what the catalogue knows of it."""
    folder = f"datos/{ID}/versiones/{version}"
    resources = [{"name": one.name, "title": one.title, "schema": one.schema} for one in tables]
    public.put(f"{folder}/datapackage.json", json.dumps({"resources": resources}).encode())
    privacy = {"proteccion": {"modelos": []}} if protected else {"recursos": []}
    public.put(f"{folder}/privacidad.json", json.dumps(privacy).encode())
    taken = dt.datetime.strptime(version[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    rows = {one.name: one.rows or 0 for one in tables}
    return Version(version, number, None, taken, 1, rows, (), (), ())


def with_versions(one: Entry, *versions: Version) -> Entry:
    """The entry with these versions, newest first."""
    return dataclasses.replace(one, versions=versions, latest=versions[0])
