"""Terms of controlled vocabularies and places of Guatemala, as nodes that a document shares with others."""

from __future__ import annotations

import csv
import functools
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from apertura.catalogue.rdf import Iri, Literal, Name, Node, iri, node, plain, text, typed
from apertura.errors import ContractError

VOCABULARIES = Path("include/reference/eu-vocabularies.yaml")
TERRITORY = Path("include/reference/territory")
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
SHA256 = Iri("https://spdx.org/rdf/terms#checksumAlgorithm_sha256")


@dataclass(frozen=True)
class Place:
    """A department or municipality by its INE code (`01`, `0101`)."""

    code: str
    name: str

    @property
    def kind(self) -> str:
        """`departamento` or `municipio`."""
        return "departamento" if len(self.code) == 2 else "municipio"


@dataclass(frozen=True)
class Terms:
    """The project's bundled vocabularies. Without its file it has none, and asking for one is an error."""

    document: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    _made: dict[tuple[str, str], tuple[Iri, tuple[Node, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def term(self, vocabulary: str, code: str) -> tuple[Iri, tuple[Node, ...]]:
        """The address of a term, and what a document has to say of it and of its vocabulary."""
        if (vocabulary, code) not in self._made:
            self._made[vocabulary, code] = self._term(vocabulary, code)
        return self._made[vocabulary, code]

    def _term(self, vocabulary: str, code: str) -> tuple[Iri, tuple[Node, ...]]:
        known = self._part("vocabularies").get(vocabulary, {})
        if code not in known.get("terms", {}):
            raise ContractError(
                f"{VOCABULARIES}: the vocabulary {vocabulary} has no term {code}",
                hint="add it there, with a label in Spanish",
            )
        scheme = Iri(known["scheme"])
        address = Iri(f"{known.get('address', scheme)}/{code}")
        label = text(str(known["terms"][code]))
        classes = [Name("skos:Concept"), *([Name(known["class"])] if "class" in known else [])]
        about: list[tuple[str, Any]] = [
            ("a", classes),
            ("skos:prefLabel", label),
            ("skos:inScheme", scheme),
            ("dct:identifier", plain(code)),
        ]
        if vocabulary == "country":
            about += self._shape()
        if vocabulary == "licence":
            kind, types = self.term("licencetype", self._licence_type(code))
            about += [("dct:title", label), ("dct:type", kind)]
        else:
            types = ()
        title = text(str(known["title"]))
        return address, (
            node(address, *about),
            node(scheme, ("a", Name("skos:ConceptScheme")), ("dct:title", title)),
            *types,
        )

    def label(self, vocabulary: str, code: str) -> str:
        """The Spanish label of a term; the code itself when there is none."""
        terms = self.document.get("vocabularies", {}).get(vocabulary, {}).get("terms", {})
        return str(terms.get(code, code))

    def frequency(self, periodicity: str) -> str | None:
        """The EU code of a contract's accrualPeriodicity."""
        code = self._part("frequencies").get(periodicity)
        return str(code) if code else None

    def licence(self, address: str | None) -> str | None:
        """The EU code of the licence at that address; None when the list does not have it."""
        if not address:
            return None
        short = address.lower().partition("://")[2].removeprefix("www.").rstrip("/")
        for ending in ("/deed.es", "/legalcode", "/legalcode.es", "/deed.en", "/deed"):
            short = short.removesuffix(ending)
        known = self._part("licences").get(short.rstrip("/"))
        return str(known["code"]) if known else None

    def country(self) -> tuple[list[Iri], list[Node]]:
        """Guatemala as the EU's list of countries and GeoNames know it."""
        known = self._part("country")
        address, nodes = self.term("country", known["code"])
        geonames = Iri(known["geonames"])
        same = node(
            geonames, ("a", Name("dct:Location")), ("skos:prefLabel", text("Guatemala")), *self._shape()
        )
        return [address, geonames], [*nodes, same]

    def place(self, name: str) -> Place | None:
        """A department or municipality by code or by its name; None when it is neither, or several.

        `Guatemala` alone is the country: write `departamento de Guatemala`, or 01.
        """
        return self.places.get(folded(name))

    def _part(self, name: str) -> Mapping[str, Any]:
        part = self.document.get(name)
        if not isinstance(part, dict):
            raise ContractError(
                f"{VOCABULARIES} is missing or has no {name}: the catalogue cannot be written without it",
                hint="restore it from the repository",
            )
        return part

    def _licence_type(self, code: str) -> str:
        kinds = {str(one["code"]): str(one["type"]) for one in self._part("licences").values()}
        return kinds[code]

    def _shape(self) -> list[tuple[str, Literal]]:
        """The country's box and middle, as WKT: x is the longitude."""
        known = self._part("country")
        west, south, east, north = known["box"]
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        ring = ", ".join(f"{x} {y}" for x, y in corners)
        x, y = known["centre"]
        return [
            ("dcat:bbox", typed(f"POLYGON(({ring}))", "geo:wktLiteral")),
            ("dcat:centroid", typed(f"POINT({x} {y})", "geo:wktLiteral")),
        ]


@functools.cache
def media_type(name: str) -> tuple[Iri, Node]:
    """A media type as IANA's list has it."""
    address = iri(MEDIA_TYPES + name)
    assert address is not None  # noqa: S101 (the address is ours)
    return address, node(address, ("a", Name("dct:MediaType")), ("rdfs:label", plain(name)))


@functools.cache
def sha256_algorithm() -> Node:
    """SHA-256 as SPDX names it."""
    return node(SHA256, ("a", Name("spdx:ChecksumAlgorithm")), ("rdfs:label", plain("SHA-256")))


def read_terms(home: Path) -> Terms:
    """The vocabularies and places of the project in `home`; none where it has no such file.

    ContractError when the file is damaged.
    """
    try:
        document = yaml.safe_load((home / VOCABULARIES).read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("no mapping")
    except FileNotFoundError:
        return Terms()
    except (OSError, ValueError, yaml.YAMLError):
        raise ContractError(f"{VOCABULARIES} is damaged", hint="restore it from the repository") from None
    return Terms(document, _places(home / TERRITORY))


def _places(folder: Path) -> dict[str, Place]:
    """By code, and by every name that means one place only."""
    known: dict[str, Place] = {}
    names: dict[str, list[Place]] = {}
    for file, kind in (("departments.csv", "departamento"), ("municipalities.csv", "municipio")):
        if not (folder / file).is_file():
            continue
        with (folder / file).open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                place = Place(row["code"], row["name"])
                known[place.code] = place
                for said in (place.name, f"{kind} de {place.name}", f"{kind} {place.name}"):
                    names.setdefault(folded(said), []).append(place)
    names.pop("guatemala", None)
    return known | {name: found[0] for name, found in names.items() if len(found) == 1}


def folded(name: str) -> str:
    """Lower case, without accents and double blanks."""
    plain_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(plain_.lower().split())
