"""Where a bucket's URL points, and that nothing private lies where anybody may read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from apertura.errors import SettingsError
from apertura.storage.keys import fault

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Place:
    """A folder, or else a prefix (without slashes at its ends, may be empty) of an S3 bucket."""

    folder: Path | None
    bucket: str = ""
    prefix: str = ""


def place_of(url: str) -> Place:
    """The place of `file:///folder` or `s3://bucket/prefix`; else SettingsError, which quotes nothing."""
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
        return Place(Path(path))
    prefix = path.strip("/")
    sound = not prefix or fault(prefix) is None
    if parts.scheme == "s3" and _BUCKET_NAME.fullmatch(parts.netloc) and sound:
        return Place(None, parts.netloc, prefix)
    raise SettingsError(
        "a bucket's URL is neither file:///folder nor s3://bucket/prefix",
        hint="set APERTURA_PRIVATE and APERTURA_PUBLIC, or unset them for folders under the state folder",
    )


def refuse_overlap(private_url: str, public_url: str) -> None:
    """SettingsError when one bucket is, or holds, the other, or both are in one S3 bucket.

    A public place is served whole: what is private in it would be published with it. In one S3 bucket a
    single policy decides for both prefixes.
    """
    private, public = place_of(private_url), place_of(public_url)
    if private.folder is not None and public.folder is not None:
        if _holds(private.folder, public.folder) or _holds(public.folder, private.folder):
            raise SettingsError(
                "the private and the public bucket are one folder, or one lies inside the other",
                hint="give APERTURA_PRIVATE and APERTURA_PUBLIC two folders side by side",
            )
    elif private.folder is None and private.bucket == public.bucket:
        raise SettingsError(
            "the private and the public bucket lie in one S3 bucket",
            hint="give APERTURA_PRIVATE and APERTURA_PUBLIC two S3 buckets: anybody may read the public one",
        )


def refuse_inside(public_url: str, path: Path, setting: str) -> None:
    """SettingsError when a local file or folder of ours lies in the public bucket's folder."""
    public = place_of(public_url).folder
    if public is not None and _holds(public, path):
        raise SettingsError(
            f"{setting} lies inside the public bucket, where anybody may read",
            hint=f"move it out, and change {setting}",
        )


def _holds(outer: Path, inner: Path) -> bool:
    """Whether `inner` is `outer` or lies in it: by name after all links, and by identity (bind mounts)."""
    outer, inner = Path(os.path.realpath(outer)), Path(os.path.realpath(inner))
    if inner.is_relative_to(outer):
        return True
    try:
        wanted = outer.stat()
    except OSError:  # what is not there yet has no other name
        return False
    return any(_is(folder, wanted) for folder in (inner, *inner.parents))


def _is(folder: Path, wanted: os.stat_result) -> bool:
    try:
        found = folder.stat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)
