"""What a dataset has published: its manifests, the only commit points, and its withdrawals.

datos/<institution>/<dataset>/versiones/<version>/release.json    the manifest
datos/<institution>/<dataset>/versiones/<version>/retirada.json   the tombstone of a withdrawn version:
    {"version", "number", "taken", "fingerprint", "tablas", "motivo", "fecha", "revisado"}; of a version whose
    manifest was damaged only the last three are sure, and the folder's name says enough. `revisado` is the
    digest of the reason that `apertura withdraw` has looked through (`reviewed`). The digest of its content
    is kept in the private bucket (`content_key`): it would confirm what somebody guesses
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from apertura.errors import StorageError
from apertura.runs.context import Context
from apertura.storage import Bucket

MANIFEST = "release.json"
TOMBSTONE = "retirada.json"
_MANIFEST: dict[str, type | tuple[type, ...]] = {
    "version": str, "number": int, "previous": (str, type(None)), "taken": str, "fingerprint": str,
    "contentDigest": str, "rows": dict, "files": list, "dataset": str, "institution": str,
    "schemaVersion": int,
}  # fmt: skip
"""What a manifest must have: one that lost a part is damaged."""
_TOMBSTONE: dict[str, type] = {
    "version": str, "number": int, "taken": str, "fingerprint": str, "contentDigest": str, "tablas": list,
    "motivo": str, "fecha": str,
}  # fmt: skip
"""What is read of a tombstone: anybody may have put one there by hand, with anything in it."""
REVIEWED = "revisado"
UNREVIEWED = "Se retiró esta versión. El motivo que se anotó no se ha revisado, y por eso no se muestra."
"""Shown in place of a reason that nobody looked through for names and numbers of people."""


def dump(document: dict[str, Any]) -> bytes:
    """A public JSON document: its own order, readable, the same bytes for the same content."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def home(dataset_id: str) -> str:
    """The public folder of a dataset, without a slash at its end."""
    return f"datos/{dataset_id}"


def version_folder(dataset_id: str, version: str) -> str:
    """The public folder of one version, without a slash at its end."""
    return f"{home(dataset_id)}/versiones/{version}"


def content_key(dataset_id: str, version: str) -> str:
    """Where the private bucket keeps the digest of a withdrawn version's content."""
    return f"withdrawn/{dataset_id}/{version}.json"


def version_name(taken: str, fingerprint: str) -> str:
    """`YYYYMMDDTHHMMSSZ-<8>`: time of the newest extract (ISO 8601 with offset) and fingerprint."""
    moment = dt.datetime.fromisoformat(taken)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return f"{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"


@dataclass(frozen=True)
class History:
    """Manifests and tombstones by version."""

    manifests: dict[str, dict[str, Any]]
    withdrawn: dict[str, dict[str, Any]]

    @property
    def newest_first(self) -> list[dict[str, Any]]:
        """All manifests: by time of the extract, then by number. A late release of old extracts is old."""
        return sorted(
            self.manifests.values(),
            key=lambda one: (one["version"].partition("-")[0], one["number"], one["version"]),
            reverse=True,
        )

    @property
    def latest(self) -> dict[str, Any] | None:
        """The manifest that `latest` points to; None when nothing is published, or all is withdrawn."""
        return next((one for one in self.newest_first if one["version"] not in self.withdrawn), None)

    @property
    def next_number(self) -> int:
        """Ordinal of the next release, from 1."""
        known = [*self.manifests.values(), *self.withdrawn.values()]
        return 1 + max((int(one.get("number", 0)) for one in known), default=0)

    def tables(self, version: str) -> set[str] | None:
        """Names of the tables a version had, also a withdrawn one; None when nothing says so."""
        if version in self.manifests:
            return set(self.manifests[version].get("rows", {}))
        told = self.withdrawn.get(version, {}).get("tablas")
        return set(told) if isinstance(told, list) else None

    def withdrawn_with(self, *, fingerprint: str = "", content: str = "") -> str | None:
        """The withdrawn version that was made of this, or held this content; None when there is none."""
        for version, tombstone in sorted(self.withdrawn.items()):
            manifest = self.manifests.get(version, {})
            made_of = tombstone.get("fingerprint") or manifest.get("fingerprint")
            held = tombstone.get("contentDigest") or manifest.get("contentDigest")
            named = made_of is None and version.endswith(f"-{fingerprint[:8]}")
            if fingerprint and (made_of == fingerprint or named):
                return version
            if content and held == content:
                return version
        return None


