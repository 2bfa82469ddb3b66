"""A CKAN portal: resources by name or format, datastore tables page by page, every question checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ckan_portal import SHOW, TABLE, datastore, resource, script_pages, show
from pydantic import ValidationError
from scripted import Source, drip, make_endpoint, send, serving, unless_same

from apertura.contract import Dataset
from apertura.contract.intake import CkanSource
from apertura.errors import AperturaError, SourceError, SourceUnavailableError
from apertura.runs.context import Context
from apertura.runs.due import due
from apertura.runs.work import get_document
from apertura.sources.ckan import datastore_csv
from apertura.sources.endpoint import Endpoint
from apertura.sources.extract import extract, offered

MakeContext = Callable[..., Context]
A, B = b"valor\n1\n", b"valor\n2\n"


def ckan(**changes: Any) -> dict[str, Any]:
    source = {"kind": "ckan", "connection": "prueba_http", "package": "gastos"}
    return {"source": source | (changes or {"resource_format": "csv"})}


@pytest.fixture
def portal(source: Source) -> Source:
    """Three resources: two CSV files and their documentation."""
    listed = [resource(f"Gasto 202{n}", f"{source.url}/archivos/202{n}.csv") for n in (0, 1)]
    source.script(SHOW, send(200, show(*listed, resource("Diccionario", f"{source.url}/d.pdf", "PDF"))))
    source.script("/archivos/2020.csv", unless_same('"a"', A))
    source.script("/archivos/2021.csv", unless_same('"b"', B))
    return source


def test_resources_are_taken_by_their_format(
    portal: Source, endpoint: Endpoint, make_dataset: Callable[..., Dataset], make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**ckan()))
    assert offered(ctx, endpoint) == ["_"]
    assert extract(ctx, "_", endpoint).counts == {"files": 2, "bytes": len(A + B), "not_modified": 0}
    names = [file["name"] for file in get_document(ctx, "extract", "_")["files"]]
    assert names == ["Gasto 2020", "Gasto 2021"]
    assert "/d.pdf" not in portal.paths()
    assert extract(ctx, "_", endpoint).counts["not_modified"] == 2


def test_resources_are_taken_by_their_name(
    portal: Source, endpoint: Endpoint, make_dataset: Callable[..., Dataset], make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**ckan(resource="Gasto .*1")))
    assert extract(ctx, "_", endpoint).counts == {"files": 1, "bytes": len(B), "not_modified": 0}


PARTED: dict[str, Any] = ckan(resource_format="CSV") | {
    "partitions": {"by": "year", "file": r"Gasto (?P<anio>\d{4})", "key": "{anio}"}
}


def test_names_mean_partitions_and_one_that_fails_holds_back_no_other(
    portal: Source, endpoint: Endpoint, make_dataset: Callable[..., Dataset], make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**PARTED))
    keys = offered(ctx, endpoint)
    assert keys == ["2020", "2021"] == due(ctx, ["2020", "2021"])
    portal.script("/archivos/2020.csv", send(500))
    with pytest.raises(SourceUnavailableError, match="answers 500"):
        extract(ctx, "2020", endpoint)
    assert extract(ctx, "2021", endpoint).counts["files"] == 1
    portal.script("/archivos/2020.csv", send(200, A))
    assert extract(ctx, "2020", endpoint).counts["files"] == 1


FAULTS: dict[str, tuple[Callable[[Source], Any], type[AperturaError], str]] = {
    "403 for robots": (lambda _: send(403), SourceError, "answers 403"),
    "404": (lambda _: send(404), SourceError, "answers 404"),
    "429": (lambda _: send(429, Retry_After="0"), SourceUnavailableError, "answers 429"),
    "500": (lambda _: send(500), SourceUnavailableError, "answers 500"),
    "truncated": (lambda _: send(200, b'{"succ', Content_Length="99"), SourceUnavailableError, "broke off"),
    "half of it": (lambda _: send(200, b'{"succ'), SourceError, "none of CKAN"),
    "web page": (lambda _: send(200, b"<html>Xocomilque</html>"), SourceError, "none of CKAN"),
    "not authorised": (
        lambda _: send(
            200, b'{"success": false, "error": {"__type": "Authorization Error", "m": "Xocomilque"}}'
        ),
        SourceError,
        "NotAuthorized",
    ),
    "no list": (
        lambda _: send(200, b'{"success": true, "result": {"name": "x"}}'),
        SourceError,
        "no resources",
    ),
    "odd list": (
        lambda _: send(200, b'{"success": true, "result": {"resources": [1]}}'),
        SourceError,
        "no resources",
    ),
    "nothing meant": (lambda _: send(200, show()), SourceError, "none of the package's 0 resources"),
    "never ends": (lambda s: drip(s.closed, b" ", 0.05), SourceUnavailableError, "deadline_seconds"),
    "to another host": (
        lambda _: send(302, Location="http://otro.example/api"),
        SourceError,
        "host that the connection does not allow",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_portal_that_fails_is_told_in_our_words(
    portal: Source, make_dataset: Callable[..., Dataset], make_context: MakeContext, fault: str
) -> None:
    reply, error, told = FAULTS[fault]
    portal.script(SHOW, reply(portal))
    with pytest.raises(error, match=told) as caught:
        offered(make_context(make_dataset(**PARTED)), make_endpoint(portal, retries=0, deadline_seconds=0.4))
    assert "Xocomilque" not in str(caught.value)
    assert "package_show?" not in str(caught.value)


def test_a_busy_portal_is_asked_again_and_told_who_asks(
    portal: Source, make_dataset: Callable[..., Dataset], make_context: MakeContext
) -> None:
    portal.script(
        SHOW, send(429, Retry_After="0"), send(200, show(resource("a", f"{portal.url}/archivos/2020.csv")))
    )
    ctx = make_context(make_dataset(**ckan()))
    extract(ctx, "_", make_endpoint(portal, user_agent="Mozilla/5.0"))
    assert {headers["User-Agent"] for _, headers in portal.asked} == {"Mozilla/5.0"}


def test_a_private_address_is_not_asked(
    portal: Source, make_dataset: Callable[..., Dataset], make_context: MakeContext
) -> None:
    with pytest.raises(SourceError, match="private"):
        offered(make_context(make_dataset(**PARTED)), make_endpoint(portal, allow_private=False))
    assert portal.asked == []


def test_a_resource_on_another_host_is_refused_unless_allowed(
    portal: Source, endpoint: Endpoint, make_dataset: Callable[..., Dataset], make_context: MakeContext
) -> None:
    with serving() as elsewhere:
        elsewhere.script("/x.csv", send(200, A))
        url = f"http://localhost:{elsewhere.port}/x.csv"
        portal.script(SHOW, send(200, show(resource("a", url))))
        ctx = make_context(make_dataset(**ckan()))
        with pytest.raises(SourceError, match="does not allow"):
            extract(ctx, "_", endpoint)
        assert elsewhere.asked == []
        assert extract(ctx, "_", make_endpoint(portal, allowed_hosts=["localhost"])).counts["files"] == 1


def test_a_datastore_table_is_taken_page_by_page_as_it_is(
    portal: Source, endpoint: Endpoint, make_dataset: Callable[..., Dataset], make_context: MakeContext
) -> None:
    portal.script(SHOW, send(200, show(resource("tabla", "x", datastore_active=True), resource("otra", "y"))))
    script_pages(portal, datastore(TABLE), 10, 3)
    ctx = make_context(make_dataset(**ckan(resource_format="CSV", datastore=True, page_rows=10)))
    extract(ctx, "_", endpoint)
    (file,) = get_document(ctx, "extract", "_")["files"]
    assert file["name"] == "tabla.csv"
    kept = ctx.private.get(f"extracts/prueba/{file['sha256'][:2]}/{file['sha256']}").decode()
    rows = list(csv.reader(io.StringIO(kept)))
    assert rows == [["código", "lugar", "monto"], *(row[1:] for row in TABLE)]
    assert len([path for path in portal.paths() if "datastore_search" in path]) == 3


@pytest.mark.parametrize(
    ("reply", "error", "told"),
    [
        (
            datastore(TABLE, lambda start: 25 - (start > 0)),
            SourceUnavailableError,
            "changed while it was read",
        ),
        (datastore(TABLE[:12]), SourceUnavailableError, "changed while it was read"),
        (
            send(200, b'{"success": true, "result": {"fields": [], "total": 3, "records": ""}}'),
            SourceError,
            "no page",
        ),
        (
            send(
                200, b'{"success": true, "result": {"fields": [{"id": "a"}], "total": 3, "records": "1,2"}}'
            ),
            SourceError,
            "no page",
        ),
        (send(200, b'{"success": true, "result": []}'), SourceError, "no page"),
        (send(200, b"<html></html>"), SourceError, "none of CKAN"),
    ],
)
def test_pages_that_do_not_make_a_table_are_an_error(
    source: Source, endpoint: Endpoint, tmp_path: Path, reply: Any, error: type[AperturaError], told: str
) -> None:
    script_pages(source, reply, 10, 3)
    with pytest.raises(error, match=told):
        datastore_csv(endpoint, "id-tabla", tmp_path / "t", page_rows=10, max_bytes=10_000, what="prueba")


def test_a_table_larger_than_the_contract_allows_is_refused(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    script_pages(source, datastore(TABLE), 10, 3)
    with pytest.raises(SourceError, match="larger than 100 bytes"):
        datastore_csv(endpoint, "id-tabla", tmp_path / "t", page_rows=10, max_bytes=100, what="prueba")


def test_a_contract_says_which_resources() -> None:
    known = {"kind": "ckan", "connection": "c", "package": "p"}
    for changes in (
        {},
        {"resource": "a", "datastore": True, "unzip": "*.csv"},
        {"resource": "a", "page_rows": 0},
    ):
        with pytest.raises(ValidationError):
            CkanSource.model_validate(known | changes)
