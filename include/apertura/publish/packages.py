"""Packages: published tables put together again as nested JSON, record by record.

Every table is read in the order of the records' key, so that only one record is in memory at a time. Numbers
keep every digit; what is null is left out, and so is an object that has nothing in it.
"""

# ruff: noqa: S608 (names are declared ones, through quoted())

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import duckdb

from apertura.contract.package import Package, PackageTable
from apertura.errors import EngineError
from apertura.prepare.engine import quoted, run

BATCH = 2_000
"""Rows taken from a table at once."""

Row = tuple[Any, ...]


def write_package(
    connection: duckdb.DuckDBPyConnection,
    package: Package,
    relations: Mapping[str, str],
    target: Path,
    said: Mapping[str, str],
) -> int:
    """Write `<name>.json` into `target`; returns the number of records.

    `relations` are the published tables by resource, `said` the texts for `{version}` and `{taken}`.
    EngineError when a row belongs to no record, or two records have one key.
    """
    with target.open("w", encoding="utf-8", newline="\n") as out:
        head = _filled(package.head, said)
        out.write("{\n")
        for key, value in head.items():
            out.write(f"{json.dumps(key)}: {_json(value, package.utc_offset)},\n")
        out.write(f"{json.dumps(package.records)}: [")
        count = _write_records(connection, package, relations, out)
        out.write("\n]\n}\n")
    return count


def _filled(value: Any, said: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, text in said.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, dict):
        return {key: _filled(one, said) for key, one in value.items()}
    return [_filled(one, said) for one in value] if isinstance(value, list) else value


def _write_records(
    connection: duckdb.DuckDBPyConnection, package: Package, relations: Mapping[str, str], out: TextIO
) -> int:
    first, *others = package.tables
    streams = [(table, _Stream(connection, relations[table.resource], table)) for table in others]
    count, last = 0, None
    for row in _rows(connection, relations[first.resource], first):
        key = row[0]
        if key is None or key == last:
            raise _broken(package)
        last = key
        record = _element(first, row)
        for table, stream in streams:
            for below in stream.of(key):
                _place(package, table, record, below)
        out.write(("," if count else "") + "\n" + _json(record, package.utc_offset))
        count += 1
    if any(not stream.over for _, stream in streams):
        raise _broken(package)
    return count


def _broken(package: Package) -> EngineError:
    return EngineError(
        f"package {package.name}: the tables do not fit together: a row of no record, or a record twice",
        hint="see whether `key` of each table of the package is the right column, and the record's is unique",
    )


class _Stream:
    """A table's rows, taken record by record."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, relation: str, table: PackageTable) -> None:
        self._rows = _rows(connection, relation, table)
        self._next: Row | None = next(self._rows, None)

    @property
    def over(self) -> bool:
        return self._next is None

    def of(self, key: Any) -> Iterator[Row]:
        """The rows of this record; keys come in rising order."""
        while self._next is not None and self._next[0] == key:
            row = self._next
            self._next = next(self._rows, None)
            yield row


def _rows(connection: duckdb.DuckDBPyConnection, relation: str, table: PackageTable) -> Iterator[Row]:
    names = [quoted(name) for name in (*table.key, *table.paths.values())]
    order = ", ".join(f"{number} NULLS FIRST" for number in range(1, len(names) + 1))
    # A cursor of its own: each table is read step by step beside the others.
    cursor = run(
        connection.cursor(),
        f"SELECT {', '.join(names)} FROM {relation} ORDER BY {order}",
        doing="putting a package together",
    )
    while rows := cursor.fetchmany(BATCH):
        yield from rows


def _element(table: PackageTable, row: Row) -> dict[str, Any]:
    """One row as an object."""
    element: dict[str, Any] = {}
    for path, value in zip(table.paths, row[len(table.key) :], strict=True):
        if value is None:
            continue
        if path.endswith("[]"):
            path, value = path.removesuffix("[]"), value.split("; ")
        *above, name = path.split(".")
        node = element
        for key in above:
            node = node.setdefault(key, {})
        node[name] = value
    return element


def _place(package: Package, table: PackageTable, record: dict[str, Any], row: Row) -> None:
    """Put a row into its list; the second part of its key names the element of the outer list."""
    node: Any = record
    outer, _, inner = table.rows.removesuffix("[]").partition("[].")
    if inner:
        elements = _below(record, outer.split("."))
        node = next((one for one in elements if one.get("id") == row[1]), None)
        if node is None:
            raise _broken(package)
    _below(node, (inner or outer).split(".")).append(_element(table, row))


def _below(node: dict[str, Any], keys: list[str]) -> list[dict[str, Any]]:
    for key in keys[:-1]:
        node = node.setdefault(key, {})
    found: list[dict[str, Any]] = node.setdefault(keys[-1], [])
    return found


def _json(value: Any, offset: str) -> str:
    """JSON text on one line; exact numbers, times with their offset."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_json(v, offset)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_json(one, offset) for one in value) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return json.dumps(value.isoformat() + offset)
    if isinstance(value, dt.date):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False)
