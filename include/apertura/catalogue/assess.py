"""How good a dataset's publication is: five-star open data, and the European Metadata Quality Assessment.

The points are those of https://data.europa.eu/mqa/methodology (405 in all), given for what the dataset's own
DCAT says and for addresses behind which the bucket holds a file. A criterion of distributions is met when all
of them meet it. The stars are those of https://5stardata.info: without an open licence there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apertura.catalogue.addresses import Addresses
from apertura.catalogue.csvw import row_key
from apertura.catalogue.dcat import Description, describe
from apertura.catalogue.model import Catalogue, Entry
from apertura.catalogue.profile import problems
from apertura.catalogue.rdf import Iri, Node, Object
from apertura.catalogue.terms import MEDIA_TYPES

MAXIMUM = 405
WITHDRAWN = "Retirado"
_AUTHORITY = "http://publications.europa.eu/resource/authority/"
_OPEN_FORMATS = {"CSV", "JSON", "XML", "PARQUET"}
_RATINGS = ((351, "Excelente"), (221, "Bueno"), (121, "Suficiente"), (0, "Deficiente"))


@dataclass(frozen=True)
class Criterion:
    """One thing that gives points: `raises` says in Spanish what would meet it."""

    name: str
    title: str
    maximum: int
    met: bool
    raises: str

    @property
    def points(self) -> int:
        """All of them, or none."""
        return self.maximum if self.met else 0


@dataclass(frozen=True)
class Dimension:
    """One of the five dimensions of the Metadata Quality Assessment."""

    name: str
    title: str
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> int:
        """The sum of its criteria's points."""
        return sum(one.points for one in self.criteria)

    @property
    def maximum(self) -> int:
        """What it would give at best."""
        return sum(one.maximum for one in self.criteria)


@dataclass(frozen=True)
class Assessment:
    """Stars from 0 to 5, points from 0 to 405; `raises` is what would give more, with the points it gives.

    What would give a star gives 0 points there.
    """

    stars: int
    points: int
    rating: str
    dimensions: tuple[Dimension, ...]
    raises: tuple[tuple[str, int], ...]

    def to_json(self) -> dict[str, Any]:
        """As it stands in catalogo.json."""
        return {
            "estrellas": self.stars,
            "puntos": self.points,
            "maximo": MAXIMUM,
            "valoracion": self.rating,
            "dimensiones": {
                one.title: {"puntos": one.points, "maximo": one.maximum} for one in self.dimensions
            },
            "por_mejorar": [{"que": what, "puntos": points} for what, points in self.raises],
        }


def assess(entry: Entry, catalogue: Catalogue) -> Assessment:
    """The assessment of a dataset; of one that is withdrawn nothing is left to assess."""
    return assessed(entry, catalogue, describe(entry, catalogue))


def assessed(entry: Entry, catalogue: Catalogue, said: Description) -> Assessment:
    """As `assess`, of a description that was made already."""
    if entry.latest is None:
        return Assessment(0, 0, WITHDRAWN, (), ())
    seen = _Seen.of(entry, catalogue, said)
    dimensions = tuple(
        Dimension(
            name, title, tuple(Criterion(n, t, p, bool(test(seen)), r) for n, t, p, test, r in criteria)
        )
        for name, title, criteria in _DIMENSIONS
    )
    points = sum(one.points for one in dimensions)
    rating = next(word for least, word in _RATINGS if points >= least)
    stars, star_raises = _stars(entry, seen)
    lacking = [one for dimension in dimensions for one in dimension.criteria if not one.met]
    raises = sorted(((one.raises, one.maximum) for one in lacking), key=lambda pair: -pair[1])
    return Assessment(stars, points, rating, dimensions, (*raises, *((one, 0) for one in star_raises)))


@dataclass(frozen=True)
class _Seen:
    """The dataset as a reader of its DCAT meets it."""

    dataset: Node
    distributions: tuple[Node, ...]
    nodes: Mapping[Iri, Node]
    there: frozenset[str]

    @classmethod
    def of(cls, entry: Entry, catalogue: Catalogue, said: Description) -> _Seen:
        at = Addresses.of(catalogue)
        nodes = {one.subject: one for one in (*said.own, *said.shared)}
        dataset = nodes[at.dataset(entry)]
        named = [one for one in dataset.objects("dcat:distribution") if isinstance(one, Iri)]
        files = [file for table in entry.tables for file in table.files if file.present]
        there = frozenset(at.key(file.key) for file in files)
        return cls(dataset, tuple(nodes[one] for one in named if one in nodes), nodes, there)

    def has(self, *predicates: str) -> bool:
        """Whether the dataset says all of them."""
        return all(self.dataset.objects(one) for one in predicates)

    def each(self, predicate: str, test: Callable[[Object], bool] = lambda value: True) -> bool:
        """Whether every distribution, and there is one, says it, with values that pass."""
        values = [one.objects(predicate) for one in self.distributions]
        return bool(values) and all(found and all(test(one) for one in found) for found in values)

    def knows(self, predicate: str, vocabulary: str) -> bool:
        """Whether the dataset's values are terms of an EU vocabulary."""
        values = self.dataset.objects(predicate)
        return bool(values) and all(str(one).startswith(_AUTHORITY + vocabulary) for one in values)


def _format_code(value: Object) -> str:
    return str(value).rpartition("/")[2] if str(value).startswith(f"{_AUTHORITY}file-type/") else ""


def _of_vocabularies(seen: _Seen) -> bool:
    formats = seen.each("dct:format", lambda one: bool(_format_code(one)))
    return formats and seen.each("dcat:mediaType", lambda one: str(one).startswith(MEDIA_TYPES))


def _open(seen: _Seen) -> bool:
    return seen.each("dct:format", lambda one: _format_code(one) in _OPEN_FORMATS)


