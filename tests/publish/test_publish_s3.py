"""The same release in S3 as in a folder: same keys, same bytes, told to caches rightly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from publish_scene import LATER, context_in, default_contract, default_rows, leave_run, listing, write_project

from apertura.publish import publish
from apertura.runs.context import Context
from apertura.storage import IMMUTABLE, NO_CACHE, open_bucket


@pytest.fixture
def s3_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 of its own with one bucket; the endpoint and credentials stand in the AWS variables."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (
        ("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}"),
        ("AWS_ACCESS_KEY_ID", "prueba"),
        ("AWS_SECRET_ACCESS_KEY", "prueba"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="release-like-a-folder")
    yield "s3://release-like-a-folder/abierto"
    server.stop()


def runs(state: Path) -> list[Context]:
    """Two runs, of an extract and of a newer one with more rows."""
    dataset = write_project(state / "home", default_contract())
    first, second = context_in(state, dataset, "primera"), context_in(state, dataset, "segunda")
    leave_run(first)
    leave_run(second, {"cosas": default_rows(4)}, extract="b", taken=LATER)
    return [first, second]


def test_a_release_in_s3_equals_one_in_a_folder(tmp_path: Path, s3_url: str) -> None:
    for ctx in runs(tmp_path / "carpeta"):
        assert publish(ctx).outcome == "done"
    for ctx in runs(tmp_path / "s3"):
        assert publish(replace(ctx, public=open_bucket(s3_url))).outcome == "done"
        assert publish(replace(ctx, public=open_bucket(s3_url))).outcome == "unchanged"

    client = boto3.client("s3")
    seen = {}
    for entry in client.list_objects_v2(Bucket="release-like-a-folder")["Contents"]:
        thing = client.get_object(Bucket="release-like-a-folder", Key=entry["Key"])
        seen[entry["Key"].removeprefix("abierto/")] = hashlib.sha256(thing["Body"].read()).hexdigest()
        wanted = IMMUTABLE if "/versiones/" in entry["Key"] else NO_CACHE
        assert thing["CacheControl"] == wanted, entry["Key"]
    assert seen == listing(tmp_path / "carpeta" / "public")
