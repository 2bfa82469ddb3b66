"""A dataset as DCAT-AP 3.0.1 (https://semiceu.github.io/DCAT-AP/releases/3.0.1/) describes it.

Only what its releases say publicly goes in. What nobody said stays out: no licence, no contact and no period
is ever invented.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.coverage import periods
from apertura.catalogue.model import Catalogue, DataFile, Entry, Table
from apertura.catalogue.quality import measurements
from apertura.catalogue.rdf import Iri, Literal, Name, Node, iri, node, plain, text, typed, web
from apertura.catalogue.releases import releases
from apertura.catalogue.terms import SHA256, Terms, media_type, sha256_algorithm

FILE_TYPES = {
    "text/csv": "CSV",
    "application/json": "JSON",
    "application/xml": "XML",
    "application/vnd.apache.parquet": "PARQUET",
}
"""Media type -> code of the EU list of file types."""

UNDECLARED = "Sin licencia declarada: la fuente no dice con qué licencia se pueden usar estos datos."


@dataclass
class Description:
    """What a dataset's document is made of and what it says: own nodes, and those shared with others."""

    entry: Entry
    at: Addresses
    terms: Terms
    own: list[Node] = field(default_factory=list)
    known: dict[Iri, Node] = field(default_factory=dict)

    @property
    def shared(self) -> list[Node]:
        """Each shared node once."""
        return list(self.known.values())

    def term(self, vocabulary: str, code: str) -> Iri:
        """The address of a term, which the document then describes."""
        address, nodes = self.terms.term(vocabulary, code)
        self.share(*nodes)
        return address

    def share(self, *nodes: Node) -> None:
        """Nodes that other documents have, too."""
        for one in nodes:
            self.known.setdefault(one.subject, one)

    def add(self, own: list[Node], shared: list[Node]) -> None:
        """More nodes."""
        self.own += own
        self.share(*shared)


def describe(entry: Entry, catalogue: Catalogue) -> Description:
    """Everything that is said of a dataset; ContractError when a vocabulary has no term for it."""
    said = Description(entry, Addresses.of(catalogue), catalogue.terms)
    _publisher(said)
    if entry.latest is None:
        said.own.insert(0, _withdrawn(said))
    else:
        said.own.insert(0, _dataset(said))
        licence, rights = _licence(said), _rights(said)
        for table in entry.tables:
            for file in table.files:
                said.own.append(_distribution(said, table, file, licence, rights))
        said.add(*measurements(entry, said.at))
    said.add(*releases(entry, said.at, said.terms))
    said.own.append(_record(said))
    return said


def moment(when: dt.datetime) -> Literal:
    """A moment in UTC."""
    return typed(when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "xsd:dateTime")


def dates(entry: Entry) -> tuple[dt.datetime, dt.datetime]:
    """When the first and the newest release were taken; withdrawn ones count only when none else is there."""
    standing = [one.taken for one in entry.versions if not one.withdrawn]
    known = standing or [one.taken for one in entry.versions]
    return min(known), max(known)


def _dataset(said: Description) -> Node:
    entry, at, terms = said.entry, said.at, said.terms
    assert entry.latest is not None  # noqa: S101
    first, last = dates(entry)
    source = iri(entry.landing_page)
    frequency = terms.frequency(str(entry.own.get("accrualPeriodicity", "")))
    files = [file for table in entry.tables for file in table.files]
    pages = [at.key(entry.documents[name]) for name in ("calidad.html", "privacidad.html")]
    landing = [at.page(entry), *([source] if source else [])]
    said.own += [node(page, ("a", Name("foaf:Document"))) for page in (*pages, *landing)]
    return node(
        at.dataset(entry),
        ("a", [Name("dcat:Dataset"), Name("prov:Entity")]),
        ("dct:title", text(entry.title)),
        ("dct:description", text(entry.description or entry.title)),
        ("dct:identifier", plain(entry.id)),
        ("dct:issued", moment(first)),
        ("dct:modified", moment(last)),
        ("dct:publisher", at.publisher(entry.publisher)),
        ("dct:creator", at.publisher(entry.publisher)),
        ("dcat:contactPoint", at.publisher(entry.publisher, "contacto")),
        ("dcat:theme", said.term("data-theme", entry.theme) if entry.theme else None),
        ("dcat:keyword", [text(one) for one in entry.keywords]),
        ("dct:language", said.term("language", "SPA")),
        ("dct:accrualPeriodicity", said.term("frequency", frequency) if frequency else None),
        ("dct:spatial", _places(said)),
        ("dct:temporal", _periods(said)),
        ("dct:accessRights", said.term("access-right", "PUBLIC")),
        ("dct:provenance", _provenance(said)),
        ("dcat:landingPage", landing),
        ("foaf:page", pages),
        ("dcat:distribution", [at.distribution(entry, file) for file in files]),
        ("dcat:version", plain(entry.latest.version)),
        ("dcat:hasCurrentVersion", at.part(entry, f"version-{entry.latest.version}")),
        ("dcat:hasVersion", [at.part(entry, f"version-{one.version}") for one in entry.versions]),
        ("prov:wasDerivedFrom", source),
        ("prov:wasGeneratedBy", at.part(entry, f"proceso-{entry.latest.version}")),
        ("rdfs:comment", [text(one) for one in cautions(entry)]),
    )


