"""Withdraws what should not have been published: a tombstone that says why, then every copy goes.

datos/<institution>/<dataset>/versiones/<version>/retirada.json is written before anything is removed, so
that a kill leaves a withdrawn version with files and never a version without its reason; the same call again,
or any later run of the dataset, removes the rest. Publish refuses what was made of the same, and the same
content (checks.refuse_withdrawn). What the version told of people stays told: the signatures that the attack
across versions needs (disclosure/ of the private bucket) are left alone.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from apertura.detect.line import identifiers
from apertura.errors import SettingsError, StorageError, in_our_words
from apertura.publish.history import (
    MANIFEST,
    REVIEWED,
    TOMBSTONE,
    content_key,
    dump,
    home,
    read_tombstone,
    reviewed,
    version_folder,
)
from apertura.publish.pointers import clear_version, repair_dataset
from apertura.runs import records
from apertura.runs.context import WHOLE, utc_now
from apertura.runs.failpoint import failpoint
from apertura.runs.lease import dataset_lease
from apertura.settings import Settings
from apertura.storage import IMMUTABLE, Bucket, open_buckets

STAGE = "withdraw"
SHORTEST, LONGEST = 10, 500
"""Characters of a reason: it is shown to everybody, and one word explains nothing."""
PORTAL = ("conjuntos", "graficos", "catalogo", "descargas", "imagenes")
"""Folders of the public bucket that hold what the portal makes of a dataset, under its name."""
GUIDES = "guias/"
"""Where pages lie that answer a question with the rows of a dataset, which they link."""

_DATASET = re.compile(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Withdrawal:
    """What was done: versions withdrawn now, those that were before (their reason stays), objects removed."""

    dataset: str
    versions: tuple[str, ...]
    already: tuple[str, ...]
    objects: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "dataset": self.dataset,
            "versions": list(self.versions),
            "already": list(self.already),
            "objects": self.objects,
        }


@in_our_words
def withdraw(
    settings: Settings,
    dataset_id: str,
    reason: str,
    *,
    by: str,
    version: str | Collection[str] | None = None,
    run_id: str | None = None,
    clock: Callable[[], dt.datetime] = utc_now,
) -> Withdrawal:
    """Withdraw a version, some, or all of a dataset; it needs no contract. Public: `reason`. Private: `by`.

    The portal's objects of the dataset go, too: the next build makes those of what still stands. Repeated, it
    removes what is left and changes no tombstone whose reason it has looked through.

    Errors: SettingsError for a reason that is none or names a person, or a version that never was;
    LeaseBusyError while a run of the dataset is at work; StorageError.
    """
    line = checked_reason(settings, reason)
    private, public = open_buckets(settings)
    named = None if version is None else {version} if isinstance(version, str) else set(version)
    # With a version: two of one dataset may be withdrawn within a second.
    run = run_id or "-".join(["withdraw", f"{clock():%Y%m%dT%H%M%SZ}", *sorted(named or ())[:1]])
    if not _DATASET.fullmatch(dataset_id):
        raise SettingsError("a dataset is named <institution>/<dataset>", hint="see `apertura list`")
    with dataset_lease(private, dataset_id, run, settings.lease_seconds, clock).held():
        wanted = _versions(public, dataset_id, named)
        told = {"by": by, "reason": line, "versions": sorted(wanted)}
        _record(private, dataset_id, run, clock, {**told, "outcome": "running"})
        today = clock().date().isoformat()
        now = [one for one in sorted(wanted) if _entomb(private, public, dataset_id, one, line, today)]
        # What the portal made of it first: damage among the data keeps no copy alive.
        removed = _remove_pages(public, dataset_id)
        removed += _remove_data(public, dataset_id, wanted, whole=named is None)
        _record(private, dataset_id, run, clock, {**told, "outcome": "done", "objects": removed})
    return Withdrawal(dataset_id, tuple(now), tuple(sorted(wanted - set(now))), removed)


class Reason(str):
    """A reason that was looked through: whoever withdraws many versions does that once."""


def checked_reason(settings: Settings, reason: str) -> Reason:
    """The reason in one line; SettingsError when it is too short or long, or names or numbers a person."""
    if isinstance(reason, Reason):
        return reason
    line = " ".join(reason.split())
    if not SHORTEST <= len(line) <= LONGEST or not line.isprintable():
        raise SettingsError(
            f"a withdrawal needs a reason of {SHORTEST} to {LONGEST} characters: everybody reads it",
            hint="say in Spanish what was wrong with the release, without data of it",
        )
    found = identifiers(settings, line)
    if found:
        raise SettingsError(
            f"the reason is public, and it seems to hold {', '.join(found)}",
            hint="say what was wrong without naming anybody",
        )
    return Reason(line)


def _versions(public: Bucket, dataset_id: str, named: set[str] | None) -> set[str]:
    folders: dict[str, set[str]] = {}
    for stat in public.list(f"{home(dataset_id)}/versiones/"):
        key = PurePosixPath(stat.key)
        folders.setdefault(key.parent.name, set()).add(key.name)
    if named and named <= set(folders):
        return named  # also one that lost its manifest
    published = {name for name, files in folders.items() if files & {MANIFEST, TOMBSTONE}}
    if named is not None or not published:
        raise SettingsError(
            f"{dataset_id}: "
            + ("there is no such version" if named is not None else "nothing was ever published"),
            hint=f"versions are listed in {home(dataset_id)}/versiones.json",
        )
    return published


def _entomb(private: Bucket, public: Bucket, dataset_id: str, version: str, reason: str, today: str) -> bool:
    """Write the tombstone; False when there is one whose reason was looked through. The manifest says what it
    was. Of one that somebody put there by hand only what may be told stays."""
    folder = version_folder(dataset_id, version)
    key = f"{folder}/{TOMBSTONE}"
    stat = public.stat(key)
    there = read_tombstone(public, key)
    known = _known(public, f"{folder}/{MANIFEST}")
    # In public it would tell whoever guesses what was withdrawn whether the guess is right. Kept before the
    # manifest goes, also where somebody put a tombstone there by hand.
    told = there.pop("contentDigest", None)
    if content := known.pop("contentDigest", None) or told:
        private.put(content_key(dataset_id, version), dump({"contentDigest": content}))
    if REVIEWED in there:
        if told is not None:
            public.put(key, dump(there), cache_control=IMMUTABLE)
        return False
    tombstone = {"version": version, **known, **there, "motivo": reason, "fecha": today}
    tombstone[REVIEWED] = reviewed(reason)
    failpoint("withdraw.tombstone:before")
    public.put(key, dump(tombstone), cache_control=IMMUTABLE, if_absent=stat is None)
    failpoint("withdraw.tombstone:after")
    return True


def _known(public: Bucket, key: str) -> dict[str, Any]:
    """What is left of a manifest that is worth keeping: one that lost a part is withdrawn, too."""
    try:
        manifest = json.loads(public.get(key))
    except (KeyError, ValueError):
        return {}
    if not isinstance(manifest, dict):
        return {}
    wanted = (("number", int), ("taken", str), ("fingerprint", str), ("contentDigest", str))
    known = {name: manifest[name] for name, kind in wanted if isinstance(manifest.get(name), kind)}
    rows = manifest.get("rows")
    return {**known, "tablas": sorted(rows)} if isinstance(rows, dict) else known


def _remove_data(public: Bucket, dataset_id: str, wanted: set[str], *, whole: bool) -> int:
    """`latest` goes to what still stands, or goes; then the versions' files."""
    damaged: StorageError | None = None
    try:
        removed = repair_dataset(public, dataset_id)
    except StorageError as error:  # what would be the latest now is damaged: that keeps nothing else alive
        damaged, removed = error, 0
        stale = (f"{home(dataset_id)}/latest", f"{home(dataset_id)}/versiones.json")
        for key in (key for prefix in stale for key in _keys(public, prefix)):
            public.delete(key)
            removed += 1
    removed += sum(clear_version(public, dataset_id, version) for version in wanted)
    if whole:  # nor what was never finished
        for key in _keys(public, f"{home(dataset_id)}/versiones/"):
            if not key.endswith(f"/{TOMBSTONE}"):
                public.delete(key)
                removed += 1
    if damaged is not None:
        raise damaged
    return removed


