"""One model of the catalogue, from which every standard and every page is made.

It says what the public bucket holds: an entry describes a dataset by its latest release, so that a contract
that was changed but not published yet changes nothing here. Paths are keys of the public bucket.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apertura.catalogue.terms import Terms
from apertura.contract import Contract, Institution
from apertura.quality import counts


@dataclass(frozen=True)
class DataFile:
    """One file of the latest release: `key` is its stable address, `permanent` the one of this version.

    `present`: the bucket has both.
    """

    key: str
    permanent: str
    resource: str
    format: str
    media_type: str
    bytes: int
    sha256: str
    present: bool = True

    @property
    def name(self) -> str:
        """`desnutricion.csv`."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True)
class Table:
    """One resource: `schema` is its Table Schema descriptor (fields, primaryKey), as in datapackage.json.

    A package of nested documents (`contract.packages`) is a table without a schema and without rows.
    """

    name: str
    title: str
    description: str
    rows: int | None
    schema: Mapping[str, Any] | None
    files: tuple[DataFile, ...]

    @property
    def fields(self) -> list[Mapping[str, Any]]:
        """The published columns: Table Schema fields."""
        return list(self.schema["fields"]) if self.schema else []

    def file(self, format_: str) -> DataFile | None:
        """The file in that format; None when there is none."""
        return next((one for one in self.files if one.format == format_), None)


@dataclass(frozen=True)
class Version:
    """One published state. `reason` and `withdrawn_on` (ISO date) are the tombstone's, of a withdrawn one."""

    version: str
    number: int
    previous: str | None
    taken: dt.datetime
    schema_version: int
    rows: Mapping[str, int]
    partitions: tuple[str, ...]
    carried: tuple[str, ...]
    missing: tuple[str, ...]
    withdrawn: bool = False
    reason: str | None = None
    withdrawn_on: str | None = None


@dataclass(frozen=True)
class Publisher:
    """The institution whose data these are."""

    name: str
    title: str
    homepage: str
    unit: str
    unit_url: str | None = None
    unit_email: str | None = None

    @classmethod
    def of(cls, institution: Institution) -> Publisher:
        """From include/institutions/<name>.yaml."""
        unit = institution.information_unit
        return cls(institution.name, institution.title, institution.homepage, unit.name, unit.url, unit.email)


@dataclass(frozen=True)
class Entry:
    """One dataset. Without a release that stands (`latest` is None: all withdrawn) it has no tables.

    `package`, `quality` and `privacy` are the latest release's datapackage.json, calidad.json and
    privacidad.json. `contract` is today's; None when it is gone or wrong: then what only it knows is missing.
    `state` digests everything that pages are made of: equal states need no new page.
    """

    id: str
    publisher: Publisher
    latest: Version | None
    versions: tuple[Version, ...]
    tables: tuple[Table, ...]
    package: Mapping[str, Any]
    quality: Mapping[str, Any]
    privacy: Mapping[str, Any]
    state: str
    contract: Contract | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The dataset's name without its institution."""
        return self.id.rpartition("/")[2]

    @property
    def home(self) -> str:
        """The folder of its data in the public bucket."""
        return f"datos/{self.id}"

    @property
    def own(self) -> Mapping[str, Any]:
        """What the release says in words of ours: licencia, theme, accrualPeriodicity, advertencias …"""
        value: Mapping[str, Any] = self.package.get("apertura", {})
        return value

    @property
    def title(self) -> str:
        """The dataset's title; its name when nothing that stands says one."""
        return str(self.package.get("title", self.name))

    @property
    def description(self) -> str:
        """The dataset's description."""
        return str(self.package.get("description", ""))

    @property
    def theme(self) -> str:
        """Code of the EU data theme; empty when nothing stands."""
        return str(self.own.get("theme", ""))

    @property
    def keywords(self) -> tuple[str, ...]:
        """Keywords in Spanish."""
        return tuple(self.package.get("keywords", ()))

    @property
    def landing_page(self) -> str:
        """Where the institution shows the source."""
        return str(self.package.get("homepage", ""))

    @property
    def licence(self) -> str | None:
        """The licence as the source states it; None when it states none."""
        said = str(self.own.get("licencia", ""))
        return None if said in ("", "sin licencia declarada") else said

    @property
    def licence_url(self) -> str | None:
        """Address of the licence; None when none is stated."""
        licences = self.package.get("licenses") or [{}]
        value = licences[0].get("path")
        return str(value) if value else None

    @property
    def protected(self) -> bool:
        """Whether a privacy model protects it: then versions are compared only as PRIVACY.md allows."""
        return bool(self.privacy.get("proteccion"))

    @property
    def rounded(self) -> bool:
        """Whether numbers of rows are told rounded: exact ones of two versions tell who came and went."""
        return self.protected or (self.contract is not None and self.contract.privacy is not None)

    def told(self, rows: int) -> int | str:
        """A number of rows as pages, feeds and documents tell it: `<5` or a multiple of 5 where `rounded`."""
        return counts.rounded(rows) if self.rounded else rows

    def told_sum(self, rows: Iterable[int]) -> int | str:
        """The sum of several, made of what is told of each."""
        return counts.rounded_sum(map(self.told, rows)) if self.rounded else sum(rows)

    @property
    def rows(self) -> int | str:
        """Rows of all tables of the latest release, as they are told."""
        return self.told_sum(self.latest.rows.values()) if self.latest else 0

    @property
    def documents(self) -> Mapping[str, str]:
        """Name -> key of what describes the latest release: datapackage.json, calidad.html, SHA256SUMS …"""
        if self.latest is None:
            return {}
        folder = f"{self.home}/versiones/{self.latest.version}"
        names = ("datapackage.json", "calidad.json", "calidad.html", "privacidad.json", "privacidad.html")
        return {name: f"{folder}/{name}" for name in (*names, "SHA256SUMS", "release.json")}


@dataclass(frozen=True)
class Catalogue:
    """Everything published. `base` is the public address of the bucket, ending in a slash.

    `terms` are the controlled vocabularies, which `emit` needs.
    """

    base: str
    entries: tuple[Entry, ...]
    publishers: tuple[Publisher, ...]
    terms: Terms = field(default_factory=Terms, compare=False)

    @property
    def published(self) -> tuple[Entry, ...]:
        """Entries with a release that stands."""
        return tuple(entry for entry in self.entries if entry.latest is not None)

    def rows(self, publisher: str | None = None) -> int:
        """Rows of all datasets, or of an institution's, made of what is told of each."""
        of = [one for one in self.published if publisher in (None, one.publisher.name)]
        return sum(counts.midpoint(one.rows) for one in of)

    def url(self, key: str) -> str:
        """The absolute address of an object of the public bucket."""
        return self.base + key

    def entry(self, dataset_id: str) -> Entry:
        """KeyError when it was never published."""
        for entry in self.entries:
            if entry.id == dataset_id:
                return entry
        raise KeyError(dataset_id)