def read_history(ctx: Context) -> History:
    """All manifests and tombstones of the context's dataset; StorageError when a manifest is damaged."""
    return history_of(ctx.public, ctx.dataset.id)


def history_of(public: Bucket, dataset_id: str, keys: Iterable[str] | None = None) -> History:
    """All manifests and tombstones of a dataset; StorageError when a manifest is damaged. `keys` are those of
    its versions where they are known, else the bucket is asked.

    That of a withdrawn version may be: its withdrawal was interrupted, or it is why it was withdrawn.
    """
    manifests: dict[str, dict[str, Any]] = {}
    withdrawn: dict[str, dict[str, Any]] = {}
    damaged: list[str] = []
    folder = f"{home(dataset_id)}/versiones/"
    for name in (stat.key for stat in public.list(folder)) if keys is None else keys:
        key = PurePosixPath(name)
        if key.name == MANIFEST:
            manifest = read_manifest(public, name)
            if manifest is None:
                damaged.append(key.parent.name)
            else:
                manifests[key.parent.name] = manifest
        elif key.name == TOMBSTONE:
            withdrawn[key.parent.name] = read_tombstone(public, name)
    for version in damaged:
        if version not in withdrawn:
            raise StorageError(
                f"{dataset_id}: the manifest of version {version} is damaged",
                hint="restore release.json of that version from a copy, or withdraw the version",
            )
    return History(manifests, withdrawn)


def withdrawals(public: Bucket, keys: Iterable[str] | None = None) -> set[str]:
    """`<dataset> <version>` of every tombstone, also of a dataset whose documents cannot be read.

    `keys` are all of datos/ where they are known, else the bucket is asked.
    """
    listed = (stat.key for stat in public.list("datos/")) if keys is None else keys
    parts = [PurePosixPath(key).parts for key in listed if key.endswith(TOMBSTONE)]
    return {f"{one[1]}/{one[2]} {one[4]}" for one in parts if len(one) == 6 and one[3] == "versiones"}


def read_manifest(public: Bucket, key: str) -> dict[str, Any] | None:
    """A version's manifest; None when it is missing or damaged."""
    try:
        document = json.loads(public.get(key))
        whole = all(isinstance(document[name], kind) for name, kind in _MANIFEST.items())
        if whole and document["version"] == PurePosixPath(key).parent.name:
            return dict(document)
    except (ValueError, KeyError, TypeError):
        pass
    return None


def reviewed(reason: str) -> str:
    """What stands beside a reason that was looked through: of exactly this text."""
    return hashlib.sha256(reason.encode()).hexdigest()


def read_tombstone(public: Bucket, key: str) -> dict[str, Any]:
    """What may be told of a tombstone; one that cannot be read still withdraws: its folder names the version.

    A reason that `apertura withdraw` did not look through is replaced by a sentence that says so.
    """
    try:
        document = json.loads(public.get(key))
    except (ValueError, KeyError):
        return {}
    if not isinstance(document, dict):
        return {}
    told = {name: document[name] for name, kind in _TOMBSTONE.items() if isinstance(document.get(name), kind)}
    for name in ("taken", "fecha"):
        if name in told and not _is_moment(told[name]):
            del told[name]
    if "motivo" in told:
        if document.get(REVIEWED) == reviewed(told["motivo"]):
            told[REVIEWED] = document[REVIEWED]
        else:
            told["motivo"] = UNREVIEWED
    return told


def _is_moment(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def latest_release(bucket: Bucket, dataset_id: str) -> dict[str, Any] | None:
    """What `latest.json` says of a dataset; None when it was never published."""
    try:
        found: dict[str, Any] = json.loads(bucket.get(f"{home(dataset_id)}/latest.json"))
    except KeyError:
        return None
    return found
