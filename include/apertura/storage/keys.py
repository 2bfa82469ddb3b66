"""Keys of objects: which are safe in every bucket, and what content type their suffix means."""

from __future__ import annotations

import re
import unicodedata

from apertura.errors import StorageError

MAX_KEY_BYTES = 1024
"""S3's limit (Amazon S3 user guide, "Naming Amazon S3 objects")."""
MAX_SEGMENT_BYTES = 255
"""NAME_MAX of the common Linux file systems, so that a key of one bucket fits in the other."""

_CONTENT_TYPES = {
    "atom": "application/atom+xml",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/vnd.microsoft.icon",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "map": "application/json",
    "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "rdf": "application/rdf+xml",
    "svg": "image/svg+xml",
    "ttl": "text/turtle; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "woff2": "font/woff2",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "xsd": "application/xml",
    "yaml": "application/yaml",
    "zip": "application/zip",
}


def content_type(key: str) -> str:
    """The media type by suffix, `application/octet-stream` when the suffix says nothing."""
    name = key.rpartition("/")[2]
    if name == "SHA256SUMS":
        return "text/plain; charset=utf-8"
    stem, dot, suffix = name.rpartition(".")
    return (
        _CONTENT_TYPES.get(suffix.lower(), "application/octet-stream")
        if stem and dot
        else ("application/octet-stream")
    )


# Nearly all keys, told at once: a listing asks this of tens of thousands.
_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/)*(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99})?")


def fault(key: str) -> str | None:
    """Why this is no key, in words that do not repeat it; None when it is one."""
    if not key:
        return "it is empty"
    if key.endswith("/"):
        return "it ends in a slash"
    return prefix_fault(key)


def prefix_fault(prefix: str) -> str | None:
    """Why no key can start with this; None when one can. The empty prefix is every key's."""
    if not prefix or (len(prefix) <= MAX_KEY_BYTES and _PLAIN.fullmatch(prefix)):
        return None
    try:
        encoded = prefix.encode()
    except UnicodeEncodeError:
        return "it is not text"
    if len(encoded) > MAX_KEY_BYTES:
        return f"it is longer than {MAX_KEY_BYTES} bytes"
    plain = prefix.isascii() and prefix.isprintable()  # most are: no letter of them needs a look
    if not plain and any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in prefix):
        return "it has a control character"
    if unicodedata.normalize("NFC", prefix) != prefix:
        return "it is not in Unicode's composed form (NFC)"
    if "\\" in prefix:
        return "it has a backslash"
    if prefix.startswith("/"):
        return "it is absolute"
    segments = prefix.split("/")
    if "" in segments[:-1]:
        return "it has an empty segment"
    if any(s.startswith(".") for s in segments):
        return "a segment starts with a dot"
    if any(len(s.encode()) > MAX_SEGMENT_BYTES for s in segments):
        return f"a segment is longer than {MAX_SEGMENT_BYTES} bytes"
    return None


def check_key(key: str) -> str:
    """The key itself; StorageError when it could leave the bucket or not be stored everywhere.

    The message does not repeat the key: it may come from a source's file name.
    """
    return _checked(key, fault(key))


def named(key: str) -> str:
    """The key as a message may name it: raw extracts without their digest, drops without their name.

    Whoever reads the message could hold guesses of an extract against a bare digest.
    """
    folder, _, below = key.partition("/")
    return f"{folder}/…" if folder in ("extracts", "inbox") and below else key


def check_prefix(prefix: str) -> str:
    """The prefix itself; StorageError when it could leave the bucket."""
    return _checked(prefix, prefix_fault(prefix))


def _checked(text: str, reason: str | None) -> str:
    if reason is not None:
        raise StorageError(
            f"a key for the bucket is refused: {reason}",
            hint="keys are relative paths of plain segments; rename the file or the dataset",
        )
    return text
