"""CSV on the Web metadata (https://www.w3.org/TR/tabular-metadata/) of the latest CSV files.

Rows of a table with a key get an address (`aboutUrl`): anybody can point at one. Readers do not agree on what
a column whose name has accents is called in a key, so such a key stays out; Data Package has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.model import Catalogue, Entry, Table
from apertura.catalogue.rdf import web

DIALECT = {
    "encoding": "utf-8",
    "delimiter": ",",
    "quoteChar": '"',
    "doubleQuote": True,
    "lineTerminators": ["\r\n"],
    "header": True,
    "headerRowCount": 1,
    "skipInitialSpace": False,
    "trim": False,
}
"""As `publish.formats` writes; the byte order mark before the header belongs to the encoding."""

_BASES = {
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "date": "date",
    "datetime": "dateTime",
}
_BOUNDS = ("minimum", "maximum")
_LENGTHS = ("minLength", "maxLength")


def csvw(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    """The table group of a dataset that has a release."""
    at = Addresses.of(catalogue)
    document: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "es"}],
        "@id": at.dataset(entry),
        "dc:title": entry.title,
        "dc:description": entry.description,
        "dc:publisher": entry.publisher.title,
        "dc:language": "es",
    }
    if licence := web(entry.licence_url):
        document["dc:license"] = {"@id": licence}
    document["dialect"] = DIALECT
    document["tables"] = [_table(entry, table, at) for table in entry.tables if table.schema]
    return document


def _table(entry: Entry, table: Table, at: Addresses) -> dict[str, Any]:
    assert table.schema is not None  # noqa: S101
    file = table.file("csv")
    schema: dict[str, Any] = {"columns": [_column(field) for field in table.fields]}
    if key := row_key(table):
        schema["primaryKey"] = key
        rows = "/".join("{" + name + "}" for name in key)
        schema["aboutUrl"] = f"{at.part(entry, f'fila/{table.name}')}/{rows}"
    return {
        "url": at.key(file.key) if file else "",
        "dc:title": table.title,
        "dc:description": table.description,
        "tableSchema": schema,
    }


def row_key(table: Table) -> list[str]:
    """The columns that make the address of a row; none for a table whose rows have no address."""
    key = [str(name) for name in (table.schema or {}).get("primaryKey", [])]
    return key if all(name.isascii() for name in key) else []


def _column(field: Mapping[str, Any]) -> dict[str, Any]:
    constraints = field.get("constraints", {})
    name = str(field["name"])
    # A name with accents is none of a URI template (RFC 6570): readers make it of the header in `titles`.
    column: dict[str, Any] = {"name": name} if name.isascii() else {}
    column |= {"titles": [name], "dc:title": field.get("title", name)}
    if field.get("description"):
        column["dc:description"] = field["description"]
    column["datatype"] = _datatype(str(field["type"]), constraints)
    # A field without missing values: there an empty cell is an empty text.
    column["null"] = field.get("missingValues", [""])
    if constraints.get("required") and column["null"]:
        column["required"] = True
    return column


def _datatype(kind: str, constraints: Mapping[str, Any]) -> dict[str, Any]:
    datatype: dict[str, Any] = {"base": _BASES.get(kind, "string")}
    if kind == "boolean":
        return {**datatype, "format": "true|false"}
    if kind == "string":
        datatype |= {name: constraints[name] for name in _LENGTHS if name in constraints}
        if pattern := constraints.get("pattern"):
            datatype["format"] = pattern
        return datatype
    datatype |= {name: constraints[name] for name in _BOUNDS if name in constraints}
    return datatype
