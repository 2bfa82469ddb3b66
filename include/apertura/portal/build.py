"""Builds the portal: what the catalogue says becomes objects of the public bucket, and only what differs.

A reader never sees a half-built site: what pages name comes before them (charts, style, index), then the
pages of datasets, then lists, feeds, home and catalogue, and what nothing names any more goes last. One build
at a time; killed anywhere, the next one ends in the same site. A dataset that cannot be shown keeps its old
page, and the build says so at its end.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import apertura
from apertura.catalogue.contracts import Contracts
from apertura.catalogue.model import Entry
from apertura.catalogue.read import read_sound
from apertura.contract import Project
from apertura.errors import LeaseBusyError, SettingsError, StorageError, in_our_words
from apertura.portal import search, sql
from apertura.portal.entries import make_all
from apertura.portal.memory import Made, Memory
from apertura.portal.objects import Objects, dataset_of
from apertura.portal.site import Artifact, Site
from apertura.publish.history import withdrawals
from apertura.runs.context import safe_run_id, utc_now
from apertura.runs.due import GUATEMALA
from apertura.runs.failpoint import failpoint
from apertura.runs.lease import Lease
from apertura.settings import Settings
from apertura.storage import Bucket, open_buckets
from apertura.storage.scratch import scratch_folder

HOME = "index.html"
"""The home page, which follows what it leads to."""

_ROUNDS = 5
"""Builds on end, at most, while releases are withdrawn."""

Progress = Callable[[str, int, int], None]
"""Told (what, how many are done, of how many)."""


@dataclass
class BuildResult:
    """What a build did. `problems`: dataset (or `portal`) -> what is wrong with it, in our words."""

    datasets: int = 0
    made: list[str] = field(default_factory=list)
    written: int = 0
    removed: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def then(self, later: BuildResult) -> BuildResult:
        """This round and one after it: what was done adds up, how things stand is the later one's."""
        return replace(
            later,
            made=sorted({*self.made, *later.made}),
            written=self.written + later.written,
            removed=self.removed + later.removed,
        )

    def check(self) -> None:
        """StorageError that names what could not be shown, when there is any."""
        if self.problems:
            told = "; ".join(f"{name}: {what}" for name, what in sorted(self.problems.items()))
            raise StorageError(
                f"the portal was built without what is damaged: {told}",
                hint="mend or withdraw it, then `apertura catalogue`",
            )


@in_our_words
def build(
    settings: Settings,
    *,
    run_id: str | None = None,
    clock: Callable[[], dt.datetime] = utc_now,
    force: bool = False,
    wait: float = 0.0,
    progress: Progress = lambda what, done, of: None,
) -> BuildResult:
    """Make the site say what the release manifests say. `force` makes every page again.

    Errors: LeaseBusyError when another build is at work for longer than `wait` seconds, StorageError. What
    concerns one dataset alone is in the result's `problems`.
    """
    started = time.monotonic()
    if not has_portal(settings):
        raise SettingsError(
            "the project has no include/portal", hint="APERTURA_HOME must name a folder with the templates"
        )
    private, public = open_buckets(settings)
    holder = safe_run_id(run_id or f"portal-{clock():%Y%m%dT%H%M%SZ}-{time.monotonic_ns() % 10**6}")
    lease = Lease(
        private, "leases/portal.json", holder, settings.lease_seconds, clock, what="build of the portal"
    )
    _await(lease, started + wait, progress)
    result = BuildResult()
    with lease.held():
        for _ in range(_ROUNDS):
            with scratch_folder(settings.scratch) as scratch:
                work = _Build(settings, private, public, scratch, clock(), progress)
                work.run(force=force)
            result = result.then(work.result)
            # What was withdrawn meanwhile was perhaps written after it was removed: not left to the next.
            if withdrawals(public) <= work.memory.withdrawn:
                break
            force = False
    result.seconds = round(time.monotonic() - started, 2)
    return result


def has_portal(settings: Settings) -> bool:
    """Whether the project has templates to build a portal with."""
    return (settings.home / "include" / "portal" / "templates").is_dir()


def _await(lease: Lease, deadline: float, progress: Progress) -> None:
    while True:
        try:
            lease.acquire()
            return
        except LeaseBusyError:
            if time.monotonic() >= deadline:
                raise
            progress("waiting for another build", 0, 1)
        time.sleep(0.2)


