"""Makes the two S3 buckets of a deployment: the public one readable by anybody, the private one by nobody.

`python -m apertura.storage.s3_setup` may run at every start: what is there already stays. It ends by asking
the server without credentials for an object that is there, and fails when the private bucket gives it: a
deployment waits for this.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from botocore.handlers import disable_signing

from apertura.errors import AperturaError, SettingsError, StorageError
from apertura.settings import Settings
from apertura.storage.places import Place, place_of, refuse_overlap
from apertura.storage.s3_client import ABSENT, RefusedError, ask, make_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CORS: dict[str, Any] = {
    "CORSRules": [
        {
            "AllowedMethods": ["GET", "HEAD"],
            "AllowedOrigins": ["*"],
            "AllowedHeaders": ["Range", "If-Range", "If-None-Match"],
            "ExposeHeaders": ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"],
            "MaxAgeSeconds": 86400,
        }
    ]
}


def set_up(settings: Settings) -> None:
    """Create what is missing, open the public bucket for reading, make sure that the private one is closed.

    SettingsError when the two URLs are not two S3 buckets, StorageError when anybody could read or list
    what they must not.
    """
    refuse_overlap(settings.private_url, settings.public_url)
    private = _s3_place(settings.private_url, "APERTURA_PRIVATE")
    public = _s3_place(settings.public_url, "APERTURA_PUBLIC")
    client = make_client()
    for place in (private, public):
        _create(client, place.bucket)
    _require_no_public_policy(client, private.bucket)
    policy = json.dumps(public_policy(public.bucket, public.prefix))
    ask(lambda: client.put_bucket_policy(Bucket=public.bucket, Policy=policy))
    ask(lambda: client.put_bucket_cors(Bucket=public.bucket, CORSConfiguration=CORS))  # type: ignore[arg-type]
    _require_closed(client, private, public)


def public_policy(bucket: str, prefix: str = "") -> dict[str, Any]:
    """Anybody may get the objects; nobody may list, write, or read how the bucket is set up."""
    objects = f"arn:aws:s3:::{bucket}/{prefix}/*" if prefix else f"arn:aws:s3:::{bucket}/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AnybodyMayGet",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": objects,
            }
        ],
    }


def _s3_place(url: str, name: str) -> Place:
    place = place_of(url)
    if place.folder is not None:
        raise SettingsError(f"{name} is no S3 bucket", hint="write s3://bucket or s3://bucket/prefix")
    return place


def _create(client: S3Client, bucket: str) -> None:
    try:
        ask(lambda: client.head_bucket(Bucket=bucket))
        return
    except RefusedError as refusal:
        if refusal.kind != ABSENT:
            raise
    region = client.meta.region_name
    arguments: dict[str, Any] = {"Bucket": bucket}
    if region != "us-east-1":  # which S3 takes as no location at all, and only so
        arguments["CreateBucketConfiguration"] = {"LocationConstraint": region}
    ask(lambda: client.create_bucket(**arguments))


def _require_no_public_policy(client: S3Client, bucket: str) -> None:
    try:
        text = ask(lambda: client.get_bucket_policy(Bucket=bucket))["Policy"]
    except RefusedError as refusal:
        if refusal.kind != ABSENT:
            raise
        return
    statements = json.loads(text).get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") != "Deny" and _is_for_anybody(statement):
            raise StorageError(
                "the private bucket's policy allows something to everybody",
                hint="remove the statement whose Principal is *, or which has a NotPrincipal, from the "
                "policy of APERTURA_PRIVATE's bucket",
            )


def _is_for_anybody(statement: dict[str, Any]) -> bool:
    """Whether a statement that allows does not name everyone whom it allows."""
    principal = statement.get("Principal")
    if principal is None:  # NotPrincipal: all but those
        return True
    kinds = principal.values() if isinstance(principal, dict) else [principal]
    names = [name for kind in kinds for name in (kind if isinstance(kind, list) else [kind])]
    return any("*" in str(name) for name in names)


def _require_closed(client: S3Client, private: Place, public: Place) -> None:
    """Ask as anybody would, without credentials, for an object that is there."""
    anybody = make_client()
    anybody.meta.events.register("choose-signer.s3.*", disable_signing)
    name = f"apertura-s3-setup-{secrets.token_hex(8)}"
    kept: dict[str, Any] = {"Bucket": private.bucket, "Key": f"{private.prefix}/{name}".lstrip("/")}
    opened: dict[str, Any] = {"Bucket": public.bucket, "Key": f"{public.prefix}/{name}".lstrip("/")}
    attempts: list[tuple[str, Callable[[], Any]]] = [
        ("list the private bucket", lambda: anybody.list_objects_v2(Bucket=private.bucket, MaxKeys=1)),
        ("read in the private bucket", lambda: anybody.get_object(**kept)),
        ("write into the private bucket", lambda: anybody.put_object(**kept, Body=b"")),
        ("list the public bucket", lambda: anybody.list_objects_v2(Bucket=public.bucket, MaxKeys=1)),
        ("write into the public bucket", lambda: anybody.put_object(**opened, Body=b"")),
    ]
    # Without it a server may answer "not allowed" although it would give what is there.
    ask(lambda: client.put_object(**kept, Body=b""))
    try:
        for what, attempt in attempts:
            if not ask(lambda attempt=attempt: _refused(attempt)):  # type: ignore[misc]
                raise StorageError(
                    f"anybody may {what}",
                    hint="look at the server's policies and access control lists; nothing may run until then",
                )
    finally:
        for place in (kept, opened):
            ask(lambda place=place: client.delete_object(**place))  # type: ignore[misc]


def _refused(request: Callable[[], Any]) -> bool:
    """Whether the server says no to who is asking; "not found" would mean that it looked."""
    try:
        request()
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status in (401, 403):
            return True
        if status is not None and status >= 500:
            raise
    return False


def main() -> int:
    """Command line: exit 0 when both buckets are as they must be."""
    try:
        set_up(Settings.from_env())
    except AperturaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("both buckets are ready: the public one may be read by anybody, the private one not\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
