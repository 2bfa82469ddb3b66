"""The simulated HTTP institutions: what lies in the folder is served, conditionally and byte for byte."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

from apertura.errors import SettingsError
from apertura_demo import minfin
from apertura_demo.canary import default_canaries, plain_letters
from apertura_demo.server import CKAN_PACKAGES, canary_headers, make_server, prepare_institutions


@contextmanager
def running(folder: Path, **options: object) -> Iterator[http.client.HTTPConnection]:
    with make_server(folder, **options) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)  # type: ignore[arg-type]
        try:
            yield connection
        finally:
            connection.close()
            server.shutdown()
            thread.join()


def get(
    connection: http.client.HTTPConnection,
    path: str,
    headers: dict[str, str] | None = None,
    method: str = "GET",
) -> tuple[int, dict[str, str], bytes]:
    connection.request(method, path, headers=headers or {})
    response = connection.getresponse()
    return response.status, dict(response.getheaders()), response.read()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instituciones")
    prepare_institutions(folder, None)
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A folder of institutions that the test may spoil."""
    return Path(shutil.copytree(prepared, tmp_path / "instituciones"))


def test_preparing_makes_three_institutions_and_a_second_time_changes_nothing(folder: Path) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        return {
            path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in folder.rglob("*")
            if path.is_file()
        }

    before = state()
    assert len([name for name in before if name.startswith("mineduc/") and name.endswith(".xls")]) == 23
    assert len([name for name in before if re.match(r"sat/web_imp_\d{8}\.txt$", name)]) == 2
    assert "oj/oj.sqlite" in before
    prepare_institutions(folder, None)
    assert state() == before


def test_the_ministry_of_finance_answers_as_a_ckan_portal_does(prepared: Path) -> None:
    show = "/minfin/api/action/package_show?id="
    with running(prepared) as connection:
        status, headers, answer = get(connection, show + CKAN_PACKAGES["minfin"])
        told = json.loads(answer)
        assert (status, headers["Content-Type"], told["success"]) == (200, "application/json", True)
        [resource] = told["result"]["resources"]
        assert (resource["name"], resource["format"]) == (minfin.NAME, "XLSX")
        address = urlsplit(resource["url"])
        assert get(connection, address.path)[2] == (prepared / "minfin" / minfin.NAME).read_bytes()
        status, _, answer = get(connection, show + "otro")
        assert (status, json.loads(answer)["success"]) == (404, False)
        assert get(connection, show.replace("minfin", "sat"))[0] == 404


@pytest.mark.slow
def test_real_extracts_are_served_byte_for_byte(tmp_path: Path) -> None:
    real = tmp_path / "real"
    for name, content in (("sat/web_imp_01012020.txt", b"a|b\n1|2\n"), ("mineduc/PETEN.xls", b"<table>\xf1")):
        (real / name).parent.mkdir(parents=True)
        (real / name).write_bytes(content)
        (real / name).chmod(0o444)
    prepare_institutions(tmp_path / "demo", real)
    assert [path.name for path in (tmp_path / "demo" / "mineduc").glob("*.xls")] == ["PETEN.xls"]
    with running(tmp_path / "demo") as connection:
        assert get(connection, "/sat/web_imp_01012020.txt")[2] == b"a|b\n1|2\n"
        assert get(connection, "/mineduc/PETEN.xls")[2] == b"<table>\xf1"
    (tmp_path / "demo" / "sat" / "web_imp_01012020.txt").write_bytes(b"a user may edit the copy")


def test_a_folder_is_never_half_real_and_half_generated(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "sat").mkdir(parents=True)
    (real / "sat" / "web_imp_01012020.txt").write_bytes(b"a|b\n")
    with pytest.raises(SettingsError, match="sat"):
        prepare_institutions(folder, real)
    assert not (folder / "sat" / "web_imp_01012020.txt").exists()


def test_the_index_links_every_file(folder: Path) -> None:
    with running(folder) as connection:
        status, headers, page = get(connection, "/sat/")
        assert status == 200
        assert headers["Content-Type"].startswith("text/html")
        links = [unquote(link) for link in re.findall(r'href="([^"]+)"', page.decode())]
        assert links == sorted(path.name for path in (folder / "sat").glob("*.txt"))
        for link in links:
            assert get(connection, f"/sat/{quote(link)}")[0] == 200


def test_names_with_blanks_and_content_types(folder: Path) -> None:
    with running(folder) as connection:
        status, headers, content = get(connection, "/mineduc/ALTA%20VERAPAZ.xls")
        assert (status, headers["Content-Type"]) == (200, "application/vnd.ms-excel")
        assert content == (folder / "mineduc" / "ALTA VERAPAZ.xls").read_bytes()
        status, headers, content = get(connection, "/sat/web_imp_10082026.txt", method="HEAD")
        assert (status, headers["Content-Type"], content) == (200, "text/plain", b"")
        assert int(headers["Content-Length"]) == (folder / "sat" / "web_imp_10082026.txt").stat().st_size


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_an_unchanged_file_is_not_sent_again_and_a_changed_one_is(folder: Path, validator: str) -> None:
    path = folder / "sat" / "web_imp_10082026.txt"
    with running(folder) as connection:
        _, headers, content = get(connection, f"/sat/{path.name}")
        known = (
            {"If-None-Match": headers["ETag"]}
            if validator == "etag"
            else {"If-Modified-Since": headers["Last-Modified"]}
        )
        status, _, body = get(connection, f"/sat/{path.name}", known)
        assert (status, body) == (304, b"")
        path.write_bytes(content.replace(b"QUETZAL", b"QUETZAI", 1))
        os.utime(path, (path.stat().st_mtime + 10, path.stat().st_mtime + 10))
        status, headers_after, body = get(connection, f"/sat/{path.name}", known)
        assert (status, body) == (200, path.read_bytes())
        assert headers_after["ETag"] != headers["ETag"]


def test_an_etag_that_differs_outweighs_the_date(folder: Path) -> None:
    with running(folder) as connection:
        _, headers, _ = get(connection, "/mineduc/PETEN.xls")
        asked = {"If-None-Match": '"other"', "If-Modified-Since": headers["Last-Modified"]}
        assert get(connection, "/mineduc/PETEN.xls", asked)[0] == 200
        assert get(connection, "/mineduc/PETEN.xls", {"If-Modified-Since": "nonsense"})[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/oj/oj.sqlite",
        "/sat/../oj/oj.sqlite",
        "/sat/..%2Foj%2Foj.sqlite",
        "/sat/.origen",
        "/sat/x",
        "/etc/passwd",
    ],
)
def test_nothing_else_is_served(folder: Path, path: str) -> None:
    with running(folder) as connection:
        assert get(connection, path)[0] == 404


@pytest.mark.slow
def test_planted_institutions_name_their_official_in_headers_and_links(tmp_path: Path) -> None:
    people = default_canaries()
    prepare_institutions(tmp_path, None, canaries=people)
    with running(tmp_path, extra_headers=canary_headers(people)) as connection:
        _, headers, page = get(connection, "/sat/")
        assert (
            headers["X-Responsable"].split()[-1]
            in plain_letters(people.of("funcionario").person.name).upper()
        )
        assert people.of("funcionario").person.cui in page.decode()
        link = next(link for link in re.findall(r'href="([^"]+)"', page.decode()) if "Padron" in link)
        assert get(connection, f"/sat/{link}")[0] == 200
