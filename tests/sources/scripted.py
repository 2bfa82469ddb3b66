"""A scripted HTTP institution on a real port, and the smallest contract, for tests to change."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from apertura.sources import http
from apertura.sources.endpoint import Endpoint

Reply = Callable[[BaseHTTPRequestHandler], None]


def send(status: int = 200, body: bytes = b"", **headers: str) -> Reply:
    """A whole answer; header names are written with underscores."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def unless_same(etag: str, body: bytes) -> Reply:
    """304 for whoever has this ETag, the body for everybody else."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            send(304, ETag=etag)(handler)
        else:
            send(200, body, ETag=etag)(handler)

    return reply


def drip(closed: threading.Event, piece: bytes, pause: float, **headers: str) -> Reply:
    """Piece after piece until the other side goes away, without a stated length."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while not closed.wait(pause):
                handler.wfile.write(piece)
                handler.wfile.flush()

    return reply


@dataclass
class Source:
    """What the server answers by path (the last reply repeats), and what it was asked."""

    url: str
    port: int
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def script(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextlib.contextmanager
def serving(wrap: Callable[[Any], Any] | None = None) -> Iterator[Source]:
    """A server on a free port of 127.0.0.1; `wrap` may put TLS around its socket."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.append((self.path, dict(self.headers)))
            replies = source.replies.get(self.path, [send(404)])
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
            with contextlib.suppress(OSError):
                reply(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    if wrap:
        server.socket = wrap(server.socket)
    source = Source(f"http://127.0.0.1:{port}", port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield source
    finally:
        source.closed.set()
        server.shutdown()
        server.server_close()
        thread.join()


def make_endpoint(source: Source, folder: str = "", **extra: Any) -> Endpoint:
    settings = {"allow_private": True, "timeout_seconds": 5, "retries": 1, "max_backoff_seconds": 0} | extra
    return Endpoint.from_parts("http", host=source.url + folder, extra=settings, connection_id="prueba_http")


DATA = b"valor\n" + b"1\n" * 50_000


def get(endpoint: Endpoint, path: str, folder: Path, **options: Any) -> http.Answer:
    """What `http.fetch` answers for a path of the institution; the file is `taken` in the folder."""
    options = {"what": "prueba/datos: file x", "max_bytes": 10_000_000} | options
    return http.fetch(endpoint, endpoint.base_url + path, folder / "taken", **options)


CONTRACT: dict[str, Any] = {
    "apertura": 1,
    "institution": "prueba",
    "name": "datos",
    "schemaVersion": 1,
    "title": "Datos de prueba",
    "description": "Un conjunto de datos inventado, que solo existe dentro de las pruebas del proyecto.",
    "keyword": ["prueba"],
    "theme": "GOVE",
    "accrualPeriodicity": "monthly",
    "landingPage": "https://prueba.example/",
    "legal_duty": "Decreto 57-2008, artículo 10",
    "release": {
        "decided_by": "Pruebas",
        "legal_basis": {"basis": "oficio-art10-1", "reason": "prueba"},
        "date": "2026-01-01",
        "review": "2027-01-01",
        "licence": "sin licencia declarada",
    },
    "source": {"kind": "http", "connection": "prueba_http", "files": ["datos.csv"]},
    "reader": {"format": "delimited"},
    "resources": [
        {
            "name": "datos",
            "title": "Datos",
            "description": "Una fila por dato.",
            "fields": [
                {
                    "name": "valor",
                    "source": "valor",
                    "title": "Valor",
                    "description": "Un valor.",
                    "access": "publica",
                    "personal": "none",
                    "treatment": "keep",
                }
            ],
        }
    ],
}

INSTITUTION = {
    "name": "prueba",
    "title": "Institución de prueba",
    "homepage": "https://prueba.example/",
    "information_unit": {"name": "Unidad"},
    "owner": "pruebas",
    "schedule": "0 6 * * *",
}
