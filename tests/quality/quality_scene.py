"""A small project for the tests of quality: a contract, a suite, and a table as protect leaves it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from apertura.contract import Dataset, Project
from apertura.prepare import engine
from apertura.prepare.keys import key_id
from apertura.quality.usage import VOCABULARY
from apertura.runs.context import WHOLE, Context
from apertura.runs.fingerprint import recipe, release_fingerprint
from apertura.runs.work import put_document, put_table
from small_contract import declared

ID = "prueba/cosas"
PLACE = f"expectations/{ID}.json"
contract = declared
"""A contract of these tables."""
PARTITIONS = {WHOLE: "a" * 64}
TAKEN = "2026-01-15T08:30:00+00:00"
HOME = Path(__file__).parents[2]

INSTITUTION = {
    "name": "prueba",
    "title": "Institución de Prueba",
    "homepage": "https://prueba.example.gt/",
    "information_unit": {"name": "Unidad de Información Pública"},
    "owner": "datos",
    "schedule": "0 6 * * *",
}


def field(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    """A kept public column; `more` overrides."""
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


def personal(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    """A personal column, dropped unless `more` says otherwise."""
    return field(
        name, type_, **{"access": "confidencial", "personal": "personal", "treatment": "drop", **more}
    )


def resource(name: str, *fields: dict[str, Any], key: list[str] | None = None) -> dict[str, Any]:
    """One table."""
    return {
        "name": name,
        "title": name.capitalize(),
        "description": f"Una fila por {name}.",
        "primaryKey": key or [],
        "fields": list(fields),
    }


def one(kind: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    """One expectation of a suite; `kind` is its type without `expect_`."""
    return {
        "type": f"expect_{kind}",
        "kwargs": kwargs,
        "severity": severity,
        "description": "Una regla de prueba.",
    }


def write_project(home: Path, document: dict[str, Any], suite: Any = None) -> Dataset:
    """A project with this one dataset. `suite`: expectations of the table, a suite, or its text."""
    for folder, name, content in (
        ("institutions", "prueba", INSTITUTION),
        ("datasets/prueba", "cosas", document),
    ):
        path = home / "include" / folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    vocabulary = home / VOCABULARY
    vocabulary.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(HOME / VOCABULARY, vocabulary)
    shutil.copytree(HOME / "sql" / "clean", home / "sql" / "clean", dirs_exist_ok=True)
    path = home / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if isinstance(suite, list):
        suite = {"name": ID, "resources": {"cosas": suite}}
    if suite is not None:
        path.write_text(suite if isinstance(suite, str) else json.dumps(suite, ensure_ascii=False), "utf-8")
    return Project(home).dataset(ID)


def leave_tables(
    ctx: Context, *selects: str, fingerprint: str | None = None, taken: str = TAKEN, extract: str = "a"
) -> str:
    """Leave what protect leaves: one table per resource, by its query. Answers the release fingerprint."""
    partitions = {WHOLE: extract * 64}
    of_release = release_fingerprint(recipe(ctx.dataset, key_id(ctx)), partitions)
    fingerprint = fingerprint or of_release
    with ctx.scratch() as scratch, engine.connect(ctx.settings, scratch) as connection:
        for number, (table, select) in enumerate(zip(ctx.dataset.contract.resources, selects, strict=True)):
            path = scratch / f"{number}.parquet"
            engine.write_table(connection, select, path, fingerprint, doing="leaving a table")
            put_table(ctx, "protect", WHOLE, table, path)
    put_document(
        ctx, "protect", WHOLE, {"fingerprint": fingerprint, "partitions": partitions, "taken": taken}
    )
    return of_release


def rows(names: str, *values: str) -> str:
    """A query that makes these rows: `names` of the columns, each row as SQL literals."""
    table = ", ".join(f"({row})" for row in values)
    return f"SELECT * FROM (VALUES {table}) AS t({names})"
