"""The addresses of what the catalogue speaks of: fragments of the portal's pages, stable across versions."""

from __future__ import annotations

from dataclasses import dataclass

from apertura.catalogue.model import Catalogue, DataFile, Entry, Publisher
from apertura.catalogue.rdf import Iri, iri
from apertura.errors import SettingsError

FOLDER = "catalogo"
"""Where the catalogue's documents lie in the public bucket."""


@dataclass(frozen=True)
class Addresses:
    """Addresses within one catalogue."""

    base: str

    @classmethod
    def of(cls, catalogue: Catalogue) -> Addresses:
        """Those of a catalogue."""
        return cls(catalogue.base)

    def key(self, key: str) -> Iri:
        """An object of the public bucket."""
        return self._made(key)

    def page(self, entry: Entry) -> Iri:
        """The dataset's page of the portal."""
        return self._made(f"conjuntos/{entry.id}/")

    def part(self, entry: Entry, name: str) -> Iri:
        """Something of a dataset: `conjunto`, `registro`, `version-…`, a file's name."""
        return self._made(f"conjuntos/{entry.id}/#{name}")

    def dataset(self, entry: Entry) -> Iri:
        """The dataset itself."""
        return self.part(entry, "conjunto")

    def distribution(self, entry: Entry, file: DataFile) -> Iri:
        """The latest state of one table in one format."""
        return self.part(entry, file.name)

    def publisher(self, publisher: Publisher, name: str = "institucion") -> Iri:
        """The institution, or its `contacto`."""
        return self._made(f"instituciones/{publisher.name}/#{name}")

    def publisher_page(self, publisher: Publisher) -> Iri:
        """The institution's page of the portal."""
        return self._made(f"instituciones/{publisher.name}/")

    def shared(self, name: str) -> Iri:
        """What belongs to the whole catalogue: `catalogo`, `apertura`, `metrica-…`, `departamento-01`."""
        return self._made(f"#{name}")

    def _made(self, path: str) -> Iri:
        address = iri(self.base + path)
        if address is None:
            raise SettingsError(
                "the public address of the bucket is none of the web",
                hint="set APERTURA_BASE_URL to https://…/",
            )
        return address


def entry_document(entry: Entry, name: str) -> str:
    """The key of one of a dataset's documents: `entry_document(entry, "csvw.json")`."""
    return f"{FOLDER}/{entry.id}/{name}"
