"""A small dataset for the tests of publish: its contract, and runs as protect and validate leave them.

Run as a script it publishes what lies in a folder, so that a test can kill it in the middle.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from apertura.contract import Contract, Dataset, FieldSpec, Project, Resource
from apertura.prepare.keys import extract_key, key_id
from apertura.publish import publish
from apertura.quality.profile import Measured, Profile
from apertura.quality.usage import VOCABULARY
from apertura.runs import fingerprint, work
from apertura.runs.context import WHOLE, Context
from apertura.settings import Settings
from apertura.storage import open_bucket
from small_contract import declared

ID = "prueba/cosas"
TAKEN = "2026-01-15T08:30:00+00:00"
LATER = "2026-02-15T08:30:00+00:00"
NOW = dt.datetime(2026, 3, 1, 12, 0, 0, tzinfo=dt.UTC)

INSTITUTION = {
    "name": "prueba",
    "title": "Institución de Prueba",
    "homepage": "https://prueba.example.gt/",
    "information_unit": {"name": "Unidad de Información Pública"},
    "owner": "datos",
    "schedule": "0 6 * * *",
}


def field(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    """A kept public column."""
    return {
        "name": name,
        "source": name.upper(),
        "title": name.capitalize(),
        "description": f"Columna {name}.",
        "type": type_,
        "access": "publica",
        "personal": "none",
        "treatment": "keep",
        **more,
    }


def contract_of(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A contract of one resource with these fields."""
    table = {
        "name": "cosas",
        "title": "Cosas",
        "description": "Una fila por cosa.",
        "primaryKey": ["código"],
        "fields": list(fields),
    }
    return declared(table, **more)


def default_contract(**more: Any) -> dict[str, Any]:
    """Seven published columns of every type."""
    return contract_of(
        field("código", constraints={"required": True, "pattern": r"\d{4}"}),
        field("nombre", empty_string="keep"),
        field("monto", "number", unit="GTQ", decimal={"precision": 12, "scale": 2}),
        field("cantidad", "integer", constraints={"minimum": 0.0}),
        field("vigente", "boolean"),
        field("fecha", "date", constraints={"minimum": "2000-01-01"}),
        field("momento", "datetime"),
        **more,
    )


def default_rows(count: int = 3) -> list[dict[str, Any]]:
    """Rows of the default contract, in order of their key; the first two show nulls and leading zeros."""
    return [
        {
            "código": f"{number:04d}",
            "nombre": ["", 'Ñandú «1», "dos"\ny tres', None][number % 3],
            "monto": Decimal(number * 100 + 5) / 100,
            "cantidad": None if number == 1 else number,
            "vigente": number % 2 == 0,
            "fecha": dt.date(2024, 2, 29),
            "momento": dt.datetime(2024, 2, 29, 12, 0, number % 60),
        }
        for number in range(count)
    ]


def write_project(home: Path, contract: dict[str, Any], institution: dict[str, Any] = INSTITUTION) -> Dataset:
    """A project with this one dataset; the files are JSON, which is YAML."""
    for folder, name, document in (
        ("institutions", "prueba", institution),
        ("datasets/prueba", "cosas", contract),
    ):
        path = home / "include" / folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False))
    target = home / VOCABULARY
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).parents[2] / VOCABULARY, target)
    return Project(home).dataset(ID)


def settings_in(state: Path, key_file: Path | None = None) -> Settings:
    """Settings whose buckets and scratch lie in `state`."""
    return Settings(
        home=state / "home",
        private_url=(state / "private").as_uri(),
        public_url=(state / "public").as_uri(),
        key_file=key_file,
        scratch=state / "scratch",
        memory_limit="400MB",
        threads=2,
        lease_seconds=900,
        inbox_settle_seconds=0,
    )


def context_in(
    state: Path, dataset: Dataset, run_id: str = "corrida-1", key_file: Path | None = None
) -> Context:
    """A run of the dataset with the buckets in `state`; the clock stands still."""
    settings = settings_in(state, key_file)
    return Context(
        dataset=dataset,
        run_id=run_id,
        settings=settings,
        private=open_bucket(settings.private_url),
        public=open_bucket(settings.public_url),
        clock=lambda: NOW,
    )


