"""The four formats of a release, each streamed by DuckDB from one typed table: same rows, same order.

How a value is written, the same in every format:

type      CSV, XML                          JSON                 Parquet
string    as it is                          string               string
integer   digits                            number               int64
number    exact digits, point, full scale   number, same digits  decimal(p, s)
boolean   true, false                       true, false          boolean
date      2024-02-29                        string, same         date32
datetime  2024-02-29T12:00:00[.ffffff]      string, same         timestamp[us]
null      bare in CSV, xsi:nil in XML       null                 null

JSON numbers carry every digit; a reader that turns them into binary floats loses some, Parquet's does not.
In a CSV of one column a null is written `""`: a bare one would be a blank line, which readers skip.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())
from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from apertura.contract import Contract, FieldSpec, Resource
from apertura.errors import EngineError
from apertura.prepare.engine import literal, quoted, run
from apertura.publish.dictionary import table_schema
from apertura.storage.files import Hashed, hashed

MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
    "parquet": "application/vnd.apache.parquet",
}
"""The formats of a release, in the order they are written; the smallest last, because its digest waits."""

BOM = "\ufeff"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
FORBIDDEN = "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{FFFE}\\x{FFFF}]"
"""Characters that XML 1.0 (section 2.2) cannot hold, as an RE2 class."""

CSV = "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '', NEW_LINE '\\r\\n'"
"""How every CSV is written, a release's own and what is cut from it: DuckDB's options of COPY."""

_INTEGERS = re.compile(r"^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$")


@dataclass(frozen=True)
class DataFile:
    """One file of a release on the worker's disk."""

    path: Path
    resource: str
    format: str
    bytes: int
    hashed: Hashed

    @property
    def sha256(self) -> str:
        """Its digest in hex."""
        return self.hashed.sha256


def write_formats(
    connection: duckdb.DuckDBPyConnection, table: Path, contract: Contract, resource: Resource, folder: Path
) -> tuple[int, list[DataFile]]:
    """Write `<resource>.{csv,json,xml,parquet}` into `folder`; returns the number of rows and the files.

    `table` is a Parquet with exactly the published columns, typed and ordered. EngineError when it is
    not that, or when it holds what a format cannot: characters XML forbids, dates outside years 1-9999.
    """
    relation = f"read_parquet({literal(str(table))})"
    _check_columns(connection, relation, contract, resource)
    _check_values(connection, relation, contract, resource)
    queries = {
        "csv": _csv(relation, resource),
        "json": _json(relation, resource),
        "xml": _xml(relation, resource),
        "parquet": _parquet(relation, contract, resource),
    }
    counts: set[int] = set()
    digests: list[tuple[str, Path, Future[Hashed]]] = []
    # A file is hashed while DuckDB writes the next one: as fast as hashing through a FIFO, and simpler.
    with ThreadPoolExecutor(max_workers=1) as hasher:
        for name in MEDIA_TYPES:
            path = folder / f"{resource.name}.{name}"
            select, options = queries[name]
            copy = f"COPY ({select}) TO {literal(str(path))} ({options})"
            row = run(connection, copy, doing=f"writing {resource.name}.{name}").fetchone()
            counts.add(int(row[0]) if row else 0)
            digests.append((name, path, hasher.submit(hashed, path)))
        files = [
            DataFile(path, resource.name, name, path.stat().st_size, digest.result())
            for name, path, digest in digests
        ]
    if len(counts) != 1:
        raise EngineError(
            f"{contract.id}: the formats of {resource.name} do not hold the same number of rows",
            hint="report this to the maintainers",
        )
    return counts.pop(), files


def sql_type(field: FieldSpec) -> str:
    """The DuckDB type of a published column."""
    if field.published_type == "number":
        return f"DECIMAL({field.decimal.precision},{field.decimal.scale})"
    return {
        "string": "VARCHAR",
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "datetime": "TIMESTAMP",
    }[field.published_type]


def _check_columns(
    connection: duckdb.DuckDBPyConnection, relation: str, contract: Contract, resource: Resource
) -> None:
    described = run(connection, f"DESCRIBE FROM {relation}", doing=f"looking at {resource.name}").fetchall()
    found = {str(row[0]): str(row[1]) for row in described}
    wanted = {field.name: sql_type(field) for field in resource.published_fields}
    if list(found) != list(wanted):
        missing = [name for name in wanted if name not in found]
        raise EngineError(
            f"{contract.id}, publish: the table of {resource.name} does not have exactly the published "
            f"columns in their order: {len(found)} found, {len(wanted)} declared, missing: "
            f"{', '.join(missing) or 'none'}",
            hint="clear this run from its clean task",
        )
    for name, declared in wanted.items():
        if found[name] != declared and not (declared == "BIGINT" and _INTEGERS.match(found[name])):
            raise EngineError(
                f"{contract.id}, publish: column {name} of {resource.name} is {found[name]}, "
                f"the contract says {declared}",
                hint="clear this run from its clean task",
            )