class _Build:
    """One build, step by step in `run`."""

    def __init__(
        self,
        settings: Settings,
        private: Bucket,
        public: Bucket,
        scratch: Path,
        now: dt.datetime,
        progress: Progress,
    ) -> None:
        self.settings, self.private, self.public = settings, private, public
        self.scratch, self.now, self.progress = scratch, now, progress
        self.result = BuildResult()
        self.data = [stat.key for stat in public.list("datos/")]
        self.withdrawn = withdrawals(public, self.data)
        self.forgotten: set[str] = set()
        self.memory = Memory.load(private)
        self.objects = Objects(public, self.memory)

    def run(self, *, force: bool) -> None:
        """The whole, in the order that a reader can bear."""
        site, runtime = self._site()
        recipe = _recipe(site, self.settings)
        wanted = {entry.id: _of(entry, site, recipe) for entry in site.catalogue.entries}
        stale = [entry for entry in site.catalogue.entries if force or not self._right(entry, wanted)]
        self.objects.write(runtime, "immutable")
        pages = self._make(stale, site, wanted)
        self._forget_withdrawn()
        site = self._without_pageless(site)
        of = self._shared_of(site, recipe)
        if not force and not stale and self._kept(of):
            self._sweep(site)
            self._count(site)
            return
        shared = self._shared(site)
        files, switch = self._index(shared)
        self.objects.write([*files, *(one for one in shared if one.immutable)], "immutable")
        self.objects.write(pages, "entry")
        plain = sorted((one for one in shared if not one.immutable), key=lambda one: one.key)
        self.objects.write([*switch, *(one for one in plain if one.key != HOME)], "shared")
        self.objects.write([one for one in plain if one.key == HOME], "shared")
        self.memory.shared = Made(of, sorted(one.key for one in shared), {})
        self._sweep(site)
        self._count(site)

    def _count(self, site: Site) -> None:
        self.result.datasets = len(site.catalogue.published)
        self.result.written += self.objects.written
        self.result.removed = self.objects.removed

    def _shared_of(self, site: Site, recipe: str) -> str:
        """Digest of all that shared pages and index are made of: the day, and what each dataset's are."""
        entries = [(entry.id, self.memory.entries[entry.id].of) for entry in site.catalogue.entries]
        told = (recipe, site.today, entries, site.catalogue.publishers, sorted(self.result.problems))
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def _kept(self, of: str) -> bool:
        """Whether shared pages and index are as they should be; then they are named, so that they stay."""
        keys = [*self.memory.shared.keys, *self.memory.index.keys]
        if self.memory.shared.of != of or not all(map(self.objects.holds, keys)):
            return False
        self.objects.keep(keys)
        return True

    def _site(self) -> tuple[Site, list[Artifact]]:
        """What pages are made of, and the files that they need."""
        from apertura.portal import assets

        project = Project(self.settings.home)
        runtime = assets.assets(self.settings.home)
        names = assets.names(runtime)
        searching = search.executable() is not None
        if searching:
            names["pagefind.js"] = f"{search.folder()}/pagefind.js"
        else:
            self.result.notes.append("no search: Pagefind is not installed")
        packages = sql.packages(self.settings)
        if packages is None:
            self.result.notes.append("no SQL page: its browser packages could not be had (npm ci)")
        else:
            runtime += packages.artifacts
            names |= packages.names
        contracts = Contracts(project, self.memory.contracts)
        catalogue, damaged = read_sound(self.public, project, self.settings.base_url, self.data, contracts)
        self.memory.contracts = contracts.kept
        self.result.problems |= damaged
        site = Site(
            catalogue=catalogue,
            public=self.public,
            project=project,
            today=self.now.astimezone(GUATEMALA).date(),
            assets=names,
            search=searching,
            sql=packages is not None,
            scratch=self.scratch,
        )
        return site, runtime

    def _right(self, entry: Entry, wanted: Mapping[str, str]) -> bool:
        """Whether all of its objects are as they should be."""
        made = self.memory.entries.get(entry.id)
        return made is not None and made.of == wanted[entry.id] and all(map(self.objects.holds, made.keys))

    def _make(self, stale: list[Entry], site: Site, wanted: Mapping[str, str]) -> list[Artifact]:
        """The pages of what changed, not yet in their place; their charts and downloads are."""
        pages: list[Artifact] = []
        for done, one in enumerate(make_all(stale, site, self.settings), start=1):
            self.progress("datasets", done, len(stale))
            if one.error is not None:
                self.result.problems[one.id] = one.error
                continue
            for key, digest, etag, put in one.written:
                self.objects.known(key, digest, etag)
                self.objects.written += put
            keys = [*(page.key for page in one.pages), *(key for key, *_ in one.written)]
            self.memory.entries[one.id] = Made(wanted[one.id], sorted(keys), one.search, one.rating)
            self.result.made.append(one.id)
            pages += one.pages
        self.result.made.sort()
        return pages

    def _forget_withdrawn(self) -> None:
        """A dataset that cannot be shown keeps no page and no words for the search of what was withdrawn."""
        new = {one.partition(" ")[0] for one in self.withdrawn - self.memory.withdrawn}
        for dataset_id in new & set(self.result.problems):
            self.memory.entries.pop(dataset_id, None)
            self.forgotten.add(dataset_id)

    def _without_pageless(self, site: Site) -> Site:
        """A dataset that failed and never had a page is named by no list."""
        entries = tuple(one for one in site.catalogue.entries if one.id in self.memory.entries)
        return replace(site, catalogue=replace(site.catalogue, entries=entries))

    def _shared(self, site: Site) -> list[Artifact]:
        """Lists, feeds, home, catalogue."""
        from apertura.catalogue.emit import catalogue_documents
        from apertura.portal.feeds import feeds
        from apertura.portal.pages import shared_pages

        self.progress("shared pages", 0, 1)
        ratings = {
            name: (made.rating[0], made.rating[1])
            for name, made in self.memory.entries.items()
            if made.rating
        }
        site = replace(site, ratings=ratings)
        made = [*shared_pages(site), *sql.pages(site)]
        made += feeds(site, [one.key for one in made])
        parts = {entry.id: _Documents(self, entry.id) for entry in site.catalogue.entries}
        made += [Artifact(key, data) for key, data in catalogue_documents(site.catalogue, parts).items()]
        return made

    def _index(self, shared: list[Artifact]) -> tuple[list[Artifact], list[Artifact]]:
        """The search index over all pages, and what switches to it."""
        if search.executable() is None:
            return [], []
        self.progress("search index", 0, 1)
        documents = {key: text for made in self.memory.entries.values() for key, text in made.search.items()}
        for artifact in shared:
            if artifact.key.endswith(".html") and isinstance(artifact.data, bytes):
                text = search.searched(artifact.data)
                if text is not None:
                    documents[artifact.key] = text
        if not documents:
            return [], []
        # Pagefind orders its filters by chance: what is right is not made again.
        of = hashlib.sha256(repr((search.folder(), sorted(documents.items()))).encode()).hexdigest()
        if self.memory.index.of == of and all(map(self.objects.holds, self.memory.index.keys)):
            self.objects.keep(self.memory.index.keys)
            return [], []
        files, switch = search.index(documents, self.scratch)
        self.memory.index = Made(of, [switch.key, *(file.key for file in files)], {})
        return files, [switch]

    def _sweep(self, site: Site) -> None:
        """Name what is kept, remove the rest, remember."""
        known = {entry.id for entry in site.catalogue.entries} | set(self.result.problems)
        for dataset_id in set(self.memory.entries) - known:
            del self.memory.entries[dataset_id]
        for made in self.memory.entries.values():
            self.objects.keep(made.keys)
        for dataset_id in set(self.result.problems) - self.forgotten:  # also when the memory was lost
            self.objects.keep(
                [
                    key
                    for key in self.objects.there
                    if dataset_of(key) == dataset_id or f"/{dataset_id}/" in key
                ]
            )
        self.objects.sweep(
            self.now,
            at_once=bool(self.withdrawn - self.memory.withdrawn),
            of={one.partition(" ")[0] for one in self.withdrawn},
        )
        self.memory.withdrawn = self.withdrawn
        failpoint("portal.memory:before")
        self.memory.save(self.private)
        failpoint("portal.memory:after")


