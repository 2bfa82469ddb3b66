"""The public bucket over HTTP for `make up`: files with byte ranges, folders as a page or a list in Spanish.

`python -m apertura_demo.public --folder F --port P`. In production the bucket itself, or a web server in
front of it, does this.
"""

from __future__ import annotations

import argparse
import email.utils
import html
import http.server
import os
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from apertura.storage import IMMUTABLE
from apertura.storage.keys import content_type

_RANGE = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")
_BLOCK = 1 << 18
_PAGE = "frame-ancestors 'none'; object-src 'none'"
"""What a page's own policy cannot say of itself."""
_LISTING = "default-src 'none'; style-src 'unsafe-inline'"
_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture that somebody opens by itself is no page."""


class PublicServer(http.server.ThreadingHTTPServer):
    """Serves one folder, read-only."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], folder: Path) -> None:
        super().__init__(address, _Handler)
        self.folder = folder.resolve()


def find(folder: Path, url_path: str) -> Path | None:
    """The file or folder that a URL's path names; None when it is none, hidden, or outside of `folder`.

    Symbolic links are not followed out: what a path resolves to must lie in the folder.
    """
    segments = [segment for segment in unquote(url_path, errors="strict").split("/") if segment]
    if any(segment.startswith(".") or "\\" in segment or not segment.isprintable() for segment in segments):
        return None
    path = folder.joinpath(*segments).resolve()
    if not path.is_relative_to(folder) or not (path.is_file() or path.is_dir()):
        return None
    return None if path.is_file() and url_path.endswith("/") else path


def requested_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte that a Range header asks for; None when it asks for the whole, or in several parts.

    A range that cannot be satisfied is answered as (size, -1). RFC 9110, 14.1.2.
    """
    match = _RANGE.match(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        return (size, -1) if int(last) == 0 or size == 0 else (max(0, size - int(last)), size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        return size, -1
    return int(first), min(int(last), size - 1) if last else size - 1


class _Handler(http.server.BaseHTTPRequestHandler):
    server: PublicServer
    protocol_version = "HTTP/1.1"
    server_version = "Apertura"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_OPTIONS(self) -> None:
        self._head(HTTPStatus.NO_CONTENT, {"Access-Control-Max-Age": "86400"})

    def log_message(self, format: str, *args: object) -> None:
        """No log: who downloads what is nobody's business."""

    def _answer(self, *, body: bool) -> None:
        url_path = urlsplit(self.path).path
        try:
            path = find(self.server.folder, url_path)
        except (UnicodeDecodeError, ValueError, OSError):
            path = None
        if path is None:
            self._not_found(body)
        elif path.is_file():
            with path.open("rb") as file:
                self._file(path, file, body)
        elif not url_path.endswith("/"):
            # From the folder itself, never from the request: `//host` would lead elsewhere.
            inside = path.relative_to(self.server.folder).as_posix()
            self._head(
                HTTPStatus.MOVED_PERMANENTLY, {"Location": f"/{quote(inside)}/", "Content-Length": "0"}
            )
        elif (path / "index.html").is_file():
            with (path / "index.html").open("rb") as file:
                self._file(path / "index.html", file, body)
        else:
            self._page(HTTPStatus.OK, listing(self.server.folder, path), body)

    def _not_found(self, body: bool) -> None:
        own = self.server.folder / "404.html"
        if own.is_file():
            document, policy = own.read_bytes(), _PAGE
        else:
            document = _document("No encontrado", "<p>No hay nada en esta dirección.</p>")
            policy = _LISTING
        self._page(HTTPStatus.NOT_FOUND, document, body, policy)

    def _file(self, path: Path, file: BinaryIO, body: bool) -> None:
        inside = path.relative_to(self.server.folder)
        stat = os.fstat(file.fileno())
        size = stat.st_size
        etag = f'"{stat.st_mtime_ns:x}-{size:x}-{stat.st_ino:x}"'
        modified = email.utils.formatdate(int(stat.st_mtime), usegmt=True)
        headers = {
            "Content-Type": content_type(inside.as_posix()),
            "ETag": etag,
            "Last-Modified": modified,
            "Accept-Ranges": "bytes",
            "Cache-Control": IMMUTABLE if _lasting(inside.parts) else "no-cache",
        }
        policy = {".html": _PAGE, ".svg": _PICTURE}.get(inside.suffix)
        if policy:
            headers["Content-Security-Policy"] = policy
        known = self.headers.get("If-None-Match")
        if known is not None and (
            known.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]
        ):
            self._head(HTTPStatus.NOT_MODIFIED, headers)
            return
        # If-Range: a part only of the file that the client already holds, else the whole (RFC 9110, 13.1.5).
        same = self.headers.get("If-Range") in (None, etag, modified)
        span = requested_range(self.headers.get("Range"), size) if same else None
        if span is None:
            self._head(HTTPStatus.OK, {**headers, "Content-Length": str(size)})
            span = (0, size - 1)
        elif span[1] < span[0]:
            self._head(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                {"Content-Range": f"bytes */{size}", "Content-Length": "0"},
            )
            return
        else:
            first, last = span
            self._head(
                HTTPStatus.PARTIAL_CONTENT,
                {
                    **headers,
                    "Content-Length": str(last - first + 1),
                    "Content-Range": f"bytes {first}-{last}/{size}",
                },
            )
        if body:
            self._copy(file, *span)

    def _copy(self, file: BinaryIO, first: int, last: int) -> None:
        file.seek(first)
        left = last - first + 1
        try:
            while left > 0 and (block := file.read(min(_BLOCK, left))):
                self.wfile.write(block)
                left -= len(block)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _page(self, status: HTTPStatus, document: bytes, body: bool, policy: str = "") -> None:
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(document)),
            "Cache-Control": "no-cache",
            "Content-Security-Policy": policy or _LISTING,
        }
        self._head(status, headers)
        if body:
            self.wfile.write(document)

    def _head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        common = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match",
            "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
        for name, value in {**headers, **common}.items():
            self.send_header(name, value)
        self.end_headers()