def cautions(entry: Entry) -> list[str]:
    """What must be known before use: usage warnings, then what these data do not say."""
    warnings = [
        " ".join(str(one[part]) for part in ("texto", "nota") if one.get(part))
        for one in entry.quality.get("advertencias_de_uso", [])
    ]
    return [*warnings, *(str(one) for one in entry.own.get("advertencias", []))]


def _withdrawn(said: Description) -> Node:
    """A dataset of which no release stands: that it was there, and why it is not."""
    entry, at = said.entry, said.at
    newest = entry.versions[0]
    first, last = dates(entry)
    said.own.append(node(at.page(entry), ("a", Name("foaf:Document"))))
    return node(
        at.dataset(entry),
        ("a", [Name("dcat:Dataset"), Name("prov:Entity")]),
        ("dct:title", text(entry.title)),
        ("dct:description", text(f"Conjunto de datos retirado. Motivo: {newest.reason or 'no consta'}")),
        ("dct:identifier", plain(entry.id)),
        ("dct:issued", moment(first)),
        ("dct:modified", moment(last)),
        ("dct:publisher", at.publisher(entry.publisher)),
        ("dcat:contactPoint", at.publisher(entry.publisher, "contacto")),
        ("dcat:landingPage", at.page(entry)),
        ("adms:status", said.term("dataset-status", "WITHDRAWN")),
        ("dcat:hasVersion", [at.part(entry, f"version-{one.version}") for one in entry.versions]),
    )


def _licence(said: Description) -> Iri | None:
    """The licence as the source states it, by the EU list where that has it; None when it states none."""
    entry = said.entry
    if entry.licence is None:
        return None
    address = web(entry.licence_url)
    code = said.terms.licence(address)
    if code is not None:
        return said.term("licence", code)
    own = iri(address) or said.at.part(entry, "licencia")
    said.own.append(
        node(own, ("a", Name("dct:LicenseDocument")), ("dct:title", text(entry.licence))),
    )
    return own


def _distribution(said: Description, table: Table, file: DataFile, licence: Iri | None, rights: Iri) -> Node:
    entry, at, terms = said.entry, said.at, said.terms
    first, last = dates(entry)
    code = FILE_TYPES[file.media_type]
    kind, about_kind = media_type(file.media_type)
    said.share(about_kind, sha256_algorithm())
    checksum, address = at.part(entry, f"{file.name}-sha256"), at.key(file.key)
    said.own.append(
        node(
            checksum,
            ("a", Name("spdx:Checksum")),
            ("spdx:algorithm", SHA256),
            ("spdx:checksumValue", typed(file.sha256, "xsd:hexBinary")),
        )
    )
    name = terms.label("file-type", code)
    about = table.description or f"Los datos de «{entry.title}» en un solo documento."
    return node(
        at.distribution(entry, file),
        ("a", Name("dcat:Distribution")),
        ("dct:title", text(f"{table.title} ({name})")),
        ("dct:description", text(f"{about} Formato {name}.")),
        ("dcat:accessURL", address),
        ("dcat:downloadURL", address),
        ("dct:conformsTo", _standard(said, table)),
        ("dct:format", said.term("file-type", code)),
        ("dcat:mediaType", kind),
        ("dcat:byteSize", typed(file.bytes, "xsd:nonNegativeInteger")),
        ("spdx:checksum", checksum),
        ("dct:issued", moment(first)),
        ("dct:modified", moment(last)),
        ("dct:language", said.term("language", "SPA")),
        ("dct:license", licence),
        ("dct:rights", rights),
        ("dcatap:availability", said.term("planned-availability", "STABLE")),
        ("adms:status", said.term("distribution-status", "COMPLETED")),
    )


def _standard(said: Description, table: Table) -> Iri | None:
    """The standard that a nested document follows, as its contract names it."""
    packages = said.entry.contract.packages if said.entry.contract else []
    named = next((one.standard for one in packages if one.name == table.name and not table.schema), None)
    if named is None:
        return None
    own = said.at.part(said.entry, f"estandar-{table.name}")
    said.own.append(node(own, ("a", Name("dct:Standard")), ("dct:title", text(named))))
    return own


