"""What pages are made of and what they become: the site's input, and objects of the public bucket."""

from __future__ import annotations

import datetime as dt
import hashlib
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apertura.catalogue.model import Catalogue, Entry, Table
from apertura.contract import Project
from apertura.storage import IMMUTABLE, NO_CACHE, Bucket, Incoming
from apertura.storage.files import file_digest


@dataclass(frozen=True)
class Artifact:
    """One object of the site. `data` is its bytes, or a file on the worker's disk.

    An immutable one has the hash of its content, or a version, in its key. `sha256` of the data, where it is
    known; a `passing` file is of use to nobody once it is stored.
    """

    key: str
    data: bytes | Path
    immutable: bool = False
    sha256: str | None = None
    passing: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the data."""
        if self.sha256 is not None:
            return self.sha256
        if isinstance(self.data, Path):
            return file_digest(self.data)
        return hashlib.sha256(self.data).hexdigest()

    def incoming(self) -> Incoming:
        """The object as the bucket stores it."""
        cache = IMMUTABLE if self.immutable else NO_CACHE
        return Incoming(self.key, self.data, cache, move=self.passing)


@dataclass(frozen=True)
class Site:
    """The input of every page. `assets` maps a name (site.css) to its key (recursos/site.1f2e3d4c.css);
    `pagefind.js` is there where there is a search, `sql.js` where there is the SQL page.

    `scratch` is a folder of the worker's disk for files that are too large for memory; it lasts as long as
    the build. `ratings` has the stars and points of datasets that are assessed already.
    """

    catalogue: Catalogue
    public: Bucket
    project: Project
    today: dt.date
    assets: Mapping[str, str] = field(default_factory=dict)
    search: bool = True
    sql: bool = True
    scratch: Path | None = None
    ratings: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def theme(self, code: str) -> str:
        """The theme's name as the EU's vocabulary has it in Spanish; the code when it is no term of it."""
        return self.catalogue.terms.label("data-theme", code)


def page_key(*parts: str) -> str:
    """The key of a page: `page_key("temas", "heal")` is temas/heal/index.html; the home page has no parts."""
    return "/".join([*parts, "index.html"])


def entry_key(dataset_id: str) -> str:
    """The key of a dataset's page: conjuntos/<institution>/<dataset>/index.html."""
    return page_key("conjuntos", dataset_id)


def table_key(entry: Entry, table: Table) -> str:
    """The page on which a table is shown: the dataset's own for its first, another for each further one."""
    if table.name == entry.tables[0].name:
        return entry_key(entry.id)
    return page_key("conjuntos", entry.id, "tablas", table.name)


def relative(page: str, target: str) -> str:
    """The link from one object to another, both keys: the site works under any prefix of any server.

    A page is linked as its folder: `relative("temas/heal/index.html", "index.html")` is `../../`.
    """
    folder = posixpath.dirname(page)
    name = posixpath.basename(target)
    if name == "index.html":
        link = posixpath.relpath(posixpath.dirname(target) or ".", folder or ".")
        return link + "/"
    return posixpath.relpath(target, folder or ".")