_Test = Callable[[_Seen], bool]
_Row = tuple[str, str, int, _Test, str]

_FINDABILITY: tuple[_Row, ...] = (
    ("keyword", "Palabras clave", 30, lambda s: s.has("dcat:keyword"), "Declarar palabras clave."),
    ("theme", "Tema", 30, lambda s: s.has("dcat:theme"), "Declarar un tema de la lista europea."),
    ("spatial", "Cobertura territorial", 20, lambda s: s.has("dct:spatial"), "Decir qué territorio cubre."),
    (
        "temporal", "Cobertura temporal", 20, lambda s: s.has("dct:temporal"),
        "Declarar el período que cubre, por ejemplo 2012/2019.",
    ),
)  # fmt: skip
_ACCESSIBILITY: tuple[_Row, ...] = (
    (
        "access-url", "Dirección de acceso que responde", 50,
        lambda s: s.each("dcat:accessURL", lambda one: one in s.there),
        "Restaurar los archivos a los que llevan las direcciones de acceso.",
    ),
    (
        "download-url", "Dirección de descarga", 20, lambda s: s.each("dcat:downloadURL"),
        "Dar una dirección de descarga a cada archivo.",
    ),
    (
        "download-url-status", "Descarga que responde", 30,
        lambda s: s.each("dcat:downloadURL", lambda one: one in s.there),
        "Restaurar los archivos a los que llevan las direcciones de descarga.",
    ),
)  # fmt: skip
_INTEROPERABILITY: tuple[_Row, ...] = (
    ("format", "Formato", 20, lambda s: s.each("dct:format"), "Decir el formato de cada archivo."),
    ("media-type", "Tipo de medio", 10, lambda s: s.each("dcat:mediaType"), "Decir el tipo de cada archivo."),
    (
        "vocabulary", "Formatos de vocabularios controlados", 10, _of_vocabularies,
        "Nombrar los formatos con las listas de la Unión Europea y de la IANA.",
    ),
    ("non-proprietary", "Formatos abiertos", 20, _open, "Publicar solo en formatos abiertos."),
    ("machine-readable", "Legible por máquinas", 20, _open, "Publicar en formatos que lea una máquina."),
    (
        "dcat-ap", "Cumple DCAT-AP", 30, lambda s: not problems(s.nodes.values()),
        "Completar lo que DCAT-AP exige de cada recurso.",
    ),
)  # fmt: skip
_REUSABILITY: tuple[_Row, ...] = (
    (
        "licence", "Licencia", 20, lambda s: s.each("dct:license"),
        "Que la institución declare con qué licencia se pueden usar estos datos.",
    ),
    (
        "licence-vocabulary", "Licencia de una lista conocida", 10,
        lambda s: s.each("dct:license", lambda one: str(one).startswith(f"{_AUTHORITY}licence/")),
        "Que la licencia sea una licencia conocida, por ejemplo CC BY 4.0.",
    ),
    (
        "access-rights", "Derechos de acceso", 10, lambda s: s.has("dct:accessRights"),
        "Decir si el acceso es público.",
    ),
    (
        "access-rights-vocabulary", "Derechos de acceso de la lista europea", 5,
        lambda s: s.knows("dct:accessRights", "access-right/"),
        "Nombrar los derechos de acceso con la lista europea.",
    ),
    ("contact", "Punto de contacto", 20, lambda s: s.has("dcat:contactPoint"), "Dar un punto de contacto."),
    ("publisher", "Institución que publica", 10, lambda s: s.has("dct:publisher"), "Decir quién publica."),
)  # fmt: skip
_CONTEXTUALITY: tuple[_Row, ...] = (
    ("rights", "Condiciones de uso", 5, lambda s: s.each("dct:rights"), "Decir las condiciones de uso."),
    ("byte-size", "Tamaño", 5, lambda s: s.each("dcat:byteSize"), "Decir el tamaño de cada archivo."),
    ("issued", "Fecha de publicación", 5, lambda s: s.has("dct:issued"), "Decir cuándo se publicó."),
    ("modified", "Fecha de actualización", 5, lambda s: s.has("dct:modified"), "Decir cuándo se actualizó."),
)
_DIMENSIONS: tuple[tuple[str, str, tuple[_Row, ...]], ...] = (
    ("findability", "Facilidad para encontrarlos", _FINDABILITY),
    ("accessibility", "Accesibilidad", _ACCESSIBILITY),
    ("interoperability", "Interoperabilidad", _INTEROPERABILITY),
    ("reusability", "Reutilización", _REUSABILITY),
    ("contextuality", "Contexto", _CONTEXTUALITY),
)


def _stars(entry: Entry, seen: _Seen) -> tuple[int, list[str]]:
    """Stars, and what the next one needs: each star stands on those before it."""
    tables = [table for table in entry.tables if table.schema]
    keyed = bool(tables) and all(row_key(table) for table in tables)
    steps = (
        (
            seen.each("dct:license", lambda one: str(one).startswith(f"{_AUTHORITY}licence/")),
            "Primera estrella: una licencia abierta que la institución declare. Las demás dependen de ella.",
        ),
        (
            seen.each("dct:format", lambda one: bool(_format_code(one))),
            "Segunda estrella: datos estructurados.",
        ),
        (_open(seen), "Tercera estrella: formatos que no pertenecen a ninguna empresa."),
        (
            keyed,
            "Cuarta estrella: que cada fila de cada tabla tenga una clave, y así una dirección propia.",
        ),
        (False, "Quinta estrella: enlazar los códigos con los mismos lugares y cosas en datos de otros."),
    )
    met = next((number for number, (holds, _) in enumerate(steps) if not holds), len(steps))
    return met, [steps[met][1]] if met < len(steps) else []
