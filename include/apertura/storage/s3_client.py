"""The S3 client, set up once, and its errors in our words: no endpoint, no credentials, no server text."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import boto3.session
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)

from apertura.errors import SettingsError, StorageError, StorageUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

R = TypeVar("R")

ABSENT, PRECONDITION, CONFLICT, NO_UPLOAD, OTHER = "absent", "precondition", "conflict", "no upload", "other"

_BUSY = {"SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "Throttling", "ThrottlingException"}
_DAMAGED = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
_KEYS_HINT = (
    "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL_S3, and that these credentials may "
    "list, get, put and delete in the bucket that APERTURA_PRIVATE or APERTURA_PUBLIC names"
)


class RefusedError(StorageError):
    """The server answered no. `kind` is one of the constants above; `retried` tells that the request was
    sent more than once, so that an earlier one may have been carried out and its answer lost."""

    def __init__(self, message: str, *, kind: str, retried: bool, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.retried = retried


def make_client() -> S3Client:
    """A client set by the standard AWS variables; SettingsError when they cannot be used."""
    # At DEBUG these write whole requests, signatures included, into the log of the task.
    for name in ("boto3", "botocore", "s3transfer", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.ERROR)
    own_server = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=32,
        retries={"mode": "standard"}
        if "AWS_MAX_ATTEMPTS" in os.environ
        else {"mode": "standard", "total_max_attempts": 5},
        # Servers other than Amazon's have no host name for each bucket.
        s3={"addressing_style": "path" if own_server else "auto"},
        # We send SHA-256 ourselves; not every server knows the CRC that boto3 would add.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.session.Session()
        region = session.region_name or os.environ.get("AWS_REGION") or "us-east-1"
        return session.client("s3", region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        name = type(error).__name__
    raise SettingsError(
        f"the S3 client cannot be set up ({name})",
        hint="check AWS_ENDPOINT_URL_S3 (http://host:port or https://host), AWS_REGION and AWS_PROFILE",
    )


def ask(request: Callable[[], R]) -> R:
    """Do a request. RefusedError when the server says no, StorageUnavailableError when it does not answer."""
    failure: StorageError
    try:
        return request()
    except ClientError as error:
        failure = _refused(error)
    except (BotoCoreError, Boto3Error) as error:
        failure = _unanswered(error)
    raise failure


def _refused(error: ClientError) -> StorageError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    code = code if re.fullmatch(r"[A-Za-z0-9]{1,60}", code) else "no code"
    about = error.response.get("ResponseMetadata")
    status = int(about["HTTPStatusCode"]) if about else 0
    retried = bool(about and about.get("RetryAttempts", 0))

    def refused(message: str, kind: str = OTHER, hint: str | None = None) -> RefusedError:
        return RefusedError(f"{message} ({code})", kind=kind, retried=retried, hint=hint)

    if code == "NoSuchBucket":
        return refused(
            "the S3 bucket does not exist",
            hint="create it, or correct APERTURA_PRIVATE or APERTURA_PUBLIC",
        )
    if code == "NoSuchUpload":
        return refused("the upload is gone", NO_UPLOAD, "run the stage again")
    if status == 404:
        return refused("the object is not there", ABSENT)
    if status == 412:
        return refused("the object is not in the expected state", PRECONDITION, "read it again and try again")
    if status == 409:
        return refused("other writers hold the object", CONFLICT, "try again")
    if status >= 500 or status == 429 or code in _BUSY:
        return StorageUnavailableError(
            f"the S3 server cannot serve the bucket now ({code})",
            hint="check the server; the task is tried again by itself",
        )
    if code in _DAMAGED:
        return refused("the bytes were damaged on the way to the bucket", hint="run the stage again")
    if status in (301, 307, 400, 401, 403):
        return refused("the S3 server refuses access to the bucket", hint=_KEYS_HINT)
    return refused("the S3 server refused a request", hint=_KEYS_HINT)


def _unanswered(error: Exception) -> StorageError:
    name = type(error).__name__
    if isinstance(error, ConnectionError | HTTPClientError | IncompleteReadError):
        return StorageUnavailableError(
            f"the S3 server does not answer ({name})",
            hint="check that it runs and that AWS_ENDPOINT_URL_S3 names it; the task is tried again",
        )
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return StorageError(f"there are no credentials for S3 ({name})", hint=_KEYS_HINT)
    return StorageError(f"the S3 client failed ({name})", hint=_KEYS_HINT)
