"""A monthly index in JSON: months are backfilled one by one, a month that fails keeps no other one back."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from scripted import Reply, Source, drip, make_endpoint, send, unless_same

from apertura.contract import Dataset
from apertura.contract.intake import IndexEntries
from apertura.errors import AperturaError, SourceError, SourceUnavailableError
from apertura.runs.context import Context
from apertura.runs.due import due
from apertura.sources.endpoint import Endpoint
from apertura.sources.extract import extract, offered
from apertura.sources.index import listed_files

MakeContext = Callable[..., Context]
ENTRIES = {"at": "result[]", "link": "files.json", "name": ["year", "month"]}
MONTHLY: dict[str, Any] = {
    "source": {"kind": "http", "connection": "prueba_http", "index": "files", "entries": ENTRIES},
    "partitions": {"by": "month", "file": r"(?P<anio>\d{4})-(?P<mes>\d\d)(\.json)?", "key": "{anio}-{mes}"},
    "reader": {"format": "json"},
}
BODY = b'[{"valor": "1"}]'


def index(*months: str) -> bytes:
    """As the institution writes it: year and month apart, the month without its zero, more files."""
    entries = [
        {
            "files": {"json": f"/file/json/{month}", "csv": f"/file/csv/{month}", "sha": "x"},
            "year": month.split("-")[0],
            "month": str(int(month.split("-")[1])),
            "source": "Guatecompras",
        }
        for month in months
    ]
    return json.dumps({"id": "gc", "result": entries}).encode()


@pytest.fixture
def monthly(make_dataset: Callable[..., Dataset], make_context: MakeContext) -> Context:
    return make_context(make_dataset(**MONTHLY))


@pytest.fixture
def months(source: Source) -> Source:
    """Three months, all well."""
    source.script("/files", send(200, index("2020-01", "2020-02", "2020-10")))
    for month in ("2020-01", "2020-02", "2020-10"):
        source.script(f"/file/json/{month}", send(200, BODY, ETag=f'"{month}"'))
    return source


def test_each_entry_is_a_month_and_all_that_were_never_taken_are_due(
    months: Source, endpoint: Endpoint, monthly: Context
) -> None:
    keys = offered(monthly, endpoint)
    assert keys == ["2020-01", "2020-02", "2020-10"]
    assert due(monthly, keys) == keys
    assert due(monthly, keys, partitions=["2020-02"]) == ["2020-02"]
    for key in keys:
        assert extract(monthly, key, endpoint).counts["bytes"] == len(BODY)
    assert "/file/csv/2020-01" not in months.paths()


FAULTS: dict[str, tuple[Callable[[Source], Reply], type[AperturaError], str]] = {
    "403 for robots": (lambda _: send(403), SourceError, "answers 403"),
    "429": (lambda _: send(429, Retry_After="0"), SourceUnavailableError, "answers 429"),
    "500": (lambda _: send(500), SourceUnavailableError, "answers 500"),
    "truncated": (lambda _: send(200, BODY, Content_Length="99"), SourceUnavailableError, "broke off"),
    "web page": (
        lambda _: send(200, b"<!doctype html><html>error</html>"),
        SourceError,
        "web page|HTML|page",
    ),
    "empty": (lambda _: send(200, b""), SourceError, "empty"),
    "never ends": (
        lambda source: drip(source.closed, b" ", 0.05),
        SourceUnavailableError,
        "deadline_seconds",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_month_that_fails_is_taken_alone_later_and_holds_back_no_other(
    months: Source, monthly: Context, fault: str
) -> None:
    endpoint = make_endpoint(months, retries=0, deadline_seconds=0.4)
    reply, error, told = FAULTS[fault]
    months.script("/file/json/2020-02", reply(months))
    failed = []
    for key in offered(monthly, endpoint):
        try:
            extract(monthly, key, endpoint)
        except error as caught:
            failed.append(key)
            assert any(word in str(caught) for word in told.split("|"))
    assert failed == ["2020-02"]
    months.script("/file/json/2020-02", send(200, BODY))
    before = len(months.asked)
    extract(monthly, "2020-02", endpoint)
    assert months.paths()[before:] == ["/files", "/file/json/2020-02"]


def test_robots_are_turned_away_until_the_connection_says_who_it_is(months: Source, monthly: Context) -> None:
    def only_browsers(handler: BaseHTTPRequestHandler) -> None:
        browser = "Mozilla" in handler.headers.get("User-Agent", "")
        send(200, index("2020-01"))(handler) if browser else send(403)(handler)

    months.script("/files", only_browsers)
    with pytest.raises(SourceError, match="403") as caught:
        offered(monthly, make_endpoint(months))
    assert "user_agent" in str(caught.value)
    assert offered(monthly, make_endpoint(months, user_agent="Mozilla/5.0")) == ["2020-01"]


def test_a_month_that_was_busy_is_asked_again_in_the_same_run(
    months: Source, endpoint: Endpoint, monthly: Context
) -> None:
    months.script("/file/json/2020-01", send(429, Retry_After="0"), send(200, BODY))
    assert extract(monthly, "2020-01", endpoint).counts["files"] == 1


def test_a_month_is_fetched_again_only_when_it_changed(
    months: Source, endpoint: Endpoint, monthly: Context
) -> None:
    months.script("/file/json/2020-01", unless_same('"a"', BODY))
    extract(monthly, "2020-01", endpoint)
    assert extract(monthly, "2020-01", endpoint).counts["not_modified"] == 1
    months.script("/file/json/2020-01", unless_same('"b"', BODY + b"\n"))
    result = extract(monthly, "2020-01", endpoint)
    assert (result.counts["not_modified"], result.counts["bytes"]) == (0, len(BODY) + 1)


def test_an_entry_that_leads_elsewhere_is_refused(
    months: Source, endpoint: Endpoint, monthly: Context
) -> None:
    entry = {"files": {"json": "http://otro.example/secreto"}, "year": 2020, "month": 1}
    months.script("/files", send(200, json.dumps({"result": [entry]}).encode()))
    with pytest.raises(SourceError, match="host that the connection does not allow") as caught:
        extract(monthly, "2020-01", endpoint)
    assert "secreto" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><a href='2020-01.json'>x</a></html>",
        b'{"result": {}}',
        b'{"otro": []}',
        b'{"result": [1]}',
        b"{",
    ],
)
def test_an_index_that_is_no_such_json_is_an_error(
    months: Source, endpoint: Endpoint, monthly: Context, body: bytes
) -> None:
    months.script("/files", send(200, body))
    with pytest.raises(SourceError, match="no JSON of the declared shape"):
        offered(monthly, endpoint)


def test_an_entry_without_a_file_yet_offers_nothing(tmp_path: Path) -> None:
    page = tmp_path / "files"
    entries = [
        {"files": {"json": "a.json"}, "year": "2020", "month": "01"},
        {"files": {"json": None}, "year": "2020", "month": "2"},
        {"files": {}, "year": "2020", "month": "3"},
        {"files": {"json": "d.json"}, "month": "4"},
        {"files": {"json": "a.json"}, "year": 2020, "month": 1},
        {"files": {"json": "b.json"}, "year": 2020, "month": 1},
    ]
    page.write_text(json.dumps({"result": entries}), "utf-8")
    found = listed_files(
        page, "http://h.example/x/files", IndexEntries.model_validate(ENTRIES), what="índice"
    )
    assert found == [("2020-01", "http://h.example/x/a.json"), ("2020-01", "http://h.example/x/b.json")]


def test_two_files_of_one_month_are_one_extract(months: Source, endpoint: Endpoint, monthly: Context) -> None:
    entries = [{"files": {"json": f"{name}.json"}, "year": "2020", "month": "1"} for name in "ab"]
    months.script("/files", send(200, json.dumps({"result": entries}).encode()))
    for name in "ab":
        months.script(f"/{name}.json", send(200, BODY + name.encode()))
    assert extract(monthly, "2020-01", endpoint).counts["files"] == 2
