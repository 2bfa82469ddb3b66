"""A dataset in the words of schema.org, as search engines read them; the portal's page carries it, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.coverage import periods
from apertura.catalogue.dcat import dates
from apertura.catalogue.model import Catalogue, DataFile, Entry, Table
from apertura.catalogue.rdf import web

COLUMNS = 100
"""Columns that are told in `variableMeasured`, of all tables together."""


def dataset(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    """The schema.org Dataset of a dataset that has a release."""
    assert entry.latest is not None  # noqa: S101
    at = Addresses.of(catalogue)
    first, last = dates(entry)
    spans = [period.text for period in periods(entry.own.get("temporal"), entry.latest.partitions)]
    columns = [_column(field, table) for table in entry.tables for field in table.fields]
    files = [_download(table, file, at) for table in entry.tables for file in table.files]
    document: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": at.dataset(entry),
        "name": entry.title,
        "description": _description(entry),
        "url": at.page(entry),
        "identifier": entry.id,
        "keywords": list(entry.keywords),
        "inLanguage": "es",
        "isAccessibleForFree": True,
        "version": entry.latest.version,
        "datePublished": first.date().isoformat(),
        "dateModified": last.date().isoformat(),
        "license": web(entry.licence_url),
        "conditionsOfAccess": None if entry.licence else "La fuente no declara una licencia.",
        "isBasedOn": web(entry.landing_page),
        "temporalCoverage": spans[0] if len(spans) == 1 else spans,
        "spatialCoverage": {"@type": "Place", "name": str(entry.own.get("spatial") or "Guatemala")},
        "creator": _organization(entry, at),
        "publisher": _organization(entry, at),
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "@id": at.shared("catalogo"),
            "name": "Apertura: datos abiertos de Guatemala",
            "url": catalogue.base,
        },
        "variableMeasured": columns[:COLUMNS],
        "distribution": files,
    }
    return {name: value for name, value in document.items() if value not in (None, [], "")}


def _description(entry: Entry) -> str:
    """At least 50 and at most 5,000 characters, as search engines want it."""
    said = entry.description or f"Datos de {entry.publisher.title}, publicados por Apertura."
    return said[:5000]


def _organization(entry: Entry, at: Addresses) -> dict[str, Any]:
    made = {
        "@type": "GovernmentOrganization",
        "@id": at.publisher(entry.publisher),
        "name": entry.publisher.title,
        "url": web(entry.publisher.homepage),
    }
    return {name: value for name, value in made.items() if value}


def _column(field: Mapping[str, Any], table: Table) -> dict[str, Any]:
    made = {
        "@type": "PropertyValue",
        "name": field.get("title", field["name"]),
        "alternateName": f"{table.name}.{field['name']}",
        "description": field.get("description"),
        "unitText": field.get("unit"),
    }
    return {name: value for name, value in made.items() if value}


def _download(table: Table, file: DataFile, at: Addresses) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": f"{table.title} ({file.name})",
        "contentUrl": at.key(file.key),
        "encodingFormat": file.media_type,
        "contentSize": f"{file.bytes} B",
        "sha256": file.sha256,
    }
