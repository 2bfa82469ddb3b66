"""The extract stage: bytes are kept unchanged, the state remembers since when, the document names them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import sqlite3
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from scripted import Source, make_endpoint, send, unless_same

from apertura import pipeline
from apertura.errors import ContractError, SettingsError, SourceError, SourceUnavailableError
from apertura.prepare.keys import key_id
from apertura.runs.context import Context
from apertura.runs.fingerprint import partition_fingerprint, recipe
from apertura.runs.work import get_document
from apertura.sources.endpoint import Endpoint
from apertura.sources.extract import extract, offered
from apertura.sources.kept import extract_key, load_state

MakeContext = Callable[..., Context]
A, B = b"valor\n1\n2\n", b"valor\n3\n"
JAN = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
FEB = dt.datetime(2026, 2, 28, 12, tzinfo=dt.UTC)
MAR = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)

INDEXED: dict[str, Any] = {
    "source": {"kind": "http", "connection": "prueba_http", "index": "./"},
    "partitions": {"by": "month", "file": r"imp_(?P<mes>\d{2})(?P<anio>\d{4})\.txt", "key": "{anio}-{mes}"},
}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def files(*paths: str, **changes: Any) -> dict[str, Any]:
    return {"source": {"kind": "http", "connection": "prueba_http", "files": list(paths)} | changes}


def page(*names: str) -> bytes:
    return b"<html>" + "".join(f"<a href='{name}'>x</a>" for name in names).encode()


def zipped(**members: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_txt", ".txt"), data)
    return buffer.getvalue()


def listing(ctx: Context) -> dict[str, bytes]:
    return {stat.key: ctx.private.get(stat.key) for stat in ctx.private.list("")}


def test_the_bytes_are_kept_and_the_document_names_them(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(), clock=lambda: JAN)
    source.script("/datos.csv", send(200, A, ETag='"1"'))
    result = extract(ctx, "_", endpoint)
    assert (result.stage, result.outcome) == ("extract", "done")
    assert result.counts == {"files": 1, "bytes": len(A), "not_modified": 0}
    assert ctx.private.get(f"extracts/prueba/{sha(A)[:2]}/{sha(A)}") == A
    assert get_document(ctx, "extract", "_", result.fingerprint) == {
        "fingerprint": partition_fingerprint(recipe(ctx.dataset, key_id(ctx)), [sha(A)], None),
        "partition": "_",
        "taken": "2026-01-31T12:00:00+00:00",
        "files": [
            {"name": "datos.csv", "sha256": sha(A), "bytes": len(A), "taken": "2026-01-31T12:00:00+00:00"}
        ],
    }


def test_where_when_headers_and_size_are_remembered_and_no_credentials(
    source: Source, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset())
    source.script("/datos.csv", send(200, A, ETag='"1"', Content_Type="text/csv"))
    login = Endpoint.from_parts(
        "http", host=source.url, login="ana", password="muysecreta", extra={"allow_private": True}
    )
    extract(ctx, "_", login)
    state = json.loads(ctx.private.get("sources/prueba/datos/_.json"))
    (entry,) = state["files"]
    assert entry["url"] == f"{source.url}/datos.csv"
    assert entry["headers"]["content-type"] == "text/csv"
    assert (entry["etag"], entry["sha256"], entry["bytes"]) == ('"1"', sha(A), len(A))
    assert not any(b"muysecreta" in data for data in listing(ctx).values())


def test_a_304_saves_the_download_and_the_kept_extract_goes_on(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    source.script("/datos.csv", unless_same('"1"', A))
    first = extract(make_context(make_dataset(), clock=lambda: JAN), "_", endpoint)
    later = make_context(make_dataset(), run_id="run-2", clock=lambda: FEB)
    second = extract(later, "_", endpoint)
    assert second.counts == {"files": 1, "bytes": len(A), "not_modified": 1}
    assert second.fingerprint == first.fingerprint
    assert get_document(later, "extract")["taken"] == JAN.isoformat()


def test_after_a_304_a_lost_extract_is_fetched_again(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset())
    source.script("/datos.csv", unless_same('"1"', A))
    extract(ctx, "_", endpoint)
    ctx.private.delete(extract_key(ctx, sha(A)))
    assert extract(ctx, "_", endpoint).counts["not_modified"] == 0
    assert ctx.private.get(extract_key(ctx, sha(A))) == A


def test_a_damaged_kept_extract_is_replaced(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset())
    source.script("/datos.csv", unless_same('"1"', A))
    extract(ctx, "_", endpoint)
    ctx.private.put(extract_key(ctx, sha(A)), A[:-1] + b"9")
    extract(ctx, "_", endpoint)
    assert ctx.private.get(extract_key(ctx, sha(A))) == A


def test_since_when_the_source_gives_these_bytes(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    taken = []
    for body, now in ((A, JAN), (A, FEB), (B, FEB), (A, MAR)):
        source.script("/datos.csv", send(200, body))
        ctx = make_context(make_dataset(), clock=lambda now=now: now)
        extract(ctx, "_", endpoint)
        taken.append(get_document(ctx, "extract")["taken"])
    assert taken == [JAN.isoformat(), JAN.isoformat(), FEB.isoformat(), MAR.isoformat()]


def test_several_files_are_one_extract_ordered_by_name(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**files("BAJA VERAPAZ.xls", "ALTA VERAPAZ.xls")))
    source.script("/ALTA%20VERAPAZ.xls", unless_same('"a"', A))
    source.script("/BAJA%20VERAPAZ.xls", unless_same('"b"', A))
    assert extract(ctx, "_", endpoint).counts["files"] == 2
    document = get_document(ctx, "extract")
    assert [one["name"] for one in document["files"]] == ["ALTA VERAPAZ.xls", "BAJA VERAPAZ.xls"]
    source.script("/BAJA%20VERAPAZ.xls", unless_same('"c"', B))
    assert extract(ctx, "_", endpoint).counts == {"files": 2, "bytes": len(A) + len(B), "not_modified": 1}


def test_files_of_one_name_go_by_their_paths(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**files("2019/x.csv?t=1", "2020/x.csv")))
    source.script("/2019/x.csv?t=1", send(200, A))
    source.script("/2020/x.csv", send(200, B))
    extract(ctx, "_", endpoint)
    assert [one["name"] for one in get_document(ctx, "extract")["files"]] == ["2019/x.csv?t=1", "2020/x.csv"]


def test_one_file_that_fails_leaves_state_and_document_as_they_were(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**files("a.csv", "b.csv")))
    source.script("/a.csv", send(200, A))
    source.script("/b.csv", send(200, A))
    extract(ctx, "_", endpoint)
    before = listing(ctx)
    source.script("/a.csv", send(200, B))
    source.script("/b.csv", send(500))
    with pytest.raises(SourceUnavailableError, match=r"prueba/datos: connection prueba_http, file b\.csv"):
        extract(ctx, "_", endpoint)
    assert listing(ctx) == before


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"", "is empty"), (b"<!doctype html><p>Error", "is an HTML page, not the data")],
)
def test_what_is_not_the_data_is_refused_and_nothing_is_kept(
    source: Source,
    endpoint: Endpoint,
    make_dataset: Any,
    make_context: MakeContext,
    body: bytes,
    message: str,
) -> None:
    ctx = make_context(make_dataset())
    source.script("/datos.csv", send(200, body))
    with pytest.raises(SourceError, match=rf"prueba/datos: .*datos\.csv {message}") as caught:
        extract(ctx, "_", endpoint)
    assert caught.value.hint
    assert caught.value.__context__ is None
    assert listing(ctx) == {}


def test_an_html_table_is_data_where_the_contract_reads_one(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(reader={"format": "html-table"}))
    source.script("/datos.csv", send(200, b"<html><table></table>"), send(200, b"<html><p>Error"))
    extract(ctx, "_", endpoint)
    with pytest.raises(SourceError, match="no HTML table"):
        extract(ctx, "_", endpoint)


def test_the_member_of_a_zip_is_what_is_kept(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**files("imp.zip", unzip="*.txt")))
    source.script("/imp.zip", unless_same('"1"', zipped(imp_txt=A, leame_pdf=b"x")))
    extract(ctx, "_", endpoint)
    (one,) = get_document(ctx, "extract")["files"]
    assert (one["name"], one["sha256"]) == ("imp.txt", sha(A))
    state = load_state(ctx, "_")
    assert state is not None
    assert state.pieces[0].archive_sha256 == sha(zipped(imp_txt=A, leame_pdf=b"x"))
    assert extract(ctx, "_", endpoint).counts["not_modified"] == 1


def test_another_member_pattern_asks_without_condition(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    source.script("/imp.zip", unless_same('"1"', zipped(a_txt=A, b_txt=B)))
    for pattern, data in (("a.*", A), ("b.*", B)):
        ctx = make_context(make_dataset(**files("imp.zip", unzip=pattern)))
        extract(ctx, "_", endpoint)
        assert get_document(ctx, "extract")["files"][0]["sha256"] == sha(data)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (A, "not a sound zip"),
        (b"<html>Error", "an HTML page"),
        (zipped(otro=A), "exactly one must"),
        (zipped(imp_txt=b""), "is empty"),
        (zipped(imp_txt=b"<html>Error"), "an HTML page"),
    ],
)
def test_a_wrong_zip_is_refused(
    source: Source,
    endpoint: Endpoint,
    make_dataset: Any,
    make_context: MakeContext,
    body: bytes,
    message: str,
) -> None:
    ctx = make_context(make_dataset(**files("imp.zip", unzip="*.txt")))
    source.script("/imp.zip", send(200, body))
    with pytest.raises(SourceError, match=message):
        extract(ctx, "_", endpoint)
    assert listing(ctx) == {}


def test_an_unpartitioned_dataset_offers_itself_without_asking_anybody(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    assert offered(make_context(make_dataset()), endpoint) == ["_"]
    assert source.asked == []


def test_the_index_offers_partitions_and_each_is_taken_by_itself(
    source: Source, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**INDEXED))
    place = make_endpoint(source, "/sat")
    source.script(
        "/sat/", send(200, page("imp_022019.txt", "imp_012019.txt", "leame.pdf", "/etc/imp_032019.txt"))
    )
    source.script("/sat/imp_012019.txt", send(200, A))
    assert offered(ctx, place) == ["2019-01", "2019-02"]
    extract(ctx, "2019-01", place)
    assert get_document(ctx, "extract", "2019-01")["files"][0]["name"] == "imp_012019.txt"
    assert "/sat/imp_022019.txt" not in source.paths()


def test_links_chosen_by_pattern_are_one_extract(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    changes = {"source": {"kind": "http", "connection": "p", "index": "lista.html", "link": r"d\d\.csv"}}
    ctx = make_context(make_dataset(**changes))
    source.script("/lista.html", send(200, page("d1.csv", "d2.csv", "otro.csv")))
    source.script("/d1.csv", send(200, A))
    source.script("/d2.csv", send(200, B))
    assert offered(ctx, endpoint) == ["_"]
    assert extract(ctx, "_", endpoint).counts["files"] == 2


def test_a_partition_that_the_source_took_away_goes_on_from_what_is_kept(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**INDEXED))
    source.script("/", send(200, page("imp_012019.txt")), send(200, page("imp_022019.txt")))
    source.script("/imp_012019.txt", send(200, A))
    first = extract(ctx, "2019-01", endpoint)
    again = extract(ctx, "2019-01", endpoint)
    assert again.fingerprint == first.fingerprint
    assert any("kept extract goes on" in note for note in again.notes)
    with pytest.raises(SourceError, match="does not offer partition 2019-03"):
        extract(ctx, "2019-03", endpoint)


def test_messages_about_a_linked_file_count_it_instead_of_naming_it(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    changes = {"source": {"kind": "http", "connection": "p", "index": "./", "link": r".*\.csv"}}
    source.script("/", send(200, page("Juan%20Perez.csv")))
    with pytest.raises(SourceError, match="file 1 of 1: the source answers 404") as caught:
        extract(make_context(make_dataset(**changes)), "_", endpoint)
    assert "Juan" not in str(caught.value)
    assert "Juan" not in caplog.text


@pytest.mark.parametrize(("partition", "message"), [("_", "in partitions"), ("2019-01", "whole")])
def test_a_partition_where_none_belongs_or_none_where_one_does(
    endpoint: Endpoint, make_dataset: Any, make_context: MakeContext, partition: str, message: str
) -> None:
    changes = INDEXED if partition == "_" else {}
    with pytest.raises(SettingsError, match=f"arrives {message}"):
        extract(make_context(make_dataset(**changes)), partition, endpoint)


def test_files_of_the_command_line_need_no_source_and_stay_where_they_are(
    make_dataset: Any, make_context: MakeContext, tmp_path: Path
) -> None:
    ctx = make_context(make_dataset())
    mine = tmp_path / "bajado.csv"
    mine.write_bytes(A)
    extract(ctx, "_", None, files=[mine])
    assert mine.read_bytes() == A
    assert get_document(ctx, "extract")["files"][0]["sha256"] == sha(A)


@pytest.mark.parametrize("body", [None, b"", b"<html>Error"])
def test_files_of_the_command_line_are_judged_like_all_others(
    make_dataset: Any, make_context: MakeContext, tmp_path: Path, body: bytes | None
) -> None:
    mine = tmp_path / "Juan Perez.csv"
    if body is not None:
        mine.write_bytes(body)
    with pytest.raises((SourceError, SettingsError), match=r"the 1\. file given") as caught:
        extract(make_context(make_dataset()), "_", None, files=[mine])
    assert "Juan" not in str(caught.value)


def test_without_a_connection_the_source_cannot_be_asked(
    make_dataset: Any, make_context: MakeContext
) -> None:
    with pytest.raises(SettingsError, match="no connection was given"):
        extract(make_context(make_dataset()), "_", None)


SQL: dict[str, Any] = {
    "source": {"kind": "sql", "connection": "prueba_db", "parameters": {"desde": 2}},
    "reader": {"format": "query"},
}


def test_a_database_is_an_extract_like_any_other(
    make_dataset: Any, make_context: MakeContext, tmp_path: Path
) -> None:
    database = tmp_path / "casos.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE casos (id INTEGER)")
        connection.executemany("INSERT INTO casos VALUES (?)", [(1,), (2,), (3,)])
    place = Endpoint.from_parts("sqlite", host=str(database))
    dataset = make_dataset(query="SELECT id FROM casos WHERE id >= :desde ORDER BY id", **SQL)
    first = extract(make_context(dataset, clock=lambda: JAN), "_", place)
    later = make_context(dataset, run_id="run-2", clock=lambda: FEB)
    assert offered(later, place) == ["_"]
    assert extract(later, "_", place).fingerprint == first.fingerprint
    assert get_document(later, "extract")["taken"] == JAN.isoformat()
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO casos VALUES (4)")
    connection.close()
    assert extract(later, "_", place).fingerprint != first.fingerprint


def test_a_database_without_its_query_is_the_projects_fault(
    make_dataset: Any, make_context: MakeContext, tmp_path: Path
) -> None:
    with pytest.raises(ContractError, match="has no query"):
        extract(make_context(make_dataset(**SQL)), "_", Endpoint.from_parts("sqlite", host=str(tmp_path)))


NO_KEYS = ["María_Pérez_DPI_1234567890101", "2019", "2019-13", "2019-1", "2019-01\n", "٢٠١٩-٠١", ""]


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_is_no_partition_key_is_refused_before_it_stands_anywhere(
    endpoint: Endpoint, make_dataset: Any, make_context: MakeContext, tmp_path: Path, key: str
) -> None:
    ctx = make_context(make_dataset(**INDEXED))
    given = tmp_path / "datos.txt"
    given.write_bytes(A)
    with pytest.raises(SettingsError, match="YYYY-MM") as caught:
        extract(ctx, key, endpoint, files=[given])
    for work in (
        lambda: pipeline.run_stage(ctx, "extract", key, files=[given]),
        lambda: pipeline.run(ctx, None, partitions=[key], files=[given]),
    ):
        with pytest.raises(SettingsError, match="YYYY-MM") as caught:
            work()
        assert len(key) < 5 or key not in str(caught.value)
    assert list(ctx.private.list("")) == []


@pytest.mark.parametrize("name", ["imp_132019.txt", "imp_992019.txt", "otro.txt"])
def test_a_file_whose_name_means_no_partition_must_be_told_its_own(
    make_dataset: Any, make_context: MakeContext, tmp_path: Path, name: str
) -> None:
    ctx = make_context(make_dataset(**INDEXED))
    (tmp_path / name).write_bytes(A)
    with pytest.raises(SettingsError, match="does not say which one") as caught:
        pipeline.run(ctx, None, files=[tmp_path / name])
    assert name not in str(caught.value)
    assert list(ctx.private.list("")) == []