def _remove_pages(public: Bucket, dataset_id: str) -> int:
    """Page, feed, charts, images, slices and catalogue documents of the dataset, of all its versions; and
    guides that show an answer from its rows. Lists, feeds and search that name it are the next build's."""
    keys = []
    for folder in PORTAL:
        start = f"{folder}/{dataset_id}"
        # Not those of a dataset whose name goes on.
        keys += [key for key in _keys(public, start) if key.removeprefix(start)[0] in "/."]
    keys += [key for key in _keys(public, GUIDES) if _links(public, key, dataset_id)]
    for key in keys:
        failpoint("withdraw.page:before")
        public.delete(key)
        failpoint("withdraw.page:after")
    return len(keys)


def _links(public: Bucket, key: str, dataset_id: str) -> bool:
    try:
        return key.endswith(".html") and f'conjuntos/{dataset_id}/"'.encode() in public.get(key)
    except KeyError:  # a build at work took it away
        return False


def _keys(public: Bucket, prefix: str) -> list[str]:
    return [stat.key for stat in public.list(prefix)]


def _record(
    private: Bucket, dataset_id: str, run: str, clock: Callable[[], dt.datetime], told: dict[str, Any]
) -> None:
    """Who withdrew what and why, in the run records; never public."""
    now = clock().isoformat()

    def change(record: records.Record) -> records.Record:
        return {
            "apertura": 1,
            "dataset": dataset_id,
            "run": run,
            "started": record.get("started", now),
            "updated": now,
            "outcome": "withdrawn" if told["outcome"] == "done" else told["outcome"],
            "version": None,
            "stages": {STAGE: {WHOLE: {**told, "error": None}}},
        }

    records.update_json(private, records.record_key(dataset_id, run), change)


def under_key(public: Bucket, key_id: str) -> tuple[dict[str, set[str]], list[tuple[str, str]]]:
    """Dataset -> versions that stand with pseudonyms made under a key; and those of which nobody can tell.

    `key_id` is what `privacidad.json` calls `clave`, of one with pseudonyms.
    """
    found: dict[str, set[str]] = {}
    unknown: list[tuple[str, str]] = []
    for stat in list(public.list("datos/")):
        parts = PurePosixPath(stat.key).parts
        if len(parts) != 6 or parts[3] != "versiones" or parts[5] != MANIFEST:
            continue
        version = (f"{parts[1]}/{parts[2]}", parts[4])
        folder = version_folder(*version)
        if public.stat(f"{folder}/{TOMBSTONE}") is not None:
            continue
        try:
            certificate = json.loads(public.get(f"{folder}/privacidad.json"))
        except (KeyError, ValueError):
            unknown.append(version)
            continue
        if key_id in set(_named_keys(certificate)):
            found.setdefault(version[0], set()).add(version[1])
    return found, unknown


def _named_keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("clave"), str):
            yield value["clave"]
        for one in value.values():
            yield from _named_keys(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named_keys(one)