class _Documents(Mapping[str, bytes]):
    """A dataset's catalogue documents as they are in the bucket, or will be: read only when asked for."""

    def __init__(self, work: _Build, dataset_id: str) -> None:
        self._work, self._id = work, dataset_id

    def _keys(self) -> list[str]:
        keys = self._work.memory.entries[self._id].keys
        return [key for key in keys if key.startswith(f"catalogo/{self._id}/")]

    def __getitem__(self, key: str) -> bytes:
        spooled = self._work.scratch / "paginas" / hashlib.sha256(key.encode()).hexdigest()
        return spooled.read_bytes() if spooled.is_file() else self._work.public.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())


def _of(entry: Entry, site: Site, recipe: str) -> str:
    """Digest of all that an entry's objects are made of: its state, the recipe, the state of its calendar."""
    from apertura.portal.schedule import schedule

    day = repr(schedule(entry, site.today))
    return hashlib.sha256(f"{entry.state}\n{recipe}\n{day}".encode()).hexdigest()


def _recipe(site: Site, settings: Settings) -> str:
    """Digest of what every page is made with: library, templates, lists, base address, what it may load."""
    digest = hashlib.sha256(repr((apertura.__version__, site.catalogue.base)).encode())
    digest.update(repr((site.search, site.sql, sorted(site.assets.items()))).encode())
    library = Path(apertura.__file__).parent
    files = [path for room in ("portal", "catalogue") for path in (library / room).rglob("*.py")]
    files.append(library / "spanish.py")
    for folder in ("portal", "reference"):
        files += (path for path in (settings.home / "include" / folder).rglob("*") if path.is_file())
    for path in sorted(files):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
