"""Makes what the portal shows of each dataset that changed, in several processes where that pays.

A dataset's objects depend on its entry, the site's settings and the state of its calendar, and on no other
dataset: so a process gets that one entry. It writes immutable objects itself, which no page names yet, and
leaves the others in the scratch folder for whoever puts them in their place in the right order.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from apertura.catalogue.addresses import entry_document
from apertura.catalogue.model import Entry
from apertura.errors import AperturaError, in_our_words
from apertura.portal.search import searched
from apertura.portal.site import Artifact, Site
from apertura.runs.failpoint import failpoint
from apertura.settings import Settings
from apertura.storage import open_bucket

if TYPE_CHECKING:  # a process's watching thread holds this module to its end, and the engine with it
    from apertura.portal.published import Limits

PAYS_FROM = 24
"""Datasets from which further processes are started: each takes seconds to import what it needs."""
_BATCH = 8
"""Datasets that a process makes and stores together."""


@dataclass(frozen=True)
class Outcome:
    """What was made of a dataset. `written`: immutable objects as (key, SHA-256, etag, whether put now).

    `pages` lie in the scratch folder. `rating` is stars and points. `error` in our words when it could not be
    made.
    """

    id: str
    pages: list[Artifact] = field(default_factory=list)
    written: list[tuple[str, str, str, bool]] = field(default_factory=list)
    search: dict[str, str] = field(default_factory=dict)
    rating: list[int] = field(default_factory=list)
    error: str | None = None


def make_all(entries: Sequence[Entry], site: Site, settings: Settings) -> Iterator[Outcome]:
    """Each entry's outcome, as they are finished."""
    from apertura.portal.published import Limits, limit

    processes = settings.threads
    limit(Limits.of(settings))
    batches = [list(entries[at : at + _BATCH]) for at in range(0, len(entries), _BATCH)]
    if processes < 2 or len(entries) < PAYS_FROM:
        for batch in batches:
            yield from make_some(batch, site)
        return
    shared = replace(site, public=None, catalogue=replace(site.catalogue, entries=()))  # type: ignore[arg-type]
    # spawn: whoever calls may have threads, of which a fork would copy the locks.
    context = multiprocessing.get_context("spawn")
    known = (os.getpid(), shared, settings.public_url, Limits.of(settings).shared(processes))
    with ProcessPoolExecutor(processes, context, _start, known) as pool:
        waiting: set[Future[list[Outcome]]] = {pool.submit(_make_batch, batch) for batch in batches}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()


_SITE: Site | None = None


def _start(parent: int, shared: Site, public_url: str, limits: Limits) -> None:
    """Prepare a process. It ends when its parent was killed: nobody else would end it."""
    from apertura.portal.published import limit

    global _SITE
    limit(limits)
    _SITE = replace(shared, public=open_bucket(public_url, scratch=shared.scratch))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def _make_batch(entries: list[Entry]) -> list[Outcome]:
    assert _SITE is not None  # noqa: S101 (the pool calls _start first)
    return make_some(entries, _SITE)


def make_some(entries: Sequence[Entry], site: Site) -> list[Outcome]:
    """The entries' outcomes, their immutable objects stored together."""
    made = [_made_or_told(entry, site) for entry in entries]
    try:
        in_our_words(_store)(made, site)
    except AperturaError:
        return [_stored_or_told(*one, site) for one in made]  # which of them cannot be stored?
    return [outcome for outcome, _ in made]


def _made_or_told(entry: Entry, site: Site) -> tuple[Outcome, list[Artifact]]:
    alone = replace(site, catalogue=replace(site.catalogue, entries=(entry,)))
    try:
        return in_our_words(_made)(entry, alone)
    except AperturaError as error:
        return Outcome(entry.id, error=error.message), []


def _stored_or_told(outcome: Outcome, lasting: list[Artifact], site: Site) -> Outcome:
    outcome.written.clear()
    try:
        in_our_words(_store)([(outcome, lasting)], site)
    except AperturaError as error:
        return Outcome(outcome.id, error=error.message)
    return outcome


def _made(entry: Entry, site: Site) -> tuple[Outcome, list[Artifact]]:
    """What was made of an entry, and its immutable objects, which are not stored yet."""
    from apertura.catalogue.emit import PLAIN
    from apertura.portal.published import held

    outcome, lasting = Outcome(entry.id), []
    with held():
        artifacts = entry_artifacts(entry, site)
    for artifact in artifacts:
        if artifact.immutable:
            lasting.append(replace(artifact, sha256=artifact.digest))
            continue
        data = artifact.data.read_bytes() if isinstance(artifact.data, Path) else artifact.data
        if artifact.key.endswith(".html") and (text := searched(data)) is not None:
            outcome.search[artifact.key] = text
        if artifact.key == entry_document(entry, PLAIN) and (said := json.loads(data).get("evaluacion")):
            outcome.rating.extend((said["estrellas"], said["puntos"]))
        outcome.pages.append(_spooled(artifact.key, data, site))
    return outcome, lasting


def entry_artifacts(entry: Entry, site: Site) -> list[Artifact]:
    """Everything that is shown of a dataset: pages with what they name, and its catalogue documents."""
    from apertura.catalogue.emit import entry_documents
    from apertura.portal.pages import entry_pages

    made = entry_pages(entry, site)
    made += [Artifact(key, data) for key, data in entry_documents(entry, site.catalogue).items()]
    return list({artifact.key: artifact for artifact in made}.values())


def _store(made: Sequence[tuple[Outcome, list[Artifact]]], site: Site) -> None:
    """Put immutable objects in their place unless they are there, and note them in their outcomes."""
    missing: list[tuple[Outcome, Artifact]] = []
    for outcome, artifact in [(outcome, one) for outcome, lasting in made for one in lasting]:
        stat = site.public.stat(artifact.key)
        if stat is not None and stat.sha256 == artifact.digest:
            outcome.written.append((artifact.key, artifact.digest, stat.etag, False))
        else:
            missing.append((outcome, artifact))
    if not missing:
        return
    failpoint("portal.immutable:before")
    stats = site.public.put_all([artifact.incoming() for _, artifact in missing])
    failpoint("portal.immutable:after")
    for (outcome, artifact), stat in zip(missing, stats, strict=True):
        outcome.written.append((artifact.key, artifact.digest, stat.etag, True))


def _spooled(key: str, data: bytes, site: Site) -> Artifact:
    """In the scratch folder where there is one: a thousand pages would fill the memory."""
    digest = hashlib.sha256(data).hexdigest()
    if site.scratch is None:
        return Artifact(key, data, sha256=digest)
    path = site.scratch / "paginas" / hashlib.sha256(key.encode()).hexdigest()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return Artifact(key, path, sha256=digest, passing=True)
