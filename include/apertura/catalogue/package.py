"""The release's Data Package (https://datapackage.org/standard/), with absolute addresses of its files."""

from __future__ import annotations

import datetime as dt
from typing import Any

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.model import Catalogue, Entry, Table
from apertura.catalogue.rdf import web


def data_package(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    """The descriptor of a dataset that has a release: what the release says, and where its files lie."""
    assert entry.latest is not None  # noqa: S101
    at = Addresses.of(catalogue)
    package = {**entry.package}
    own = {**entry.own, "calidad": at.key(entry.documents["calidad.json"])}
    own["privacidad"] = at.key(entry.documents["privacidad.json"])
    tables = {table.name: table for table in entry.tables}
    resources = [_resource(one, tables[one["name"]], at) for one in package["resources"]]
    resources += [_nested(table, at) for table in entry.tables if table.schema is None]
    licences = [one for one in package.get("licenses", []) if web(one.get("path"))]
    package.pop("licenses", None)
    taken = entry.latest.taken.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    package |= {"version": entry.latest.version, "created": taken}
    package |= {"licenses": licences} if licences else {}
    return {**package, "apertura": own, "resources": resources}


def _resource(resource: dict[str, Any], table: Table, at: Addresses) -> dict[str, Any]:
    others = [at.key(file.key) for file in table.files if file.format != "csv"]
    file = table.file("csv")
    path = at.key(file.key) if file else resource["path"]
    return {**resource, "path": path, "apertura": {**resource.get("apertura", {}), "otros_formatos": others}}


def _nested(table: Table, at: Addresses) -> dict[str, Any]:
    """A nested document beside the tables: no rows, no schema of Table Schema."""
    file = table.files[0]
    return {
        "name": table.name,
        "title": table.title,
        "path": at.key(file.key),
        "format": "json",
        "mediatype": file.media_type,
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
