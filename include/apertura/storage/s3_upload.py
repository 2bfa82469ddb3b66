"""One object onto S3, in one request or in parts, with the SHA-256 of every byte that is sent."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apertura.errors import StorageError
from apertura.storage import Stat
from apertura.storage.keys import content_type, named
from apertura.storage.s3_client import ask

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_PARTS = 10_000


@dataclass(frozen=True)
class Sending:
    """What goes where: `full` is the key with the bucket's prefix, `condition` the request's condition."""

    bucket: str
    key: str
    full: str
    sha256: str
    cache_control: str
    condition: Mapping[str, Any]

    @property
    def place(self) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self.full}


def described(key: str, sha256: str | None, cache_control: str) -> dict[str, Any]:
    """What is stored beside the bytes."""
    return {
        "ContentType": content_type(key),
        "CacheControl": cache_control,
        "Metadata": {"sha256": sha256} if sha256 else {},
    }


def changed(key: str) -> StorageError:
    """The error for a file that is not the one that was meant."""
    return StorageError(
        f"{named(key)}: the file to store does not have the SHA-256 it should have",
        hint="the file changed or was cut after it was made; run the stage again",
    )


def send_whole(client: S3Client, sending: Sending, data: bytes) -> Stat:
    """Store bytes in one request."""
    extra = {**described(sending.key, sending.sha256, sending.cache_control), **sending.condition}
    checksum = _base64(bytes.fromhex(sending.sha256))
    answer = ask(lambda: client.put_object(**sending.place, Body=data, ChecksumSHA256=checksum, **extra))
    return _stat(sending, len(data), answer)


def send_parts(client: S3Client, sending: Sending, path: Path, part_bytes: int) -> Stat:
    """Store a file in parts; the condition holds at the completion, before which nobody sees anything."""
    size = path.stat().st_size
    part_bytes = max(part_bytes, -(-size // MAX_PARTS))
    extra = described(sending.key, sending.sha256, sending.cache_control)
    upload = ask(
        lambda: client.create_multipart_upload(**sending.place, ChecksumAlgorithm="SHA256", **extra)
    )["UploadId"]
    try:
        parts: list[Any] = []
        whole = hashlib.sha256()
        for number, data in enumerate(_pieces(path, part_bytes), start=1):
            whole.update(data)
            parts.append(_send_part(client, sending, upload, number, data))
        if whole.hexdigest() != sending.sha256:
            raise changed(sending.key)
        answer = ask(
            lambda: client.complete_multipart_upload(
                **sending.place, UploadId=upload, MultipartUpload={"Parts": parts}, **sending.condition
            )
        )
    except BaseException:
        # Invisible, but stored. What a killed writer leaves is for the bucket's lifecycle rule.
        with contextlib.suppress(StorageError):
            ask(lambda: client.abort_multipart_upload(**sending.place, UploadId=upload))
        raise
    return _stat(sending, size, answer)


def _send_part(client: S3Client, sending: Sending, upload: str, number: int, data: bytes) -> dict[str, Any]:
    checksum = _base64(hashlib.sha256(data).digest())
    answer = ask(
        lambda: client.upload_part(
            **sending.place, UploadId=upload, PartNumber=number, Body=data, ChecksumSHA256=checksum
        )
    )
    return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _stat(sending: Sending, size: int, answer: Any) -> Stat:
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return Stat(
        key=sending.key,
        size=size,
        modified=parsedate_to_datetime(date) if date else dt.datetime.now(dt.UTC).replace(microsecond=0),
        etag=answer["ETag"],
        sha256=sending.sha256,
        content_type=content_type(sending.key),
    )
