"""The demonstration institutions that answer over HTTP, and the folder they answer from.

`python -m apertura_demo.server --folder F --port P` serves `/<institution>/` (an index page that links the
files) and `/<institution>/<file>`, with ETag, Last-Modified and 304. What lies in the folder is what is
served, at once: edit a file and the next run finds it changed. An institution whose portal is a CKAN answers
`/<institution>/api/action/package_show?id=<package>`, too.
"""

from __future__ import annotations

import argparse
import email.utils
import hashlib
import html
import http.server
import json
import os
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from apertura.errors import SettingsError
from apertura_demo import (
    banguat,
    guatecompras,
    ine,
    insivumeh,
    justicia,
    mineduc,
    minfin,
    mspas,
    oj,
    sat,
    segeplan,
)
from apertura_demo.canary import Canaries, default_canaries, encodings
from apertura_demo.files import write_once

HTTP_INSTITUTIONS = {
    "sat": sat.write,
    "mineduc": mineduc.write,
    "minfin": minfin.write,
    "segeplan": segeplan.write,
    "banguat": banguat.write,
    "insivumeh": insivumeh.write,
    "mspas": mspas.write,
    "ine": ine.write,
    "guatecompras": guatecompras.write,
    "justicia": justicia.write,
}
"""Institution -> what makes its files where there are no real ones."""
REAL_FOLDERS = {"ine": ("ine_transito", "ine_vitales")}
"""Institution -> its folders among the real extracts, where they are not one of its own name."""
CKAN_PACKAGES = {"minfin": "ejecucion-presupuestaria-de-ingresos-municipales"}
"""Institution -> the package of its CKAN portal that lists its files."""
_PACKAGE_SHOW = ["api", "action", "package_show"]
CONTENT_TYPES = {
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".json": "application/json",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".sav": "application/x-spss-sav",
    ".zip": "application/zip",
}
_ORIGIN = ".origen"


def prepare_institutions(folder: Path, extracts: Path | None, *, canaries: Canaries | None = None) -> None:
    """Make `folder`: one of each institution (real files when `extracts` holds them, else generated).

    What is there already is never written again, so that a file edited by hand stays edited. A folder
    made of generated files does not become one of real files, or the reverse: SettingsError.
    """
    for name, generate in HTTP_INSTITUTIONS.items():
        target = folder / name
        real = _real_files(name, extracts)
        _remember_origin(target, "real" if real else "generated")
        if not real:
            generate(target, canaries=canaries)
            continue
        for path in real:
            if path.is_file() and not (target / path.name).exists():
                write_once(target / path.name, path.read_bytes())
        if name == "guatecompras":
            guatecompras.write_index(target)  # real files come without the index that lists them
    if canaries:
        # A file that no contract asks for, named after a person, among the links of the index.
        official = canaries.of("funcionario").person
        write_once(folder / "sat" / f"Padron {official.name} {official.cui}.txt", official.name.encode())
    oj.write(folder / "oj", canaries=canaries)


def _real_files(name: str, extracts: Path | None) -> list[Path]:
    """What is in the institution's real folders; nothing where one of them is not there."""
    folders = [extracts / folder for folder in REAL_FOLDERS.get(name, (name,))] if extracts else []
    if not all(folder.is_dir() for folder in folders):
        return []
    return [path for folder in folders for path in sorted(folder.iterdir())]


