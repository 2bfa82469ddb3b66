"""Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html), for machine learning.

Record sets read the Parquet, whose columns have types: from a CSV a reader would make 101 of the code 0101.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.dcat import dates
from apertura.catalogue.model import Catalogue, DataFile, Entry, Table
from apertura.catalogue.rdf import web

_TYPES = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "datetime": "sc:DateTime",
}
_FORMATS = {"parquet": "application/x-parquet", "csv": "text/csv"}
"""Parquet's media type as Croissant's readers know it."""

CONTEXT: Mapping[str, Any] = {
    "@language": "es",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    """The Croissant of a dataset that has a release. Its files are of this version: the sums always agree."""
    assert entry.latest is not None  # noqa: S101
    at = Addresses.of(catalogue)
    first, last = dates(entry)
    tables = [table for table in entry.tables if table.schema]
    organization = {
        "@type": "Organization",
        "name": entry.publisher.title,
        **({"url": home} if (home := web(entry.publisher.homepage)) else {}),
    }
    document: dict[str, Any] = {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": entry.name,
        "alternateName": entry.title,
        "description": entry.description,
        "url": at.page(entry),
        "license": web(entry.licence_url),
        "version": f"{entry.latest.schema_version}.{entry.latest.number}.0",
        "datePublished": first.date().isoformat(),
        "dateModified": last.date().isoformat(),
        "inLanguage": "es",
        "keywords": list(entry.keywords),
        "creator": organization,
        "publisher": organization,
        "citeAs": f"{entry.publisher.title} ({last.year}). {entry.title} [versión {entry.latest.version}]. "
        f"Apertura. {at.page(entry)}",
        "distribution": [
            _file(file, at) for table in tables for file in table.files if file.format in _FORMATS
        ],
        "recordSet": [_records(table) for table in tables],
    }
    return {name: value for name, value in document.items() if value not in (None, [], "")}


def _file(file: DataFile, at: Addresses) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": at.key(file.permanent),
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _FORMATS[file.format],
        "sha256": file.sha256,
    }


def _records(table: Table) -> dict[str, Any]:
    assert table.schema is not None  # noqa: S101
    records: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.description or table.title,
    }
    if key := [{"@id": _field_id(table, str(name))} for name in table.schema.get("primaryKey", [])]:
        records["key"] = key if len(key) > 1 else key[0]
    return {**records, "field": [_field(table, field) for field in table.fields]}


def _field_id(table: Table, name: str) -> str:
    return f"{table.name}/{name}"


def _field(table: Table, field: Mapping[str, Any]) -> dict[str, Any]:
    name = str(field["name"])
    return {
        "@type": "cr:Field",
        "@id": _field_id(table, name),
        "name": name,
        "description": field.get("description") or field.get("title", name),
        "dataType": _TYPES[str(field["type"])],
        "source": {"fileObject": {"@id": f"{table.name}.parquet"}, "extract": {"column": name}},
    }