def _lasting(parts: tuple[str, ...]) -> bool:
    """Whether an object never changes: its name holds a version or the hash of its content."""
    if parts[0] in ("recursos", "graficos", "imagenes", "descargas"):
        return True
    if parts[0] == "buscar":
        return len(parts) > 2 and parts[-1] != "pagefind-entry.json"
    return len(parts) > 5 and parts[3] == "versiones"


def listing(root: Path, folder: Path) -> bytes:
    """A folder as a page in Spanish; hidden files are not in it."""
    inside = folder.relative_to(root).as_posix()
    rows = [] if folder == root else ['<tr><td><a href="../">Subir un nivel</a></td><td></td></tr>']
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_file(), path.name)):
        if path.name.startswith("."):
            continue
        name = path.name + ("/" if path.is_dir() else "")
        size = f"{path.stat().st_size:,} bytes" if path.is_file() else ""
        rows.append(f'<tr><td><a href="{quote(name)}">{html.escape(name)}</a></td><td>{size}</td></tr>')
    title = "Datos abiertos" if folder == root else f"Datos abiertos: {inside}"
    empty = "" if rows else "<p>Todavía no hay datos publicados.</p>"
    return _document(title, f"<table>{''.join(rows)}</table>{empty}")


def _document(title: str, body: str) -> bytes:
    return (
        f'<!doctype html>\n<html lang="es-GT"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><style>body{font-family:sans-serif;margin:2rem}'
        f"td{{padding:.2rem 1rem .2rem 0}}</style></head>\n"
        f"<body><h1>{html.escape(title)}</h1>{body}</body></html>\n"
    ).encode()


def make_server(folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> PublicServer:
    """A server that is bound and not yet serving; port 0 takes a free one (`server_address`)."""
    return PublicServer((host, port), folder)


def main(arguments: list[str] | None = None) -> int:
    """Command line: serve on 127.0.0.1 until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m apertura_demo.public", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    with make_server(options.folder, port=options.port) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