def _check_values(
    connection: duckdb.DuckDBPyConnection, relation: str, contract: Contract, resource: Resource
) -> None:
    """Refuse what would make the formats disagree; clean has already taken it out, so this finds nothing."""
    fields = resource.published_fields
    texts = [quoted(field.name) for field in fields if field.published_type == "string"]
    tests = [f"regexp_matches(concat({', '.join(texts)}), {literal(FORBIDDEN)})"] if texts else []
    for field in fields:
        if field.published_type in ("date", "datetime"):
            name = quoted(field.name)
            tests.append(f"NOT ({name} >= DATE '0001-01-01' AND {name} < DATE '9999-12-31' + 1)")
    if not tests:
        return
    query = f"SELECT count(*) FROM {relation} WHERE {' OR '.join(tests)}"
    row = run(connection, query, doing=f"checking {resource.name}").fetchone()
    if row and row[0]:
        raise EngineError(
            f"{contract.id}, publish: {resource.name} has rows with control characters or with dates outside "
            "the years 1 to 9999, which not every format can hold",
            hint="clear this run from its clean task; if it happens again, report it to the maintainers",
        )


@dataclass(frozen=True)
class Printed:
    """A published column as the text formats need to know it; precision and scale are a number's."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0

    @classmethod
    def of(cls, field: FieldSpec) -> Printed:
        """As a contract declares it."""
        if field.published_type != "number":
            return cls(field.name, field.published_type)
        return cls(field.name, "number", field.decimal.precision, field.decimal.scale)


def _printed(resource: Resource) -> list[Printed]:
    return [Printed.of(field) for field in resource.published_fields]


def _text(column: Printed) -> str:
    """The column as the text that CSV and XML show."""
    name = quoted(column.name)
    if column.type == "string":
        return name
    if column.type == "datetime":
        return f"replace(CAST({name} AS VARCHAR), ' ', 'T')"
    return f"CAST({_printable(column)} AS VARCHAR)"


def _printable(column: Printed) -> str:
    """The column, with room for a digit before the point: DuckDB writes 0.5 of DECIMAL(1,1) as `.5`."""
    if column.type == "number" and column.precision == column.scale:
        return f"CAST({quoted(column.name)} AS DECIMAL({column.precision + 1},{column.scale}))"
    return quoted(column.name)


def csv_columns(columns: Sequence[Printed]) -> str:
    """The select list of a CSV, for `COPY … (CSV)`: byte order mark, header and every value as text."""
    texts = [_text(column) for column in columns]
    if len(columns) == 1:
        texts = [f"coalesce({texts[0]}, '')"]
    # DuckDB has no option for a byte order mark: it comes as the first character of the header.
    names = [BOM + columns[0].name, *(column.name for column in columns[1:])]
    return ", ".join(f"{text} AS {quoted(name)}" for text, name in zip(texts, names, strict=True))


def _csv(relation: str, resource: Resource) -> tuple[str, str]:
    return f"SELECT {csv_columns(_printed(resource))} FROM {relation}", CSV


def _json(relation: str, resource: Resource) -> tuple[str, str]:
    columns = []
    for column in _printed(resource):
        value = _text(column) if column.type == "datetime" else _printable(column)
        columns.append(f"{value} AS {quoted(column.name)}")
    return f"SELECT {', '.join(columns)} FROM {relation}", "FORMAT json, ARRAY true"


def element(name: str) -> str:
    """The XML element of a column. Names that begin with xml belong to the W3C (XML 1.0, section 2.3)."""
    return f"_{name}" if name.startswith("xml") else name


def _xml(relation: str, resource: Resource) -> tuple[str, str]:
    cells = []
    for column in _printed(resource):
        name, text = element(column.name), _text(column)
        if column.type == "string":
            text = _escaped(text)
        null = f'<{name} xsi:nil="true"/>'
        cells.append(
            f"coalesce({literal(f'<{name}>')} || {text} || {literal(f'</{name}>')}, {literal(null)})"
        )
    prefix = f'<?xml version="1.0" encoding="UTF-8"?>\n<registros xmlns:xsi="{XSI}">\n'
    options = (
        "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '', NEW_LINE '\\n', "
        f"PREFIX {literal(prefix)}, SUFFIX {literal(chr(10) + '</registros>' + chr(10))}"
    )
    row = f"concat('<registro>', {', '.join(cells)}, '</registro>')"
    return f"SELECT {row} FROM {relation}", options


def _escaped(text: str) -> str:
    """Text for XML. Most values need nothing, and looking costs half of what replacing does."""
    special = {"'&'": "&amp;", "'<'": "&lt;", "'>'": "&gt;", "chr(13)": "&#13;"}
    replaced = text
    for character, entity in special.items():
        replaced = f"replace({replaced}, {character}, {literal(entity)})"
    any_special = " OR ".join(f"contains({text}, {character})" for character in special)
    return f"CASE WHEN {any_special} THEN {replaced} ELSE {text} END"


def _parquet(relation: str, contract: Contract, resource: Resource) -> tuple[str, str]:
    columns = [
        f"CAST({quoted(field.name)} AS {sql_type(field)}) AS {quoted(field.name)}"
        for field in resource.published_fields
    ]
    # Nothing here that differs between two releases with equal rows: equal rows, equal bytes.
    about = {
        "title": resource.title,
        "description": resource.description,
        "licence": contract.release.licence,
        "source": contract.landingPage,
        "schema": json.dumps(table_schema(resource), ensure_ascii=False),
    }
    pairs = ", ".join(f"{name}: {literal(value)}" for name, value in about.items())
    options = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{pairs}}}"
    return f"SELECT {', '.join(columns)} FROM {relation}", options