def _remember_origin(target: Path, origin: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    note = target / _ORIGIN
    if not note.exists():
        note.write_text(origin + "\n")
    elif note.read_text().strip() != origin:
        raise SettingsError(
            f"the demonstration institution {target.name} was made of {note.read_text().strip()} files, "
            f"now {origin} ones are asked for",
            hint="run `make clean`, or use another state folder, or set or unset APERTURA_EXTRACTS as before",
        )


class InstitutionServer(http.server.ThreadingHTTPServer):
    """Serves one folder of institutions; `extra_headers` go with every answer."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], folder: Path, extra_headers: Mapping[str, str]) -> None:
        super().__init__(address, _Handler)
        self.folder = folder.resolve()
        self.extra_headers = dict(extra_headers)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: InstitutionServer
    protocol_version = "HTTP/1.1"
    server_version = "InstitucionDemo"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:
        """No log: a path may hold what a source should not have put there."""

    def _answer(self, *, body: bool) -> None:
        asked = urlsplit(self.path)
        parts = unquote(asked.path).split("/")[1:]
        if parts[0] in CKAN_PACKAGES and parts[1:] == _PACKAGE_SHOW:
            self._show_package(parts[0], parse_qs(asked.query).get("id", [""])[0], body)
            return
        if len(parts) != 2 or parts[0] not in HTTP_INSTITUTIONS:
            self._send(HTTPStatus.NOT_FOUND, {}, b"", body)
            return
        names = self._files(parts[0])
        if parts[1] == "":
            page = _index(parts[0], sorted(names))
            self._send(HTTPStatus.OK, {"Content-Type": "text/html; charset=utf-8"}, page, body)
        elif parts[1] in names:
            self._send_file(names[parts[1]], body)
        else:
            self._send(HTTPStatus.NOT_FOUND, {}, b"", body)

    def _files(self, institution: str) -> dict[str, Path]:
        folder = self.server.folder / institution
        return {path.name: path for path in folder.iterdir() if path.is_file() and path.name[0] != "."}

    def _show_package(self, institution: str, package: str, body: bool) -> None:
        """What CKAN answers to package_show: the resources' names, formats and whole addresses."""
        known = package == CKAN_PACKAGES[institution]
        root = f"http://{self.headers.get('Host', '')}/{institution}/"
        resources = [
            {
                "id": hashlib.sha256(name.encode()).hexdigest()[:32],
                "name": name,
                "format": path.suffix[1:].upper(),
                "url": root + quote(name),
                "datastore_active": False,
            }
            for name, path in sorted(self._files(institution).items())
        ]
        result = {"name": package, "resources": resources}
        answer = {
            "success": known,
            **({"result": result} if known else {"error": {"__type": "Not Found Error"}}),
        }
        status = HTTPStatus.OK if known else HTTPStatus.NOT_FOUND
        self._send(status, {"Content-Type": "application/json"}, json.dumps(answer).encode(), body)

    def _send_file(self, path: Path, body: bool) -> None:
        content = path.read_bytes()
        modified = int(path.stat().st_mtime)
        headers = {
            "Content-Type": CONTENT_TYPES.get(path.suffix, "application/octet-stream"),
            "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
            "Last-Modified": email.utils.formatdate(modified, usegmt=True),
        }
        fresh = self._still_has(headers["ETag"], modified)
        self._send(HTTPStatus.NOT_MODIFIED if fresh else HTTPStatus.OK, headers, content, body)

    def _still_has(self, etag: str, modified: int) -> bool:
        """RFC 9110, 13.2.2: If-Modified-Since counts only without If-None-Match."""
        if (known := self.headers.get("If-None-Match")) is not None:
            tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
            return etag in tags or "*" in tags
        since = self.headers.get("If-Modified-Since")
        try:
            return since is not None and modified <= email.utils.parsedate_to_datetime(since).timestamp()
        except ValueError:
            return False

    def _send(self, status: HTTPStatus, headers: Mapping[str, str], content: bytes, body: bool) -> None:
        self.send_response(status)
        for name, value in {**headers, **self.server.extra_headers}.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body and status is not HTTPStatus.NOT_MODIFIED:
            self.wfile.write(content)


def _index(institution: str, names: list[str]) -> bytes:
    links = "\n".join(f'<li><a href="{quote(name)}">{html.escape(name)}</a></li>' for name in names)
    return (
        f'<!doctype html>\n<html lang="es"><head><meta charset="utf-8"><title>{institution}</title></head>\n'
        f"<body><h1>Archivos de {institution} (demostración)</h1>\n<ul>\n{links}\n</ul></body></html>\n"
    ).encode()


def canary_headers(canaries: Canaries) -> dict[str, str]:
    """Response headers that name a fake official, in the ways a header can hold."""
    ways = encodings(canaries.of("funcionario").person.name)
    return {
        "X-Responsable": ways["no-accents"],
        "X-Responsable-Base64": ways["base64"],
        "Content-Disposition": f"attachment; filename*=UTF-8''{ways['url']}",
    }


def make_server(
    folder: Path, *, host: str = "127.0.0.1", port: int = 0, extra_headers: Mapping[str, str] | None = None
) -> InstitutionServer:
    """A server that is bound and not yet serving; port 0 takes a free one (`server_address`)."""
    return InstitutionServer((host, port), folder, extra_headers or {})


def serve(folder: Path, *, host: str = "127.0.0.1", port: int = 0, canaries: Canaries | None = None) -> None:
    """Serve until interrupted; prints the address once it listens."""
    headers = canary_headers(canaries) if canaries else None
    with make_server(folder, host=host, port=port, extra_headers=headers) as server:
        print(f"http://{server.server_address[0]!s}:{server.server_address[1]}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m apertura_demo.server", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port and prints it")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--canaries", action="store_true", help="plant the fake people of apertura_demo.canary"
    )
    options = parser.parse_args(arguments)
    extracts = os.environ.get("APERTURA_EXTRACTS")
    canaries = default_canaries() if options.canaries else None
    prepare_institutions(options.folder, Path(extracts) if extracts else None, canaries=canaries)
    serve(options.folder, host=options.host, port=options.port, canaries=canaries)
    return 0


if __name__ == "__main__":
    sys.exit(main())
