"""catalogo.json: one plain object a dataset, with what an analyst's script wants. Its words are Spanish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apertura.catalogue.addresses import FOLDER, Addresses, entry_document
from apertura.catalogue.assess import Assessment
from apertura.catalogue.coverage import periods
from apertura.catalogue.dcat import dates
from apertura.catalogue.model import Catalogue, Entry, Table, Version
from apertura.catalogue.rdf import web
from apertura.catalogue.written import in_lines


def plain_entry(
    entry: Entry, catalogue: Catalogue, rating: Assessment, documents: Iterable[str]
) -> dict[str, Any]:
    """One dataset; `documents` are the names of what the catalogue holds of it (csvw.json …)."""
    at = Addresses.of(catalogue)
    first, last = dates(entry)
    publisher = entry.publisher
    made: dict[str, Any] = {
        "id": entry.id,
        "estado": "vigente" if entry.latest else "retirado",
        "titulo": entry.title,
        "descripcion": entry.description,
        "institucion": {
            "id": publisher.name,
            "titulo": publisher.title,
            "sitio": web(publisher.homepage),
            "contacto": publisher.unit or None,
        },
        "pagina": at.page(entry),
        "publicado": first.isoformat(),
        "actualizado": last.isoformat(),
    }
    if entry.latest is not None:
        made |= _standing(entry, catalogue)
        made["evaluacion"] = rating.to_json()
    else:
        made["motivo_de_retiro"] = entry.versions[0].reason
    made["versiones"] = [_version(entry, one) for one in entry.versions]
    made["metadatos"] = {name: at.key(entry_document(entry, name)) for name in documents}
    return made


def _standing(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    assert entry.latest is not None  # noqa: S101
    at, own = Addresses.of(catalogue), entry.own
    spans = [period.text for period in periods(own.get("temporal"), entry.latest.partitions)]
    return {
        "tema": {"codigo": entry.theme, "titulo": catalogue.terms.label("data-theme", entry.theme)},
        "palabras_clave": list(entry.keywords),
        "frecuencia": own.get("accrualPeriodicity"),
        "territorio": own.get("spatial"),
        "periodo": own.get("temporal"),
        "periodos": spans,
        "licencia": entry.licence or "sin licencia declarada",
        "licencia_url": web(entry.licence_url),
        "fuente": web(entry.landing_page),
        "protegido": entry.protected,
        "advertencias": [one["codigo"] for one in entry.quality.get("advertencias_de_uso", [])],
        "version": entry.latest.version,
        "filas": entry.rows,
        "filas_redondeadas": entry.rounded,
        "tablas": [_table(entry, table, at) for table in entry.tables],
        "documentos": {name: at.key(key) for name, key in entry.documents.items()},
    }


def _table(entry: Entry, table: Table, at: Addresses) -> dict[str, Any]:
    return {
        "nombre": table.name,
        "titulo": table.title,
        "descripcion": table.description,
        "filas": None if table.rows is None else entry.told(table.rows),
        "clave": list(table.schema.get("primaryKey", [])) if table.schema else [],
        "columnas": [
            {"nombre": field["name"], "titulo": field.get("title", field["name"]), "tipo": field["type"]}
            for field in table.fields
        ],
        "archivos": [
            {
                "formato": file.format,
                "direccion": at.key(file.key),
                "direccion_permanente": at.key(file.permanent),
                "bytes": file.bytes,
                "sha256": file.sha256,
            }
            for file in table.files
        ],
    }


def _version(entry: Entry, one: Version) -> dict[str, Any]:
    made: dict[str, Any] = {"version": one.version, "numero": one.number, "fecha": one.taken.isoformat()}
    if one.withdrawn:
        return {**made, "retirada": True, "motivo": one.reason, "retirada_el": one.withdrawn_on}
    return {**made, "retirada": False, "filas": {name: entry.told(rows) for name, rows in one.rows.items()}}


def plain_catalogue(catalogue: Catalogue, entries: Iterable[bytes]) -> bytes:
    """catalogo.json of the documents of `plain_entry`, as bytes and not parsed again."""
    taken = [dates(entry)[1] for entry in catalogue.entries]
    at = Addresses.of(catalogue)
    head = in_lines(
        {
            "apertura": 1,
            "titulo": "Apertura: datos abiertos de Guatemala",
            "sitio": catalogue.base,
            "actualizado": max(taken).isoformat() if taken else None,
            "metadatos": {
                name: at.key(f"{FOLDER}/{name}") for name in ("dcat-ap.ttl", "dcat-ap.jsonld", "dcat-ap.rdf")
            },
            "conjuntos": [],
        }
    ).decode()
    before, _, after = head.rpartition("[]")
    body = ",\n".join(entry.decode().rstrip("\n") for entry in entries)
    return f"{before}[\n{body}\n]{after}".encode()
