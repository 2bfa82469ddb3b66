"""A real S3 server (moto) that can be told to misbehave, and a bucket of each kind on the same tests."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from apertura.storage import Bucket, open_bucket

Answer = tuple[str, list[tuple[str, str]], bytes]


@dataclass
class Request:
    """One request as it reached the server."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


def s3_error(status: str, code: str) -> Answer:
    """An answer in S3's error format, with a text that must not be repeated to anybody."""
    body = f"<Error><Code>{code}</Code><Message>secret-server-text</Message></Error>".encode()
    return status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))], body


@dataclass
class Server:
    """moto behind a gate.

    moto checks a condition and writes in two steps; S3 does both as one. The gate lets one request at a
    time through to moto, and compares the checksum that came with the bytes, as S3 does and moto does not.
    `before` may answer instead of moto (or wait); `after` may change moto's answer.
    """

    url: str = ""
    seen: list[Request] = field(default_factory=list)
    before: Callable[[Request], Answer | None] | None = None
    after: Callable[[Request, Answer], Answer] | None = None
    app: Any = None
    gate: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        self.seen.clear()
        self.before = self.after = None

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        request = Request(
            environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], headers, body
        )
        self.seen.append(request)
        answer = self.before(request) if self.before else None
        if answer is None:
            answer = self._verified(request) or self._moto(environ, request.body)
        if self.after:
            answer = self.after(request, answer)
        start(answer[0], answer[1])
        return [answer[2]]

    def _verified(self, request: Request) -> Answer | None:
        wanted = request.headers.get("x-amz-checksum-sha256")
        found = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        return s3_error("400 Bad Request", "BadDigest") if wanted and wanted != found else None

    def _moto(self, environ: dict[str, Any], body: bytes) -> Answer:
        started: list[Any] = []
        environ["wsgi.input"] = io.BytesIO(body)
        with self.gate:
            produced = self.app(environ, lambda *args: started.extend(args[:2]))
            return started[0], started[1], b"".join(produced)


@pytest.fixture(scope="session")
def running_server() -> Iterator[Server]:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_args: Any) -> None:
            pass

    server = Server(app=DomainDispatcherApplication(create_backend_app))
    running = make_server("127.0.0.1", 0, server, threaded=True, request_handler=Quiet)
    server.url = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    running.shutdown()
    thread.join()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Standard AWS variables for the tests' server, nothing of the machine's own."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    return monkeypatch


@pytest.fixture
def server(running_server: Server, aws: pytest.MonkeyPatch) -> Iterator[Server]:
    running_server.reset()
    aws.setenv("AWS_ENDPOINT_URL_S3", running_server.url)
    yield running_server
    running_server.reset()


@pytest.fixture
def raw_client(server: Server) -> Any:
    """boto3 as it is, to see what really lies in the bucket."""
    import boto3

    return boto3.client("s3", endpoint_url=server.url)


@pytest.fixture
def s3_url(raw_client: Any) -> str:
    """A fresh bucket and a prefix in it."""
    name = f"test-{uuid.uuid4().hex}"
    raw_client.create_bucket(Bucket=name)
    return f"s3://{name}/some/prefix"


@pytest.fixture
def s3(s3_url: str) -> Bucket:
    return open_bucket(s3_url)


@pytest.fixture
def folder(tmp_path: Path) -> Bucket:
    return open_bucket((tmp_path / "bucket").as_uri())


@pytest.fixture(params=["folder", "s3"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    found: Bucket = request.getfixturevalue(request.param)
    return found
