"""Buckets: one small interface, two real implementations (a folder, S3).

A key is a relative path of safe segments. An object appears whole or not at all. `put` and `upload`
take `if_absent` (create, or AlreadyExistsError) and `if_match` (replace this very state, or
PreconditionFailedError), on which the manifest, the lease and the run records rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from apertura.settings import Settings
from apertura.storage.files import Hashed
from apertura.storage.places import place_of, refuse_inside, refuse_overlap

IMMUTABLE = "public, max-age=31536000, immutable"
NO_CACHE = "no-cache"

__all__ = [
    "IMMUTABLE",
    "NO_CACHE",
    "Bucket",
    "Incoming",
    "Stat",
    "open_bucket",
    "open_buckets",
    "refuse_overlap",
]


@dataclass(frozen=True)
class Incoming:
    """One of many objects to store. `data` is its bytes, or a file; `move` may consume the file."""

    key: str
    data: bytes | Path
    cache_control: str = NO_CACHE
    move: bool = False


@dataclass(frozen=True)
class Stat:
    """What is known of an object without reading it. `etag` is only good for `if_match`."""

    key: str
    size: int
    modified: dt.datetime
    etag: str
    sha256: str | None
    content_type: str


class Bucket(Protocol):
    """Objects by key. All methods raise StorageUnavailableError when the bucket does not answer.

    For compare-and-swap take the etag first (`stat`), then the bytes (`get`), then `put` with `if_match`:
    in this order a write in between makes the put fail, in the other it would be lost.
    """

    url: str

    def put(
        self,
        key: str,
        data: bytes,
        *,
        cache_control: str = NO_CACHE,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> Stat:
        """Store bytes. The content type follows the key's suffix."""

    def upload(
        self,
        key: str,
        path: Path,
        *,
        sha256: str | Hashed | None = None,
        cache_control: str = NO_CACHE,
        if_absent: bool = False,
        move: bool = False,
    ) -> Stat:
        """Store a file, streaming; verified against `sha256` when given. `move` may consume `path`.

        A file that is still what was `Hashed` need not be read again to verify it.
        """

    def put_all(self, objects: Sequence[Incoming]) -> list[Stat]:
        """Store many, faster than one by one; each appears whole or not at all, in any order among them.

        All are on the disk when it returns; when it fails or is killed, some may be stored.
        """

    def get(self, key: str) -> bytes:
        """The whole object; KeyError when absent."""

    def as_file(self, key: str) -> AbstractContextManager[Path]:
        """A local file with the object's bytes, read only, gone after the block; KeyError when absent."""

    def stat(self, key: str) -> Stat | None:
        """What is known of the object, None when absent. `sha256` is filled when it was stored by us."""

    def list(self, prefix: str) -> Iterator[Stat]:
        """All objects whose key starts with `prefix`, by key. `sha256` may be None here."""

    def copy(self, source: str, target: str, *, cache_control: str = NO_CACHE) -> Stat:
        """Copy within the bucket without passing the bytes through us where that is possible."""

    def delete(self, key: str) -> None:
        """Remove; silent when absent."""


def open_bucket(url: str, *, private: bool = False, scratch: Path | None = None) -> Bucket:
    """The bucket a URL names: `file:///folder` or `s3://bucket/prefix`; SettingsError for anything else.

    Nothing is created or asked before the first use. `private` makes a folder its owner's alone, also one
    that is there already; an S3 bucket's policy is the deployment's. `scratch` takes what `as_file`
    downloads from S3 (default: the system's temporary folder). The URL may hold no credentials.
    """
    place = place_of(url)
    if place.folder is not None:
        from apertura.storage.folder import FolderBucket

        return FolderBucket(place.folder, private=private)
    from apertura.storage.s3 import S3Bucket  # not above: boto3 takes long to import

    return S3Bucket(place.bucket, place.prefix, scratch=scratch)


def open_buckets(settings: Settings) -> tuple[Bucket, Bucket]:
    """The private and the public bucket, in this order; SettingsError when they do not lie apart.

    The same when the scratch folder or the master key lies in the public bucket's folder.
    """
    refuse_overlap(settings.private_url, settings.public_url)
    refuse_inside(settings.public_url, settings.scratch, "APERTURA_SCRATCH")
    if settings.key_file is not None:
        refuse_inside(settings.public_url, settings.key_file, "APERTURA_KEY_FILE")
    private = open_bucket(settings.private_url, private=True, scratch=settings.scratch)
    return private, open_bucket(settings.public_url, scratch=settings.scratch)
