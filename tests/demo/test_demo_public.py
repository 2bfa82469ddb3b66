"""The public bucket over HTTP: whole files, parts of them, lists in Spanish, and nothing outside."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apertura_demo.public import make_server, requested_range

VERSION = "datos/sat/importacion-vehiculos/versiones/20260131T000000Z-abcdef01"
CONTENT = bytes(range(256)) * 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "public"
    (root / VERSION).mkdir(parents=True)
    (root / VERSION / "importacion-vehiculos.parquet").write_bytes(CONTENT)
    (root / VERSION / "SHA256SUMS").write_text("x")
    (root / VERSION.rsplit("/", 2)[0] / "latest.json").write_text("{}")
    (root / "empty.csv").write_bytes(b"")
    (root / "<b>ñ & x.csv").write_text("a")
    (root / ".tmp").mkdir()
    (root / ".tmp" / "half").write_text("half")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "away").symlink_to(tmp_path)
    return root


@pytest.fixture
def connection(folder: Path) -> Iterator[http.client.HTTPConnection]:
    with make_server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        yield client
        client.close()
        server.shutdown()
        thread.join()


def ask(
    client: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    client.putrequest(method, path, skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        client.putheader(name, value)
    client.endheaders()
    response = client.getresponse()
    return response.status, dict(response.getheaders()), response.read()


PARQUET = f"/{VERSION}/importacion-vehiculos.parquet"


def test_a_whole_file(connection: http.client.HTTPConnection) -> None:
    status, headers, body = ask(connection, PARQUET)
    assert (status, body) == (200, CONTENT)
    assert headers["Content-Type"] == "application/vnd.apache.parquet"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_a_head_has_the_headers_and_no_body(connection: http.client.HTTPConnection) -> None:
    status, headers, body = ask(connection, PARQUET, method="HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(CONTENT)), b"")
    assert ask(connection, PARQUET)[2] == CONTENT, "the connection is still in step"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-3", 0, 3),
        ("bytes=100-", 100, 2559),
        ("bytes=-8", 2552, 2559),
        ("bytes=2550-9999", 2550, 2559),
    ],
)
def test_a_range(connection: http.client.HTTPConnection, asked: str, first: int, last: int) -> None:
    status, headers, body = ask(connection, PARQUET, {"Range": asked})
    assert status == 206
    assert headers["Content-Range"] == f"bytes {first}-{last}/2560"
    assert body == CONTENT[first : last + 1]
    assert headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=2560-", "bytes=9999-10000", "bytes=-0"])
def test_a_range_past_the_end(connection: http.client.HTTPConnection, asked: str) -> None:
    status, headers, body = ask(connection, PARQUET, {"Range": asked})
    assert (status, headers["Content-Range"], body) == (416, "bytes */2560", b"")


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "lines=0-3", "bytes=", "bytes=-", "bytes=0-1,4-5", "bytes=a-b"]
)
def test_a_range_that_means_nothing_gives_the_whole(
    connection: http.client.HTTPConnection, asked: str
) -> None:
    assert ask(connection, PARQUET, {"Range": asked})[::2] == (200, CONTENT)


def test_an_empty_file(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "/empty.csv")[::2] == (200, b"")
    assert ask(connection, "/empty.csv", {"Range": "bytes=0-"})[0] == 416


def test_a_part_is_sent_only_of_the_file_that_the_client_holds(
    connection: http.client.HTTPConnection, folder: Path
) -> None:
    etag = ask(connection, PARQUET)[1]["ETag"]
    asked = {"Range": "bytes=0-3", "If-Range": etag}
    assert ask(connection, PARQUET, asked)[0] == 206
    path = folder / PARQUET[1:]
    fresh = path.with_name("fresh")
    fresh.write_bytes(CONTENT[::-1])
    fresh.replace(path)
    assert ask(connection, PARQUET, asked)[::2] == (200, CONTENT[::-1])


def test_an_unchanged_file_is_not_sent_again(connection: http.client.HTTPConnection) -> None:
    etag = ask(connection, PARQUET)[1]["ETag"]
    assert ask(connection, PARQUET, {"If-None-Match": f'"x", {etag}'})[::2] == (304, b"")
    assert ask(connection, PARQUET, {"If-None-Match": '"x"'})[0] == 200


def test_versions_are_immutable_and_nothing_else_is(connection: http.client.HTTPConnection) -> None:
    assert "immutable" in ask(connection, PARQUET)[1]["Cache-Control"]
    assert ask(connection, "/datos/sat/importacion-vehiculos/latest.json")[1]["Cache-Control"] == "no-cache"
    assert ask(connection, f"/{VERSION}/SHA256SUMS")[1]["Content-Type"] == "text/plain; charset=utf-8"


def test_scripts_of_other_sites_may_ask_for_ranges(connection: http.client.HTTPConnection) -> None:
    status, headers, _ = ask(connection, PARQUET, {"Origin": "https://x"}, method="OPTIONS")
    assert status == 204
    assert "Range" in headers["Access-Control-Allow-Headers"]
    assert "GET" in headers["Access-Control-Allow-Methods"]
    assert "Content-Range" in ask(connection, PARQUET)[1]["Access-Control-Expose-Headers"]


def test_a_folder_is_a_list_in_spanish_without_what_is_hidden(connection: http.client.HTTPConnection) -> None:
    status, headers, page = ask(connection, "/")
    text = page.decode()
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert '<html lang="es-GT">' in text
    assert "Datos abiertos" in text
    assert "&lt;b&gt;ñ &amp; x.csv" in text
    assert "<b>" not in text
    assert ".tmp" not in text
    assert ask(connection, "/%3Cb%3E%C3%B1%20%26%20x.csv")[2] == b"a"


def test_a_folder_without_its_slash_leads_to_itself(connection: http.client.HTTPConnection) -> None:
    status, headers, _ = ask(connection, "/datos/sat")
    assert (status, headers["Location"]) == (301, "/datos/sat/")
    assert ask(connection, "/datos/sat/")[0] == 200


def test_a_redirect_never_leads_to_another_host(connection: http.client.HTTPConnection) -> None:
    _, headers, _ = ask(connection, "//datos/sat")
    assert headers.get("Location", "/").startswith("/datos")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/%2e%2e/secret.txt", "/datos/..%2f..%2fsecret.txt", "/.tmp/half", "/.tmp/",
        "/%2etmp/half", "/out.txt", "/away/", "/away/secret.txt", "/nothing", "/%00",
        "/%ff", "/a%0d%0ab", "/..%5csecret.txt",
        "/empty.csv/", "/" + "a" * 5000,
    ],
)  # fmt: skip
def test_nothing_hidden_and_nothing_outside(connection: http.client.HTTPConnection, path: str) -> None:
    status, _, body = ask(connection, path)
    assert status == 404
    assert b"secret" not in body


def test_nothing_can_be_written(connection: http.client.HTTPConnection, folder: Path) -> None:
    for method in ("PUT", "POST", "DELETE"):
        assert ask(connection, "/empty.csv", method=method)[0] == 501
        connection.close()
    assert (folder / "empty.csv").read_bytes() == b""


@given(header=st.text(max_size=40), size=st.integers(0, 100))
def test_any_header_gives_a_range_inside_the_file_or_none(header: str, size: int) -> None:
    span = requested_range(header, size)
    assert span is None or span == (size, -1) or 0 <= span[0] <= span[1] < size


@given(first=st.integers(0, 120), last=st.integers(0, 120), size=st.integers(1, 100))
def test_a_range_in_order_is_cut_to_the_file(first: int, last: int, size: int) -> None:
    span = requested_range(f"bytes={first}-{last}", size)
    if last < first:
        assert span is None
    elif first >= size:
        assert span == (size, -1)
    else:
        assert span == (first, min(last, size - 1))


SITE = {
    "index.html": b"<p>inicio</p>",
    "404.html": b"<p>no esta</p>",
    "recursos/motor.0a1b2c3d.wasm": b"\0asm",
    "recursos/sitio.0a1b2c3d.js": b"1",
    "graficos/sat/x/a.0a1b2c3d.svg": b"<svg/>",
    "buscar/indice-0a1b2c3d/pagefind-entry.json": b"{}",
    "buscar/indice-0a1b2c3d/index/es_1.pf_index": b"x",
    "catalogo/dcat-ap.ttl": b"",
    "catalogo/dcat-ap.jsonld": b"{}",
    "noticias.xml": b"<feed/>",
}


@pytest.fixture
def site(folder: Path) -> Path:
    for key, data in SITE.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(data)
    return folder


def test_a_folder_with_a_page_is_its_page(site: Path, connection: http.client.HTTPConnection) -> None:
    status, headers, body = ask(connection, "/")
    assert (status, body) == (200, SITE["index.html"])
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Datos abiertos" in ask(connection, "/datos/")[2].decode(), "the data stay a list"


def test_what_is_not_there_is_the_sites_own_page(site: Path, connection: http.client.HTTPConnection) -> None:
    status, _, body = ask(connection, "/conjuntos/nada/")
    assert (status, body) == (404, SITE["404.html"])


@pytest.mark.parametrize(
    ("path", "kind", "lasting"),
    [
        ("/recursos/motor.0a1b2c3d.wasm", "application/wasm", True),
        ("/recursos/sitio.0a1b2c3d.js", "text/javascript; charset=utf-8", True),
        ("/graficos/sat/x/a.0a1b2c3d.svg", "image/svg+xml", True),
        ("/buscar/indice-0a1b2c3d/index/es_1.pf_index", "application/octet-stream", True),
        ("/buscar/indice-0a1b2c3d/pagefind-entry.json", "application/json", False),
        ("/catalogo/dcat-ap.ttl", "text/turtle; charset=utf-8", False),
        ("/catalogo/dcat-ap.jsonld", "application/ld+json", False),
        ("/noticias.xml", "application/xml", False),
        ("/", "text/html; charset=utf-8", False),
    ],
)
def test_types_and_how_long_things_last(
    site: Path, connection: http.client.HTTPConnection, path: str, kind: str, lasting: bool
) -> None:
    status, headers, _ = ask(connection, path)
    assert (status, headers["Content-Type"], "immutable" in headers["Cache-Control"]) == (200, kind, lasting)


def test_a_picture_opened_by_itself_runs_nothing(site: Path, connection: http.client.HTTPConnection) -> None:
    headers = ask(connection, "/graficos/sat/x/a.0a1b2c3d.svg")[1]
    assert "sandbox" in headers["Content-Security-Policy"]
