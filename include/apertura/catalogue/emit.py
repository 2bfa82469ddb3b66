"""The catalogue's documents: of each dataset, and of all of them, made of each dataset's own.

catalogo/<institution>/<dataset>/   dcat-ap.{ttl,jsonld,rdf} conjunto.json, and while a release stands
                                    datapackage.json csvw.json schema.jsonld croissant.json
catalogo/                           dcat-ap.{ttl,jsonld,rdf} catalogo.json

Same releases, same bytes: no clock is read.
"""

from __future__ import annotations

from collections.abc import Mapping

from apertura.catalogue import rdf
from apertura.catalogue.addresses import FOLDER, Addresses, entry_document
from apertura.catalogue.assess import assessed
from apertura.catalogue.croissant import croissant
from apertura.catalogue.csvw import csvw
from apertura.catalogue.dcat import dates, describe, moment
from apertura.catalogue.model import Catalogue, Entry
from apertura.catalogue.package import data_package
from apertura.catalogue.rdf import FORMATS, Name, Node, iri, node, text
from apertura.catalogue.schema_org import dataset as schema_org
from apertura.catalogue.simple import plain_catalogue, plain_entry
from apertura.catalogue.written import in_lines
from apertura.errors import StorageError, in_our_words

MAKERS = {
    "datapackage.json": data_package,
    "csvw.json": csvw,
    "schema.jsonld": schema_org,
    "croissant.json": croissant,
}
"""What describes a release that stands, beside DCAT-AP."""

DCAT = tuple(f"dcat-ap.{form.suffix}" for form in FORMATS)
PLAIN = "conjunto.json"


@in_our_words
def entry_documents(entry: Entry, catalogue: Catalogue) -> dict[str, bytes]:
    """Key -> bytes of a dataset's documents. ContractError when a vocabulary lacks a term."""
    said = describe(entry, catalogue)
    makers = MAKERS if entry.latest is not None else {}
    made = {name: rdf.document(form, said.own, said.shared) for name, form in zip(DCAT, FORMATS, strict=True)}
    made |= {name: in_lines(maker(entry, catalogue)) for name, maker in makers.items()}
    rating = assessed(entry, catalogue, said)
    made[PLAIN] = in_lines(plain_entry(entry, catalogue, rating, made))
    return {entry_document(entry, name): data for name, data in made.items()}


@in_our_words
def catalogue_documents(catalogue: Catalogue, parts: Mapping[str, Mapping[str, bytes]]) -> dict[str, bytes]:
    """Key -> bytes of the documents of all datasets; `parts` has the `entry_documents` of each by its id.

    StorageError when a document of a dataset is not in `parts`.
    """
    own, shared = _catalogue(catalogue)

    def each(name: str) -> list[bytes]:
        return [_part(parts, entry, name) for entry in catalogue.entries]

    made = {name: rdf.join(form, own, shared, each(name)) for name, form in zip(DCAT, FORMATS, strict=True)}
    made["catalogo.json"] = plain_catalogue(catalogue, each(PLAIN))
    return {f"{FOLDER}/{name}": data for name, data in made.items()}


def _part(parts: Mapping[str, Mapping[str, bytes]], entry: Entry, name: str) -> bytes:
    try:
        return parts[entry.id][entry_document(entry, name)]
    except KeyError:
        raise StorageError(
            f"catalogue: {name} of {entry.id} was not made",
            hint="make everything again with `apertura catalogue`",
        ) from None


def _catalogue(catalogue: Catalogue) -> tuple[list[Node], list[Node]]:
    at = Addresses.of(catalogue)
    places, countries = catalogue.terms.country()
    language, languages = catalogue.terms.term("language", "SPA")
    _, (_, themes) = catalogue.terms.term("data-theme", "GOVE")
    home = iri(catalogue.base)
    spans = [dates(entry) for entry in catalogue.entries]
    publisher = node(
        at.shared("apertura"),
        ("a", [Name("foaf:Agent"), Name("prov:SoftwareAgent")]),
        ("foaf:name", text("Apertura")),
    )
    whole = node(
        at.shared("catalogo"),
        ("a", Name("dcat:Catalog")),
        ("dct:title", text("Apertura: datos abiertos de Guatemala")),
        (
            "dct:description",
            text(
                "Conjuntos de datos de instituciones públicas de Guatemala, sin los datos personales que la "
                "ley no permite publicar, con su calidad, su procedencia y todas sus versiones."
            ),
        ),
        ("dct:publisher", at.shared("apertura")),
        ("dct:language", language),
        ("dct:spatial", places),
        ("dct:issued", moment(min(first for first, _ in spans)) if spans else None),
        ("dct:modified", moment(max(last for _, last in spans)) if spans else None),
        ("foaf:homepage", home),
        ("dcat:themeTaxonomy", themes.subject),
        ("dcat:dataset", [at.dataset(entry) for entry in catalogue.published]),
        ("dcat:record", [at.part(entry, "registro") for entry in catalogue.entries]),
    )
    page = [node(home, ("a", Name("foaf:Document")))] if home else []
    return [whole], [publisher, *page, *countries, *languages, themes]
