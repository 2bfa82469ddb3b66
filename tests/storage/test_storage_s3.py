"""What is particular to S3: parts, checksums on the wire, lost answers, a server that is down or refuses."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from apertura.errors import (
    AlreadyExistsError,
    AperturaError,
    SettingsError,
    StorageError,
    StorageUnavailableError,
)
from apertura.storage import IMMUTABLE, Bucket, open_bucket
from apertura.storage import s3 as s3_module
from apertura.storage.s3 import S3Bucket

PARTS = (17 << 20) + 1


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(1 << 20) * 17 + b"x")
    return path


def place(bucket: Bucket, key: str) -> dict[str, str]:
    parts = urlsplit(bucket.url)
    return {"Bucket": parts.netloc, "Key": f"{parts.path.strip('/')}/{key}"}


def error(status: str, code: str) -> tuple[str, list[tuple[str, str]], bytes]:
    body = f"<Error><Code>{code}</Code><Message>secret-server-text</Message></Error>".encode()
    return status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))], body


def uploads(raw_client: Any, bucket: Bucket) -> list[Any]:
    found = raw_client.list_multipart_uploads(Bucket=urlsplit(bucket.url).netloc)
    return list(found.get("Uploads", []))


class Hold:
    """Stops the first request that matches, tells that it came, and lets it go on when told."""

    def __init__(self, matches: Callable[[Any], bool]) -> None:
        self.matches, self.came, self.go = matches, threading.Event(), threading.Event()

    def __call__(self, request: Any) -> None:
        if not self.came.is_set() and self.matches(request):
            self.came.set()
            assert self.go.wait(60)


def second_part(request: Any) -> bool:
    return request.method == "PUT" and "partNumber=2" in request.query


# What is stored and sent


def test_headers_and_digest_are_stored_with_the_object(s3: Bucket, raw_client: Any, large: Path) -> None:
    s3.put("a/x.csv", b"1", cache_control=IMMUTABLE)
    s3.put("a/x.json", b"1")
    s3.upload("a/x.parquet", large, cache_control=IMMUTABLE)
    s3.copy("a/x.parquet", "latest/y.xml")
    heads = {key: raw_client.head_object(**place(s3, key)) for key in ("a/x.csv", "a/x.json", "a/x.parquet")}
    assert heads["a/x.csv"]["CacheControl"] == heads["a/x.parquet"]["CacheControl"] == IMMUTABLE
    assert heads["a/x.json"]["CacheControl"] == "no-cache"
    assert heads["a/x.csv"]["ContentType"] == "text/csv; charset=utf-8"
    assert heads["a/x.parquet"]["ContentType"] == "application/vnd.apache.parquet"
    copied = raw_client.head_object(**place(s3, "latest/y.xml"))
    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    assert copied["CacheControl"] == "no-cache"
    assert copied["ContentType"] == "application/xml"
    assert copied["Metadata"]["sha256"] == heads["a/x.parquet"]["Metadata"]["sha256"] == digest


def test_every_body_travels_with_its_sha256(s3: Bucket, server: Any, large: Path) -> None:
    s3.put("a", b"x")
    s3.upload("b", large)
    bodies = [r for r in server.seen if r.method == "PUT" and "some/prefix" in r.path]
    assert len(bodies) == 3
    assert max(len(r.body) for r in bodies) == 16 << 20
    for request in bodies:
        digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        assert request.headers["x-amz-checksum-sha256"] == digest
    [completed] = [r for r in server.seen if r.method == "POST" and "uploadId" in r.query]
    assert completed.body.count(b"<ChecksumSHA256>") == 2


def test_bytes_damaged_on_the_way_up_are_refused_and_leave_nothing(
    s3: Bucket, server: Any, raw_client: Any, large: Path
) -> None:
    def damage(request: Any) -> None:
        if request.method == "PUT" and request.body:
            request.body = bytes([request.body[0] ^ 1]) + request.body[1:]

    server.before = damage
    for call in (lambda: s3.put("a", b"whole"), lambda: s3.upload("a", large)):
        with pytest.raises(StorageError, match="damaged on the way"):
            call()
    assert s3.stat("a") is None
    assert uploads(raw_client, s3) == []


def test_bytes_damaged_in_the_bucket_or_on_the_way_down_are_detected(s3: Bucket, raw_client: Any) -> None:
    s3.put("a", b"whole")
    head = raw_client.head_object(**place(s3, "a"))
    raw_client.put_object(**place(s3, "a"), Body=b"whxle", Metadata=head["Metadata"])
    with pytest.raises(StorageError, match="SHA-256 it was stored with"):
        s3.get("a")
    with pytest.raises(StorageError, match="SHA-256 it was stored with"), s3.as_file("a"):
        pytest.fail("a damaged file was handed out")


def test_a_download_that_breaks_off_is_tried_again(s3: Bucket, server: Any, large: Path) -> None:
    s3.upload("a", large)
    cut: list[int] = []

    def cut_twice(request: Any, answer: Any) -> Any:
        if request.method == "GET" and len(cut) < 2:
            cut.append(1)
            return answer[0], answer[1], answer[2][: 5 << 20]
        return answer

    server.after = cut_twice
    with s3.as_file("a") as path:
        assert path.read_bytes() == large.read_bytes()
        assert path.stat().st_mode & 0o222 == 0
    assert len(cut) == 2
    assert not path.exists()


def test_downloads_lie_in_the_scratch_folder_and_go_away(s3_url: str, tmp_path: Path) -> None:
    bucket = open_bucket(s3_url, scratch=tmp_path / "scratch")
    bucket.put("a/b.csv", b"x")
    with bucket.as_file("a/b.csv") as path:
        assert path.is_relative_to(tmp_path / "scratch")
        assert path.name == "b.csv"
        assert path.parent.stat().st_mode & 0o077 == 0
    assert list((tmp_path / "scratch").iterdir()) == []


# Parts


def test_a_large_file_goes_up_in_parts_and_leaves_no_upload_open(
    s3: Bucket, raw_client: Any, large: Path
) -> None:
    stat = s3.upload("a", large)
    assert stat.etag.strip('"').endswith("-2")
    assert uploads(raw_client, s3) == []


def test_if_absent_holds_at_the_completion_of_a_large_upload(
    s3: Bucket, server: Any, raw_client: Any, large: Path
) -> None:
    server.before = hold = Hold(second_part)
    with ThreadPoolExecutor(1) as pool:
        uploading = pool.submit(s3.upload, "a", large, if_absent=True)
        assert hold.came.wait(60)
        assert s3.stat("a") is None
        s3.put("a", b"faster", if_absent=True)
        hold.go.set()
        with pytest.raises(AlreadyExistsError):
            uploading.result()
    assert s3.get("a") == b"faster"
    assert uploads(raw_client, s3) == []


def test_a_file_that_changes_while_it_goes_up_is_refused(
    s3: Bucket, server: Any, raw_client: Any, large: Path
) -> None:
    server.before = hold = Hold(lambda r: r.method == "POST" and "uploads" in r.query)
    with ThreadPoolExecutor(1) as pool:
        uploading = pool.submit(s3.upload, "a", large)
        assert hold.came.wait(60)
        with large.open("r+b") as file:
            file.write(b"changed")
        hold.go.set()
        with pytest.raises(StorageError, match="SHA-256 it should have"):
            uploading.result()
    assert s3.stat("a") is None
    assert uploads(raw_client, s3) == []


def test_a_writer_killed_in_the_middle_leaves_no_visible_object(s3: Bucket, server: Any, large: Path) -> None:
    code = (
        "import sys, pathlib; from apertura.storage import open_bucket; "
        "open_bucket(sys.argv[1]).upload('victim', pathlib.Path(sys.argv[2]))"
    )
    server.before = hold = Hold(second_part)
    writer = subprocess.Popen([sys.executable, "-c", code, s3.url, str(large)])
    assert hold.came.wait(60)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    hold.go.set()
    assert s3.stat("victim") is None
    assert list(s3.list("")) == []
    assert s3.upload("victim", large, if_absent=True).size == PARTS


def test_the_server_copies_in_parts_what_is_too_large_for_one_request(
    s3: Bucket, server: Any, large: Path
) -> None:
    parts = urlsplit(s3.url)
    small_steps = S3Bucket(
        parts.netloc, parts.path.strip("/"), copy_whole_bytes=6 << 20, copy_part_bytes=6 << 20
    )
    stored = s3.upload("a", large)
    server.seen.clear()
    copied = small_steps.copy("a", "b.csv")
    assert sum("x-amz-copy-source" in r.headers for r in server.seen) == 3
    assert all(not r.body for r in server.seen if r.method == "PUT")
    assert (copied.sha256, copied.size, copied.content_type) == (
        stored.sha256,
        PARTS,
        "text/csv; charset=utf-8",
    )
    assert s3.get("b.csv") == large.read_bytes()


# A server that fails


def test_a_lost_answer_to_a_create_that_landed_is_a_success(s3: Bucket, server: Any) -> None:
    def lose_first(request: Any, answer: Any) -> Any:
        first = request.method == "PUT" and sum(r.method == "PUT" for r in server.seen) == 1
        return error("500 Internal Server Error", "InternalError") if first else answer

    server.after = lose_first
    server.seen.clear()
    stat = s3.put("a", b"mine", if_absent=True)
    assert sum(r.method == "PUT" for r in server.seen) == 2
    assert s3.get("a") == b"mine"
    found = s3.stat("a")
    assert found is not None and found.etag == stat.etag


def test_after_a_lost_answer_another_writers_object_is_still_another_writers(s3: Bucket, server: Any) -> None:
    s3.put("a", b"theirs")
    refused: list[int] = []

    def lose_first(request: Any) -> Any:
        if request.method == "PUT" and not refused:
            refused.append(1)
            return error("500 Internal Server Error", "InternalError")
        return None

    server.before = lose_first
    with pytest.raises(AlreadyExistsError):
        s3.put("a", b"mine", if_absent=True)
    assert s3.get("a") == b"theirs"


def test_a_conflict_of_conditional_writes_is_tried_again_but_not_for_ever(
    s3: Bucket, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [1, 1]

    def conflict(request: Any) -> Any:
        if request.method == "PUT" and left:
            left.pop()
            return error("409 Conflict", "ConditionalRequestConflict")
        return None

    server.before = conflict
    s3.put("a", b"x", if_absent=True)
    assert left == []
    monkeypatch.setattr(s3_module, "ATTEMPTS", 2)
    left += [1, 1, 1, 1]
    with pytest.raises(StorageUnavailableError, match="other writers"):
        s3.put("b", b"x", if_absent=True)


def every_call(bucket: Bucket, file: Path) -> list[Callable[[], object]]:
    return [
        lambda: bucket.put("a", b"x"),
        lambda: bucket.put("a", b"x", if_absent=True),
        lambda: bucket.upload("a", file),
        lambda: bucket.get("a"),
        lambda: bucket.as_file("a").__enter__(),
        lambda: bucket.stat("a"),
        lambda: list(bucket.list("")),
        lambda: bucket.copy("a", "b"),
        lambda: bucket.delete("a"),
    ]


def assert_tells_nothing(failure: AperturaError, *secrets: str) -> None:
    for secret in ("secret-server-text", "testing-secret", "testing-id", "127.0.0.1", *secrets):
        assert secret not in str(failure)
    assert failure.__context__ is None
    assert failure.__cause__ is None
    assert failure.hint


def test_a_server_that_is_down_is_unavailable_for_every_call(aws: pytest.MonkeyPatch, large: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        port = taken.getsockname()[1]
        aws.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        aws.setenv("AWS_MAX_ATTEMPTS", "1")
        for call in every_call(open_bucket("s3://some-bucket/p"), large):
            with pytest.raises(StorageUnavailableError) as caught:
                call()
            assert_tells_nothing(caught.value, str(port))


@pytest.mark.parametrize(
    ("status", "code"),
    [("503 Slow Down", "SlowDown"), ("500 Internal Server Error", "InternalError"), ("502 Bad Gateway", "")],
)
def test_a_server_that_cannot_serve_now_is_unavailable(
    s3_url: str, server: Any, aws: pytest.MonkeyPatch, large: Path, status: str, code: str
) -> None:
    aws.setenv("AWS_MAX_ATTEMPTS", "1")
    server.before = lambda _request: error(status, code)
    for call in every_call(open_bucket(s3_url), large):
        with pytest.raises(StorageUnavailableError) as caught:
            call()
        assert_tells_nothing(caught.value)


def test_refused_access_is_for_good_and_names_the_settings(s3: Bucket, server: Any, large: Path) -> None:
    server.before = lambda _request: error("403 Forbidden", "AccessDenied")
    for call in every_call(s3, large):
        with pytest.raises(StorageError) as caught:
            call()
        assert not caught.value.retryable
        assert "AWS_ACCESS_KEY_ID" in str(caught.value)
        assert_tells_nothing(caught.value)


def test_a_bucket_that_does_not_exist_is_said_so(server: Any, large: Path) -> None:
    for call in every_call(open_bucket("s3://nobody-made-this/p"), large):
        with pytest.raises(StorageError, match="does not exist") as caught:
            call()
        assert not caught.value.retryable
        assert "APERTURA_PRIVATE" in str(caught.value)


def test_without_credentials_the_variables_are_named(server: Any, aws: pytest.MonkeyPatch) -> None:
    aws.delenv("AWS_ACCESS_KEY_ID")
    aws.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageError, match="AWS_ACCESS_KEY_ID") as caught:
        open_bucket("s3://some-bucket").put("a", b"x")
    assert_tells_nothing(caught.value)


def test_an_endpoint_that_is_no_url_is_a_setting_to_mend(aws: pytest.MonkeyPatch) -> None:
    aws.setenv("AWS_ENDPOINT_URL_S3", "topsecret no url")
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL_S3") as caught:
        open_bucket("s3://some-bucket").put("a", b"x")
    assert_tells_nothing(caught.value, "topsecret")


def test_nothing_is_logged_about_requests(s3: Bucket, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    s3.put("a", b"x")
    assert s3.get("a") == b"x"
    assert [r.name for r in caplog.records if r.name.split(".")[0] in ("boto3", "botocore", "urllib3")] == []


def test_a_bucket_is_usable_on_both_sides_of_a_fork(s3_url: str) -> None:
    s3 = S3Bucket(urlsplit(s3_url).netloc)
    s3.put("a", b"parent")
    parents = s3._client()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            s3.put("b", s3.get("a") + b" and child")
            # Two processes on one connection would read each other's answers.
            code = 0 if s3._client() is not parents else 1
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert s3.get("b") == b"parent and child"
    assert s3._client() is parents
