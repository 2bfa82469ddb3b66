"""Writes the portal's objects: only those that differ, and removes those that nothing names any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence, Set

from apertura.portal.memory import Memory
from apertura.portal.site import Artifact
from apertura.runs.failpoint import failpoint
from apertura.storage import Bucket

KEEP = dt.timedelta(hours=24)
"""How long an immutable object stays after the last page that named it: a page lies in caches and tabs."""

FOLDERS = (
    "acerca-de/", "api/", "buscar/", "catalogo/", "como-anonimizamos/", "conjuntos/", "consultas/",
    "descargas/", "graficos/", "guias/", "imagenes/", "instituciones/", "recursos/", "temas/",
)  # fmt: skip
"""Folders of the public bucket that are the portal's alone: what is in them and not named is removed."""

LASTING = ("buscar/indice-", "descargas/", "graficos/", "imagenes/", "recursos/")
"""Where immutable objects lie."""

_TOGETHER = 256
"""Objects that are stored at once: their bytes may lie in memory."""


class Objects:
    """The portal's part of the public bucket during one build: what is there, and what is named."""

    def __init__(self, public: Bucket, memory: Memory) -> None:
        self.public = public
        self.memory = memory
        self.there = {stat.key: stat.etag for folder in FOLDERS for stat in public.list(folder)}
        for key in memory.objects:
            if "/" not in key and (stat := public.stat(key)) is not None:
                self.there[key] = stat.etag
        self.named: set[str] = set()
        self.written = 0
        self.removed = 0

    def holds(self, key: str) -> bool:
        """Whether the object is as the last build left it, also when it was restored from a copy."""
        known, etag = self.memory.objects.get(key), self.there.get(key)
        if known is None or etag is None:
            return False
        if etag == known[1]:
            return True
        stat = self.public.stat(key)
        if stat is None or stat.sha256 != known[0]:
            return False
        self.known(key, known[0], stat.etag)
        return True

    def keep(self, keys: Collection[str]) -> None:
        """Name objects that are right as they are."""
        self.named.update(keys)

    def write(self, artifacts: Iterable[Artifact], what: str) -> None:
        """Put objects in their place unless they are there: all of them before this returns, in any order.

        `what` is the point at which a test may kill.
        """
        waiting: list[tuple[Artifact, str]] = []
        for artifact in artifacts:
            digest = artifact.digest
            self.named.add(artifact.key)
            if self._lacks(artifact.key, digest):
                waiting.append((artifact, digest))
            if len(waiting) == _TOGETHER:
                self._store(waiting, what)
                waiting = []
        self._store(waiting, what)

    def _lacks(self, key: str, digest: str) -> bool:
        """Whether the object is not there as it should be."""
        if self.holds(key) and self.memory.objects[key][0] == digest:
            return False
        stat = self.public.stat(key)
        if stat is None or stat.sha256 != digest:
            return True
        self.known(key, digest, stat.etag)
        return False

    def _store(self, artifacts: Sequence[tuple[Artifact, str]], what: str) -> None:
        if not artifacts:
            return
        failpoint(f"portal.{what}:before")
        stats = self.public.put_all([artifact.incoming() for artifact, _ in artifacts])
        failpoint(f"portal.{what}:after")
        for (artifact, digest), stat in zip(artifacts, stats, strict=True):
            self.known(artifact.key, digest, stat.etag)
        self.written += len(artifacts)

    def known(self, key: str, digest: str, etag: str) -> None:
        """Remember an object as it is now, also one that another process wrote."""
        self.there[key] = etag
        self.memory.objects[key] = (digest, etag)

    def sweep(self, now: dt.datetime, *, at_once: bool, of: Set[str] = frozenset()) -> None:
        """Remove what nothing names: pages now, immutable objects after a day, or `at_once`.

        Those of the datasets `of`, which had a version withdrawn, have no such day: somebody whose build
        took too long may have written them again.
        """
        for key in sorted(set(self.there) - self.named):
            since = self.memory.stale.setdefault(key, now.isoformat())
            age = abs(now - dt.datetime.fromisoformat(since))  # also when a clock was wrong
            if key.startswith(LASTING) and not at_once and dataset_of(key) not in of and age < KEEP:
                continue
            failpoint("portal.removal:before")
            self.public.delete(key)
            failpoint("portal.removal:after")
            self.removed += 1
            del self.there[key], self.memory.stale[key]
        for key in list(self.memory.stale):
            if key in self.named or key not in self.there:
                del self.memory.stale[key]
        for key in list(self.memory.objects):
            if key not in self.there:
                del self.memory.objects[key]


def dataset_of(key: str) -> str:
    """`<institution>/<dataset>` of a chart, a download or a picture."""
    parts = key.split("/")
    return f"{parts[1]}/{parts[2].partition('.')[0]}" if len(parts) > 2 else ""
