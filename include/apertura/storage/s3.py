"""A bucket on S3 or a server that speaks S3, through boto3 and the standard AWS variables.

SHA-256 goes with every upload (the server verifies what arrives) and stays as metadata (we verify what
comes back). Create-if-absent is `If-None-Match: *`, compare-and-swap `If-Match`; the first also holds for
the completion of a multipart upload.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig

from apertura.errors import (
    AlreadyExistsError,
    PreconditionFailedError,
    StorageError,
    StorageUnavailableError,
)
from apertura.storage import NO_CACHE, Incoming, Stat
from apertura.storage.files import Hashed, file_digest
from apertura.storage.keys import MAX_KEY_BYTES, check_key, check_prefix, content_type, fault, named
from apertura.storage.s3_client import (
    ABSENT,
    CONFLICT,
    NO_UPLOAD,
    PRECONDITION,
    RefusedError,
    ask,
    make_client,
)
from apertura.storage.s3_upload import Sending, changed, described, send_parts, send_whole
from apertura.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 16 << 20
"""A larger file goes up in parts of this size; one part at a time is held in memory."""
COPY_WHOLE_BYTES = 5 << 30
"""The most that one CopyObject copies (Amazon S3 API reference, CopyObject)."""
COPY_PART_BYTES = 256 << 20
ATTEMPTS = 8
"""How often we try again what boto3 does not: a write answered 409 because it met another conditional
write, a download that broke off. boto3 itself tries again after lost connections, 5xx and SlowDown."""
WRITERS = 16
"""Requests of `put_all` at once; the client keeps connections for twice as many."""
_CHUNK = 1 << 20


class S3Bucket:
    """A `Bucket` under a prefix of an S3 bucket. Safe to share between threads and across a fork.

    `scratch` is where `as_file` puts its downloads (default: the system's temporary folder). The sizes
    are for servers with other limits than Amazon's.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        scratch: Path | None = None,
        part_bytes: int = PART_BYTES,
        copy_whole_bytes: int = COPY_WHOLE_BYTES,
        copy_part_bytes: int = COPY_PART_BYTES,
    ) -> None:
        self.bucket = bucket
        self.prefix = f"{check_key(prefix)}/" if prefix else ""
        self.url = f"s3://{bucket}/{self.prefix}".rstrip("/")
        self._scratch = scratch
        self._part_bytes = part_bytes
        self._copying = TransferConfig(
            multipart_threshold=copy_whole_bytes, multipart_chunksize=copy_part_bytes, max_concurrency=4
        )
        self._connection: tuple[int, S3Client] | None = None
        self._bucket_seen = False

    def put(
        self,
        key: str,
        data: bytes,
        *,
        cache_control: str = NO_CACHE,
        if_absent: bool = False,
        if_match: str | None = None,
    ) -> Stat:
        """Store bytes; see `Bucket.put`."""
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if if_absent else {}
        if if_match is not None:
            condition["IfMatch"] = if_match
        digest = hashlib.sha256(data).hexdigest()
        sending = Sending(self.bucket, key, self._full(key), digest, cache_control, condition)
        return self._settled(sending, lambda: send_whole(self._client(), sending, data))

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
        """Store a file; see `Bucket.upload`. `path` is read for its digest, and again to send it."""
        full = self._full(key)
        if if_absent and self.stat(key) is not None:
            raise _exists(key)
        wanted = sha256.sha256 if isinstance(sha256, Hashed) else sha256
        known = isinstance(sha256, Hashed) and sha256.still(path)
        digest = wanted if known and wanted is not None else file_digest(path)
        if wanted is not None and digest != wanted:
            raise changed(key)
        condition = {"IfNoneMatch": "*"} if if_absent else {}
        sending = Sending(self.bucket, key, full, digest, cache_control, condition)

        def send() -> Stat:
            if path.stat().st_size > self._part_bytes:
                return send_parts(self._client(), sending, path, self._part_bytes)
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != digest:
                raise changed(key)
            return send_whole(self._client(), sending, data)

        stat = self._settled(sending, send)
        if move:
            path.unlink(missing_ok=True)
        return stat

    def put_all(self, objects: Sequence[Incoming]) -> list[Stat]:
        """See `Bucket.put_all`: several requests at once."""

        def store(one: Incoming) -> Stat:
            if isinstance(one.data, bytes):
                return self.put(one.key, one.data, cache_control=one.cache_control)
            return self.upload(one.key, one.data, cache_control=one.cache_control, move=one.move)

        self._client()  # made once, not by each thread
        with ThreadPoolExecutor(WRITERS) as pool:
            return list(pool.map(store, objects))

    def get(self, key: str) -> bytes:
        """The whole object, verified; KeyError when absent."""
        chunks: list[bytes] = []
        self._download(key, chunks.clear, chunks.append)
        return b"".join(chunks)

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        """A verified download in a folder of its own, gone after the block; KeyError when absent."""
        self._full(key)
        with scratch_folder(self._scratch) as folder:
            path = folder / key.rpartition("/")[2]
            with path.open("wb") as file:

                def restart() -> None:
                    file.seek(0)
                    file.truncate()

                self._download(key, restart, file.write)
            path.chmod(0o400)
            yield path

    def stat(self, key: str) -> Stat | None:
        """See `Bucket.stat`."""
        client, full = self._client(), self._full(key)
        try:
            found = ask(lambda: client.head_object(Bucket=self.bucket, Key=full))
        except RefusedError as refusal:
            if refusal.kind != ABSENT:
                raise
            self._look_for_bucket()
            return None
        return Stat(
            key=key,
            size=found["ContentLength"],
            modified=found["LastModified"].replace(microsecond=0),
            etag=found["ETag"],
            sha256=found["Metadata"].get("sha256"),
            content_type=found.get("ContentType", content_type(key)),
        )

    def list(self, prefix: str) -> Iterator[Stat]:
        """See `Bucket.list`. Objects whose names are no keys of ours are left out."""
        client, start = self._client(), self.prefix + check_prefix(prefix)
        pages = iter(client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=start))
        while (page := ask(lambda: next(pages, None))) is not None:
            for found in page.get("Contents", []):
                key = found["Key"].removeprefix(self.prefix)
                if fault(key) is None:
                    yield Stat(
                        key=key,
                        size=found["Size"],
                        modified=found["LastModified"].replace(microsecond=0),
                        etag=found["ETag"],
                        sha256=None,
                        content_type=content_type(key),
                    )

    def copy(self, source: str, target: str, *, cache_control: str = NO_CACHE) -> Stat:
        """Copied by the server, in parts beyond 5 GB; KeyError when `source` is absent."""
        client, full_source, full_target = self._client(), self._full(source), self._full(target)
        origin = self.stat(source)
        if origin is None:
            raise KeyError(source)
        arguments = {
            **described(target, origin.sha256, cache_control),
            "MetadataDirective": "REPLACE",
            # The digest is that of the state just seen: no other state may be copied under it.
            "CopySourceIfMatch": origin.etag,
        }
        place = {"Bucket": self.bucket, "Key": full_source}
        try:
            ask(
                lambda: client.copy(
                    place,  # type: ignore[arg-type]
                    self.bucket,
                    full_target,
                    ExtraArgs=arguments,
                    Config=self._copying,
                )
            )
        except RefusedError as refusal:
            if refusal.kind not in (PRECONDITION, ABSENT):
                raise
            raise _swapped(source) from None
        copied = self.stat(target)
        if copied is None:
            raise _swapped(target)
        return copied

    def delete(self, key: str) -> None:
        """Remove; silent when absent."""
        client, full = self._client(), self._full(key)
        ask(lambda: client.delete_object(Bucket=self.bucket, Key=full))

    # Asking.

    def _client(self) -> S3Client:
        """One client for each process: connections do not survive a fork."""
        if self._connection is None or self._connection[0] != os.getpid():
            self._connection = (os.getpid(), make_client())
        return self._connection[1]

    def _full(self, key: str) -> str:
        full = self.prefix + check_key(key)
        if len(full.encode()) > MAX_KEY_BYTES:
            raise StorageError(
                f"a key for the bucket is refused: with the bucket's prefix it exceeds {MAX_KEY_BYTES} bytes",
                hint="shorten the prefix in the bucket's URL",
            )
        return full

    def _look_for_bucket(self) -> None:
        """HEAD answers 404 for a missing bucket as for a missing object: tell them apart, once."""
        if self._bucket_seen:
            return
        client = self._client()
        try:
            ask(lambda: client.head_bucket(Bucket=self.bucket))
        except RefusedError as refusal:
            if refusal.kind == ABSENT:
                raise StorageError(
                    "the S3 bucket does not exist",
                    hint="create it, or correct APERTURA_PRIVATE or APERTURA_PUBLIC",
                ) from None
        self._bucket_seen = True

    def _download(self, key: str, restart: Callable[[], object], take: Callable[[bytes], object]) -> None:
        """Hand the object's bytes to `take`; again from `restart` when the connection breaks off."""
        client, full = self._client(), self._full(key)
        for attempt in range(ATTEMPTS):
            restart()
            digest = hashlib.sha256()
            try:
                answer = ask(lambda: client.get_object(Bucket=self.bucket, Key=full))
            except RefusedError as refusal:
                if refusal.kind != ABSENT:
                    raise
                raise KeyError(key) from None
            with closing(answer["Body"]) as body:
                try:
                    while chunk := ask(lambda body=body: body.read(_CHUNK)):  # type: ignore[misc]
                        digest.update(chunk)
                        take(chunk)
                except StorageUnavailableError:
                    if attempt + 1 == ATTEMPTS:
                        raise
                    _pause(attempt)
                    continue
            if answer["Metadata"].get("sha256", digest.hexdigest()) != digest.hexdigest():
                raise StorageError(
                    f"{named(key)}: what the bucket gave back does not have the SHA-256 it was stored with",
                    hint="the object is damaged: delete it and run the stage that made it again",
                )
            return

    def _settled(self, sending: Sending, send: Callable[[], Stat]) -> Stat:
        """Send until the server has decided; AlreadyExistsError or PreconditionFailedError when we lost.

        After a lost answer boto3 sends again, and our own object then fails the condition. So a refusal
        that came after a repetition is success if the object there is the one we sent.
        """
        for attempt in range(ATTEMPTS):
            try:
                return send()
            except RefusedError as error:
                refusal = error
            if refusal.kind == CONFLICT:
                _pause(attempt)
                continue
            if refusal.retried and refusal.kind in (PRECONDITION, ABSENT, NO_UPLOAD):
                there = self.stat(sending.key)
                if there is not None and there.sha256 == sending.sha256:
                    return there
            if refusal.kind == PRECONDITION and "IfNoneMatch" in sending.condition:
                raise _exists(sending.key)
            if refusal.kind in (PRECONDITION, ABSENT) and "IfMatch" in sending.condition:
                raise _swapped(sending.key)
            raise refusal
        raise StorageUnavailableError(
            f"{named(sending.key)}: other writers hold the object", hint="try again later"
        )


def _pause(attempt: int) -> None:
    """Wait a little longer each time, each writer differently, at most two seconds."""
    time.sleep(random.uniform(0, min(2.0, 0.02 * 2**attempt)))  # noqa: S311 - nothing secret


def _exists(key: str) -> AlreadyExistsError:
    return AlreadyExistsError(
        f"{named(key)}: the object is there already", hint="another run wrote it; read it"
    )


def _swapped(key: str) -> PreconditionFailedError:
    return PreconditionFailedError(
        f"{named(key)}: the object changed since it was read", hint="read it again and try again"
    )
