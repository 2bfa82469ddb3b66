"""Buckets: one small interface, two real implementations (a folder, S3).

A key is a relative path of safe segments. An object appears whole or not at all. `put` and `upload`
take `if_absent` (create, or AlreadyExistsError) and `if_match` (replace this very state, or
PreconditionFailedError), on which the manifest, the lease and the run records rest.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from apertura.errors import SettingsError

IMMUTABLE = "public, max-age=31536000, immutable"
NO_CACHE = "no-cache"
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


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
        sha256: str | None = None,
        cache_control: str = NO_CACHE,
        if_absent: bool = False,
        move: bool = False,
    ) -> Stat:
        """Store a file, streaming; verified against `sha256` when given. `move` may consume `path`."""

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

    Nothing is created or asked before the first use. `private` makes a folder its owner's alone when it
    is created; an S3 bucket's policy is the deployment's. `scratch` takes what `as_file` downloads from S3
    (default: the system's temporary folder). The URL may hold no credentials.
    """
    try:
        parts = urlsplit(url if url.isprintable() else "")
    except ValueError:  # half an IPv6 address; its text quotes the URL
        parts = urlsplit("")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsError(
            "a bucket's URL holds more than a place (credentials, a query or a fragment)",
            hint="write file:///folder or s3://bucket/prefix; credentials go into the AWS_* variables",
        )
    path = unquote(parts.path)
    local = parts.scheme == "file" and parts.netloc in ("", "localhost")
    if local and path.startswith("/") and path.strip("/") and "\0" not in path:
        from apertura.storage.folder import FolderBucket

        return FolderBucket(Path(path), private=private)
    if parts.scheme == "s3" and _BUCKET_NAME.fullmatch(parts.netloc):
        from apertura.storage.keys import fault
        from apertura.storage.s3 import S3Bucket  # not above: boto3 takes long to import

        prefix = path.strip("/")
        if not prefix or fault(prefix) is None:
            return S3Bucket(parts.netloc, prefix, scratch=scratch)
    raise SettingsError(
        "a bucket's URL is neither file:///folder nor s3://bucket/prefix",
        hint="set APERTURA_PRIVATE and APERTURA_PUBLIC, or unset them for folders under the state folder",
    )