def arrow_type(spec: FieldSpec) -> pa.DataType:
    """What protect gives a published column, as Arrow calls it."""
    if spec.published_type == "number":
        return pa.decimal128(spec.decimal.precision, spec.decimal.scale)
    return {
        "string": pa.string(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us"),
    }[spec.published_type]


def write_typed(path: Path, resource: Resource, rows: list[dict[str, Any]], made_of: str = "x") -> None:
    """A protect table, written by pyarrow."""
    schema = pa.schema([(spec.name, arrow_type(spec)) for spec in resource.published_fields])
    schema = schema.with_metadata({work.FINGERPRINT_KEY: made_of})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def expectation(**more: Any) -> dict[str, Any]:
    """One entry of validate.json."""
    return {
        "resource": "cosas",
        "type": "expect_column_values_to_not_be_null",
        "column": "código",
        "severity": "critical",
        "origin": "contract",
        "description": "La columna código siempre tiene valor.",
        "success": True,
        "evaluated": 3,
        "unexpected": 0,
        "missing": 0,
        **more,
    }


def leave_run(
    ctx: Context,
    rows: dict[str, list[dict[str, Any]]] | None = None,
    *,
    taken: str = TAKEN,
    extract: str = "a",
    protected: dict[str, Any] | None = None,
    validated: dict[str, Any] | None = None,
) -> str:
    """Leave what protect and validate of this run would leave; returns the release fingerprint."""
    contract = ctx.dataset.contract
    tables = rows if rows is not None else {"cosas": default_rows()}
    recipe = fingerprint.recipe(ctx.dataset, key_id(ctx))
    partitions = {WHOLE: fingerprint.partition_fingerprint(recipe, [extract], extract_key(ctx))}
    made_of = fingerprint.release_fingerprint(recipe, partitions)
    with ctx.scratch() as folder:
        for resource in contract.resources:
            path = folder / f"{resource.name}.parquet"
            write_typed(path, resource, tables[resource.name], made_of)
            work.put_table(ctx, "protect", WHOLE, resource, path)
    counts = {name: len(table) for name, table in tables.items()}
    profiles = {resource.name: profile_of(resource, tables[resource.name]) for resource in contract.resources}
    document = {
        "fingerprint": made_of,
        "recipe": recipe,
        "taken": taken,
        "partitions": partitions,
        "carried": [],
        "missing": [],
        "rows": counts,
        "cleaning": {},
        "rows_in": sum(counts.values()),
        "excluded": {},
        **(protected or {}),
    }
    work.put_document(ctx, "protect", WHOLE, document)
    checked = {
        "fingerprint": made_of,
        "success": True,
        "expectations": [expectation()],
        "profile": profiles,
        "comparison": None,
        "statistics": {"evaluated": 1, "successful": 1, "failed": {}},
        **(validated or {}),
    }
    work.put_document(ctx, "validate", WHOLE, checked)
    return made_of


def profile_of(resource: Resource, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What validate counts in a table."""
    columns = {
        spec.name: Measured(sum(row.get(spec.name) is None for row in rows))
        for spec in resource.published_fields
    }
    return Profile(len(rows), columns, None if resource.primaryKey else 0).to_json()


def contract_model(contract: dict[str, Any]) -> Contract:
    """The validated model of a contract's dictionary."""
    return Contract.model_validate(contract)


def listing(bucket: Path) -> dict[str, str]:
    """Every object of a folder bucket with its SHA-256."""
    return {
        str(path.relative_to(bucket)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(bucket.rglob("*"))
        if path.is_file() and not path.relative_to(bucket).parts[0].startswith(".")
    }


if __name__ == "__main__":
    state_folder = Path(sys.argv[1])
    print(publish(context_in(state_folder, Project(state_folder / "home").dataset(ID), sys.argv[2])).outcome)
