"""Makes what the portal shows of each dataset that changed, in several processes where that pays.

A dataset's objects depend on its entry, the site's settings and the state of its calendar, and on no other
dataset: so a process gets that one entry. It writes immutable objects itself, which no page names yet, and
leaves the others in the scratch folder for whoever puts them in their place in the right order.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from apertura.catalogue.model import Entry
from apertura.errors import AperturaError, in_our_words
from apertura.portal.objects import digest_of, place
from apertura.portal.published import Limits, limit
from apertura.portal.search import searched
from apertura.portal.site import Artifact, Site
from apertura.settings import Settings
from apertura.storage import open_bucket

PAYS_FROM = 24
"""Datasets from which further processes are started: each takes seconds to import what it needs."""
_BATCH = 4


@dataclass(frozen=True)
class Outcome:
    """What was made of a dataset. `written`: immutable objects as (key, SHA-256, etag, whether put now).

    `pages` lie in the scratch folder. `error` in our words when it could not be made.
    """

    id: str
    pages: list[Artifact] = field(default_factory=list)
    written: list[tuple[str, str, str, bool]] = field(default_factory=list)
    search: dict[str, str] = field(default_factory=dict)
    error: str | None = None


def make_all(entries: Sequence[Entry], site: Site, settings: Settings) -> Iterator[Outcome]:
    """Each entry's outcome, as they are finished."""
    processes = settings.threads
    limit(Limits.of(settings))
    if processes < 2 or len(entries) < PAYS_FROM:
        for entry in entries:
            yield _make(entry, site)
        return
    shared = replace(site, public=None, catalogue=replace(site.catalogue, entries=()))  # type: ignore[arg-type]
    # spawn: whoever calls may have threads, of which a fork would copy the locks.
    context = multiprocessing.get_context("spawn")
    known = (os.getpid(), shared, settings.public_url, Limits.of(settings).shared(processes))
    batches = [list(entries[at : at + _BATCH]) for at in range(0, len(entries), _BATCH)]
    with ProcessPoolExecutor(processes, context, _start, known) as pool:
        waiting: set[Future[list[Outcome]]] = {pool.submit(_make_batch, batch) for batch in batches}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()


_SITE: Site | None = None


def _start(parent: int, shared: Site, public_url: str, limits: Limits) -> None:
    """Prepare a process. It ends when its parent was killed: nobody else would end it."""
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
    return [_make(entry, _SITE) for entry in entries]


def _make(entry: Entry, site: Site) -> Outcome:
    alone = replace(site, catalogue=replace(site.catalogue, entries=(entry,)))
    try:
        return in_our_words(_made)(entry, alone)
    except AperturaError as error:
        return Outcome(entry.id, error=error.message)


def _made(entry: Entry, site: Site) -> Outcome:
    outcome = Outcome(entry.id)
    for artifact in entry_artifacts(entry, site):
        if artifact.immutable:
            digest = digest_of(artifact)
            etag, put = place(site.public, artifact, digest, "immutable", move=True)
            outcome.written.append((artifact.key, digest, etag, put))
            continue
        data = artifact.data.read_bytes() if isinstance(artifact.data, Path) else artifact.data
        if artifact.key.endswith(".html") and (text := searched(data)) is not None:
            outcome.search[artifact.key] = text
        outcome.pages.append(Artifact(artifact.key, _spooled(artifact.key, data, site)))
    return outcome


def entry_artifacts(entry: Entry, site: Site) -> list[Artifact]:
    """Everything that is shown of a dataset: pages with what they name, and its catalogue documents."""
    from apertura.catalogue.emit import entry_documents
    from apertura.portal.pages import entry_pages

    made = entry_pages(entry, site)
    made += [Artifact(key, data) for key, data in entry_documents(entry, site.catalogue).items()]
    return list({artifact.key: artifact for artifact in made}.values())


def _spooled(key: str, data: bytes, site: Site) -> bytes | Path:
    """In the scratch folder where there is one: a thousand pages would fill the memory."""
    if site.scratch is None:
        return data
    path = site.scratch / "paginas" / hashlib.sha256(key.encode()).hexdigest()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path
