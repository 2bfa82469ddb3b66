"""Downloads beside the release's own files: a workbook of each table that fits, and slices by department.

They are made of published rows only and lie under the version they are made of:
descargas/<institution>/<dataset>/<version>/<resource>.xlsx and …/por-departamento/<resource>/<code>.csv.
"""

# ruff: noqa: S608 (names are published columns, through quoted(); texts go through literal())
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apertura.catalogue.model import Entry, Table
from apertura.errors import in_our_words
from apertura.portal.maps import DEPARTMENTS
from apertura.portal.published import Reading, reading
from apertura.portal.site import Artifact
from apertura.portal.workbook import fits, write_workbook
from apertura.prepare.engine import literal, quoted, run
from apertura.publish.formats import CSV, Printed, csv_columns
from apertura.storage import Bucket
from apertura.storage.files import file_digest

SLICED_FROM = 1_000
"""A table of more rows is cut by department; a smaller one is opened whole."""

DEPARTMENT = "departamento_codigo"
NOWHERE = "sin-departamento"


@dataclass(frozen=True)
class Extra:
    """One further download. `format` is xlsx or csv; `department` is the name of a slice's, else empty."""

    artifact: Artifact
    resource: str
    format: str
    department: str
    rows: int
    bytes: int
    sha256: str

    @property
    def key(self) -> str:
        """Its key in the public bucket."""
        return self.artifact.key


@in_our_words
def extra_files(public: Bucket, entry: Entry, folder: Path) -> list[Extra]:
    """Write the further downloads of the latest release into `folder`, which must last until they are stored.

    By table: its workbook, then its slices by code. Errors: StorageError when a table is gone.
    """
    if entry.latest is None:
        return []
    home = f"descargas/{entry.id}/{entry.latest.version}"
    extras: list[Extra] = []
    for table in entry.tables:
        if table.schema is None or not table.rows:
            continue
        with reading(public, table) as source:
            extras += _workbook(entry, table, source, folder, home)
            extras += _slices(table, source, folder, home)
    return extras


def _workbook(entry: Entry, table: Table, source: Reading, folder: Path, home: str) -> Iterator[Extra]:
    rows = int(source.one(f"SELECT count(*) FROM {source.relation}")[0])
    if fits(source, rows):
        path = folder / f"{table.name}.xlsx"
        key = tuple((table.schema or {}).get("primaryKey", ()))
        write_workbook(source, table.fields, _about(entry, table), path, key)
        yield _extra(f"{home}/{path.name}", path, table.name, "xlsx", "", rows)


def _about(entry: Entry, table: Table) -> list[tuple[str, str]]:
    version = entry.latest.version if entry.latest else ""
    told = [
        ("Conjunto", entry.title),
        ("Tabla", table.title),
        ("Descripción", table.description),
        ("Institución", entry.publisher.title),
        ("Versión", version),
        ("Licencia", entry.licence or "La fuente no declara licencia."),
        ("Fuente", entry.landing_page),
    ]
    names = {str(field["name"]) for field in table.fields}
    if any(name.endswith("_estado") and name.removesuffix("_estado") in names for name in names):
        told.append(
            (
                "Celdas vacías",
                "Una celda vacía cuya columna _estado dice suprimido no es cero: el valor se protege para "
                "que nadie reconozca a una persona.",
            )
        )
    return told


def _slices(table: Table, source: Reading, folder: Path, home: str) -> Iterator[Extra]:
    if DEPARTMENT not in source.columns or (table.rows or 0) <= SLICED_FROM:
        return
    code = quoted(DEPARTMENT)
    counted = f"SELECT {code}, count(*) FROM {source.relation} GROUP BY 1 ORDER BY 1 NULLS LAST"
    found = {row[0]: int(row[1]) for row in source.rows(counted)}
    select = csv_columns([_printed(field) for field in table.fields if field["name"] in source.columns])
    for here in [one for one in found if one in DEPARTMENTS]:
        where = f"{code} = {literal(here)}"
        yield _slice(table, source, folder, home, select, where, here, DEPARTMENTS[here].name, found[here])
    rest = sum(rows for one, rows in found.items() if one not in DEPARTMENTS)
    if rest:
        known = ", ".join(map(literal, DEPARTMENTS))
        where = f"{code} IS NULL OR {code} NOT IN ({known})"
        yield _slice(table, source, folder, home, select, where, NOWHERE, "Sin departamento", rest)


def _printed(field: Mapping[str, Any]) -> Printed:
    """A column as the release's Table Schema describes it."""
    numbers = (int(field.get("precision", 0)), int(field.get("scale", 0)))
    return Printed(str(field["name"]), str(field["type"]), *numbers)


def _slice(
    table: Table,
    source: Reading,
    folder: Path,
    home: str,
    select: str,
    where: str,
    name: str,
    department: str,
    rows: int,
) -> Extra:
    path = folder / f"{table.name}.{name}.csv"
    copy = f"COPY (SELECT {select} FROM {source.relation} WHERE {where}) TO {literal(str(path))} ({CSV})"
    run(source.connection, copy, doing=source.doing)
    return _extra(
        f"{home}/por-departamento/{table.name}/{name}.csv", path, table.name, "csv", department, rows
    )


def _extra(key: str, path: Path, resource: str, format_: str, department: str, rows: int) -> Extra:
    digest = file_digest(path)
    artifact = Artifact(key, path, immutable=True, sha256=digest, passing=True)
    return Extra(artifact, resource, format_, department, rows, path.stat().st_size, digest)
