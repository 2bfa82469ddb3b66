"""Every release of a dataset: versions in DCAT's words, where they come from in PROV's, tombstones included.

Of how a release came to be it says the source's page, the moment of the extract and the software: no
operator, no key, nothing of the private bucket.
"""

from __future__ import annotations

import datetime as dt

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.model import Entry, Version
from apertura.catalogue.rdf import Literal, Name, Node, iri, node, plain, text, typed
from apertura.catalogue.terms import Terms
from apertura.publish.history import MANIFEST, TOMBSTONE, version_folder
from apertura.spanish import rows as in_words

_PROCESS = (
    "Proceso de Apertura: extraer, quitar identificadores, limpiar, proteger, validar y publicar. "
    "Los pasos y las comprobaciones están en los documentos de la versión."
)


def releases(entry: Entry, at: Addresses, terms: Terms) -> tuple[list[Node], list[Node]]:
    """Own nodes of all versions, newest first, and shared ones."""
    own: list[Node] = []
    shared: list[Node] = [_software(at)] if entry.versions else []
    for one in entry.versions:
        own += [_version(entry, one, at, terms, shared), *_process(entry, one, at), _document(entry, one, at)]
    return own, shared


def _version(entry: Entry, one: Version, at: Addresses, terms: Terms, shared: list[Node]) -> Node:
    known = {version.version for version in entry.versions}
    status, nodes = terms.term("dataset-status", "WITHDRAWN" if one.withdrawn else "COMPLETED")
    shared += nodes
    taken = _moment(one.taken)
    own = at.part(entry, f"version-{one.version}")
    return node(
        own,
        ("a", [Name("dcat:Dataset"), Name("prov:Entity")]),
        ("dct:title", text(f"{entry.title}, versión {one.number or one.version}")),
        ("dct:description", text(_words(entry, one))),
        ("dct:identifier", plain(f"{entry.id}/{one.version}")),
        ("dcat:version", plain(one.version)),
        ("dcat:isVersionOf", at.dataset(entry)),
        (
            "dcat:previousVersion",
            at.part(entry, f"version-{one.previous}") if one.previous in known else None,
        ),
        ("dct:publisher", at.publisher(entry.publisher)),
        ("dct:issued", taken),
        ("adms:status", status),
        (
            "adms:versionNotes",
            text(f"Retirada: {one.reason or 'no consta el motivo'}") if one.withdrawn else None,
        ),
        ("foaf:page", at.key(_key(entry, one))),
        ("prov:generatedAtTime", taken),
        ("prov:invalidatedAtTime", _day(one.withdrawn_on) if one.withdrawn else None),
        ("prov:wasDerivedFrom", None if one.withdrawn else iri(entry.landing_page)),
        ("prov:wasGeneratedBy", None if one.withdrawn else at.part(entry, f"proceso-{one.version}")),
        ("prov:wasRevisionOf", at.part(entry, f"version-{one.previous}") if one.previous in known else None),
    )


def _words(entry: Entry, one: Version) -> str:
    if one.withdrawn:
        return f"Versión retirada. Motivo: {one.reason or 'no consta'}"
    rows = in_words(entry.told_sum(one.rows.values()), about=entry.rounded)
    tables = f"{len(one.rows)} tablas" if len(one.rows) != 1 else "1 tabla"
    told = [f"{tables}, {rows}. Estructura número {one.schema_version}."]
    if one.carried:
        told.append(f"Partes que no se actualizaron: {', '.join(one.carried)}.")
    if one.missing:
        told.append(f"Partes que faltan: {', '.join(one.missing)}.")
    return " ".join(told)


def _process(entry: Entry, one: Version, at: Addresses) -> list[Node]:
    if one.withdrawn:
        return []
    return [
        node(
            at.part(entry, f"proceso-{one.version}"),
            ("a", Name("prov:Activity")),
            ("rdfs:label", text(_PROCESS)),
            ("prov:used", iri(entry.landing_page)),
            ("prov:generated", at.part(entry, f"version-{one.version}")),
            ("prov:startedAtTime", _moment(one.taken)),
            ("prov:wasAssociatedWith", at.shared("apertura")),
        )
    ]


def _document(entry: Entry, one: Version, at: Addresses) -> Node:
    return node(at.key(_key(entry, one)), ("a", Name("foaf:Document")))


def _key(entry: Entry, one: Version) -> str:
    """The manifest, which lists the version's files with their SHA-256; or the tombstone, which says why."""
    return f"{version_folder(entry.id, one.version)}/{TOMBSTONE if one.withdrawn else MANIFEST}"


def _software(at: Addresses) -> Node:
    return node(
        at.shared("apertura"),
        ("a", [Name("foaf:Agent"), Name("prov:SoftwareAgent")]),
        ("foaf:name", text("Apertura")),
    )


def _moment(when: dt.datetime) -> Literal:
    return typed(when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "xsd:dateTime")


def _day(said: str | None) -> Literal | None:
    """The date of a tombstone as the moment at which that day began."""
    try:
        day = dt.date.fromisoformat(said or "")
    except ValueError:
        return None
    return typed(f"{day.isoformat()}T00:00:00Z", "xsd:dateTime")