def _rights(said: Description) -> Iri:
    entry, own = said.entry, said.at.part(said.entry, "derechos")
    duty = str(entry.own.get("deber_legal", "")).strip()
    first = UNDECLARED if entry.licence is None else f"Licencia que declara la fuente: {entry.licence}."
    words = f"{first} Se publican por: {duty}." if duty else first
    said.own.append(node(own, ("a", Name("dct:RightsStatement")), ("rdfs:label", text(words))))
    return own


def _provenance(said: Description) -> Iri:
    entry, own = said.entry, said.at.part(said.entry, "procedencia")
    protected = " y protegido contra la identificación de personas" if entry.protected else ""
    words = (
        f"Extraído de la fuente que publica {entry.publisher.title}; sin los datos personales que la ley no "
        f"permite publicar; limpiado, validado{protected}, y publicado por Apertura. Los informes de calidad "
        "y de privacidad de cada versión dicen qué se hizo."
    )
    said.own.append(node(own, ("a", Name("dct:ProvenanceStatement")), ("rdfs:label", text(words))))
    return own


def _periods(said: Description) -> list[Iri]:
    entry = said.entry
    partitions = entry.latest.partitions if entry.latest else ()
    made = []
    for number, period in enumerate(periods(entry.own.get("temporal"), partitions), 1):
        own = said.at.part(entry, f"periodo-{number}")
        said.own.append(
            node(
                own,
                ("a", Name("dct:PeriodOfTime")),
                ("dcat:startDate", period.literal(period.start)),
                ("dcat:endDate", period.literal(period.end)),
            )
        )
        made.append(own)
    return made


def _places(said: Description) -> list[Iri]:
    """The country, and departments and municipalities of the INE's list that `spatial` names."""
    entry, at, terms = said.entry, said.at, said.terms
    addresses, nodes = terms.country()
    said.share(*nodes)
    scheme = at.shared("territorio-ine")
    for number, one in enumerate(name.strip() for name in str(entry.own.get("spatial", "")).split(";")):
        place = terms.place(one)
        if place is not None:
            own = at.shared(f"{place.kind}-{place.code}")
            about = node(
                own,
                ("a", [Name("dct:Location"), Name("skos:Concept")]),
                ("skos:prefLabel", text(place.name)),
                ("dct:identifier", plain(place.code)),
                ("skos:inScheme", scheme),
                ("dct:isPartOf", addresses[0]),
            )
            title = text("Códigos de departamentos y municipios del INE")
            said.share(about, node(scheme, ("a", Name("skos:ConceptScheme")), ("dct:title", title)))
            addresses.append(own)
        elif one and one != "Guatemala":
            own = at.part(entry, f"lugar-{number}")
            said.own.append(node(own, ("a", Name("dct:Location")), ("rdfs:label", text(one))))
            addresses.append(own)
    return addresses


def _publisher(said: Description) -> None:
    publisher, at = said.entry.publisher, said.at
    home = iri(publisher.homepage)
    documents = [home] if home else []
    mail = iri(f"mailto:{publisher.unit_email}") if publisher.unit_email else None
    said.share(
        node(
            at.publisher(publisher),
            ("a", [Name("foaf:Agent"), Name("foaf:Organization"), Name("prov:Agent")]),
            ("foaf:name", text(publisher.title)),
            ("dct:identifier", plain(publisher.name)),
            ("dct:type", said.term("publishertype", "NationalAuthority")),
            ("foaf:homepage", home),
        ),
        node(
            at.publisher(publisher, "contacto"),
            ("a", [Name("vcard:Kind"), Name("vcard:Organization")]),
            ("vcard:fn", text(publisher.unit or publisher.title)),
            ("vcard:hasURL", iri(web(publisher.unit_url)) or at.publisher_page(publisher)),
            ("vcard:hasEmail", mail),
        ),
        *(node(one, ("a", Name("foaf:Document"))) for one in documents),
    )


def _record(said: Description) -> Node:
    """The catalogue's own entry: when it changed, and whether the dataset still stands."""
    entry, at = said.entry, said.at
    first, last = dates(entry)
    status = "COMPLETED" if entry.latest is not None else "WITHDRAWN"
    standard = Iri("http://data.europa.eu/r5r/")
    said.share(node(standard, ("a", Name("dct:Standard")), ("dct:title", text("DCAT-AP", "en"))))
    return node(
        at.part(entry, "registro"),
        ("a", Name("dcat:CatalogRecord")),
        ("foaf:primaryTopic", at.dataset(entry)),
        ("dct:issued", moment(first)),
        ("dct:modified", moment(last)),
        ("dct:conformsTo", standard),
        ("adms:status", said.term("distribution-status", status)),
        ("dct:language", said.term("language", "SPA")),
    )
