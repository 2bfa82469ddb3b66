"""JSON: records wherever a package keeps them, nested lists as tables, the rest dropped and counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from apertura.contract.intake import JsonReader
from apertura.errors import ReaderError
from apertura.readers import header, json_stream, read
from apertura.readers.json_table import Paths

Rows = list[tuple[str | None, ...]]
Take = Callable[..., tuple[Rows, int]]

PACKAGES = ["releases[]", "records[].compiledRelease", "records[].releases[]", "[]", ""]
RELEASE = {
    "ocid": "o-1",
    "id": "r-1",
    "tag": ["tender", "award"],
    "buyer": {"name": "Municipalidad de Cobán"},
    "awards": [
        {"id": "a-1", "amount": 1900.0, "suppliers": [{"id": "s-1"}, {"id": "s-2", "name": "Dos\n líneas"}]},
        {"id": "a-2", "suppliers": [{"id": "s-3", "name": "Tres"}]},
        {"id": "a-3"},
    ],
}


@pytest.fixture
def take(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Take:
    """The rows of a table read from documents, and how many values stood at undeclared paths."""

    def taken(reader: JsonReader, columns: list[str], *documents: Any, known: list[str] | None = None) -> Any:
        paths = []
        for number, document in enumerate(documents):
            path = tmp_path / f"{number}.json"
            text = document if isinstance(document, bytes) else json.dumps(document).encode()
            path.write_bytes(text)
            paths.append((path.name, path))
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        nested = Paths(tuple(columns), frozenset(known) if known is not None else None)
        table = read(reader, paths, scratch, connection, where="prueba/datos", nested=nested)
        rows = connection.execute(f"SELECT * FROM {table.relation}").fetchall()
        assert len(rows) == table.rows
        return rows, table.undeclared

    return taken


def reader(rows: str = "", records: list[str] | None = None) -> JsonReader:
    return JsonReader(format="json", records=records or PACKAGES, rows=rows)


@pytest.mark.parametrize(
    "document",
    [
        RELEASE,
        [RELEASE],
        {"uri": "x", "releases": [RELEASE], "license": "y"},
        {"records": [{"ocid": "o-1", "compiledRelease": RELEASE, "releases": [{"url": "u"}]}]},
        {"records": [{"ocid": "o-1", "releases": [RELEASE]}]},
    ],
    ids=["bare", "list", "release package", "record package", "record package without compiled release"],
)
def test_records_are_found_wherever_a_package_keeps_them(take: Take, document: Any) -> None:
    rows, _ = take(reader(), ["ocid", "buyer.name"], document)
    assert rows == [("o-1", "Municipalidad de Cobán")]


def test_files_of_different_packages_are_one_table(take: Take) -> None:
    rows, _ = take(reader(), ["id"], RELEASE, {"releases": [{"id": "r-2"}, {"id": "r-3"}]})
    assert rows == [("r-1",), ("r-2",), ("r-3",)]


def test_a_nested_list_is_a_table_with_the_keys_of_what_is_around_it(take: Take) -> None:
    columns = ["ocid", "awards[].id", "awards[].suppliers[].id", "awards[].suppliers[].name"]
    rows, _ = take(reader("awards[].suppliers[]"), columns, RELEASE)
    assert rows == [
        ("o-1", "a-1", "s-1", None),
        ("o-1", "a-1", "s-2", "Dos\n líneas"),
        ("o-1", "a-2", "s-3", "Tres"),
    ]


def test_lists_that_the_rows_do_not_go_through_are_joined_in_step_with_each_other(take: Take) -> None:
    columns = ["awards[].id", "awards[].suppliers[].id", "awards[].suppliers[].name", "tag[]"]
    rows, _ = take(reader(), columns, RELEASE)
    assert rows == [("a-1\na-2\na-3", "s-1; s-2\ns-3\n", "; Dos líneas\nTres\n", "tender\naward")]
    rows, _ = take(reader("awards[]"), ["awards[].id", "awards[].suppliers[].id"], RELEASE)
    assert rows == [("a-1", "s-1\ns-2"), ("a-2", "s-3"), ("a-3", None)]


def test_a_path_from_the_record_is_the_same_in_every_row(take: Take) -> None:
    rows, _ = take(reader("awards[]"), ["awards[].id", "/awards[].id"], {"awards": RELEASE["awards"][:2]})
    assert rows == [("a-1", "a-1\na-2"), ("a-2", "a-1\na-2")]


def test_only_rows_that_have_or_lack_a_value_are_taken(take: Take) -> None:
    parties = [
        {"id": "b", "roles": ["buyer", "payer"]},
        {"id": "s", "roles": ["supplier", "buyer"]},
        {"id": "n"},
    ]
    columns = ["parties[].id"]
    for where, expected in (
        ({"path": "parties[].roles[]", "has": ["buyer"]}, ["b", "s"]),
        ({"path": "parties[].roles[]", "has": ["payer", "supplier"]}, ["b", "s"]),
        ({"path": "parties[].roles[]", "has": ["buyer"], "lacks": ["supplier"]}, ["b"]),
        ({"path": "parties[].roles[]", "lacks": ["supplier"]}, ["b", "n"]),
    ):
        chosen = JsonReader.model_validate({"format": "json", "rows": "parties[]", "where": where})
        rows, _ = take(chosen, columns, {"parties": parties})
        assert [row[0] for row in rows] == expected


def test_every_scalar_is_the_text_it_was_written_as(take: Take) -> None:
    written = '"a": 1900.0, "b": 12345678901234567890.10, "c": true, "d": null, "e": "0101", "h": -1E5'
    document = f'{{{written}, "f": {{"g": 1}}}}'.encode()
    rows, _ = take(reader(), ["a", "b", "c", "d", "e", "f", "f.g", "h", "i"], document)
    assert rows == [("1900.0", "12345678901234567890.10", "true", None, "0101", None, "1", "-1E5", None)]


def test_half_a_character_becomes_the_replacement_character(take: Take) -> None:
    rows, _ = take(reader(), ["a"], b'{"a": "\\ud83d x \\u00e1"}')
    assert rows == [("\ufffd x á",)]


def test_what_nobody_declared_is_dropped_and_counted(take: Take) -> None:
    document: dict[str, Any] = RELEASE | {
        "extra": {"name": "x", "list": [1, 2, None]},
        "empty": [],
        "nothing": None,
    }
    known = ["ocid", "id", "tag[]", "buyer.name", "awards[].id", "awards[].amount", "awards[].suppliers[].id"]
    rows, undeclared = take(reader(), ["ocid"], document, known=known)
    assert rows == [("o-1",)]
    assert undeclared == len(["extra.name", "extra.list 1", "extra.list 2", "two names of suppliers", ""])


def test_a_list_that_no_record_has_is_a_table_without_rows(take: Take) -> None:
    assert take(reader("bids[]"), ["bids[].id"], RELEASE)[0] == []


def test_the_header_tells_the_paths_there_are(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps([{"a": 1, "b": [{"c": 2}]}, {"d": {"e": 3}, "f": None}]), "utf-8")
    assert header(reader(), path) == ["a", "b[].c", "d.e"]


HOSTILE = "Xocomilqué"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"<html><body>Xocomilqu\xc3\xa9</body></html>", "web page"),
        (b"PK\x03\x04 zip", "zip"),
        (f'[{{"a": "{HOSTILE}"'.encode(), "truncated"),
        (f'[{{"a": "{HOSTILE}"}}] {HOSTILE}'.encode(), "truncated"),
        (f'[{{"a": "{HOSTILE}"}},]'.encode(), "truncated"),
        (f'[{{"a": "{HOSTILE}"}} {{}}]'.encode(), "truncated"),
        (f'{{"a": "{HOSTILE}", "a": 1}}'.encode(), "stands twice"),
        (f'[{{"{HOSTILE}": 1, "{HOSTILE}": 2}}]'.encode(), "stands twice"),
        (b'{"a": NaN}', "no JSON"),
        (f'["{HOSTILE}"]'.encode(), "no object"),
        (f'"{HOSTILE}"'.encode(), "no JSON"),
        (b"[]", "no record"),
        (b'{"releases": []}', "no record"),
        (f'[{{"a": "{HOSTILE}"}}]'.encode("utf-16"), "UTF-8"),
        (f'[{{"a": "{HOSTILE}"}}]'.encode("latin-1"), "UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "no object|too deeply"),
    ],
)
def test_what_is_not_such_a_document_is_refused_without_quoting_it(
    take: Take, content: bytes, told: str
) -> None:
    with pytest.raises(ReaderError, match=told) as caught:
        take(reader(), ["a"], content)
    assert HOSTILE not in str(caught.value) + repr(caught.value.__context__)


def test_records_at_none_of_the_declared_places_are_refused(take: Take) -> None:
    documents: list[Any] = [{"datos": []}, [{"a": 1}], {"records": [{"ocid": "o"}]}]
    for document in documents:
        with pytest.raises(ReaderError, match="none of the declared places"):
            take(reader(records=["releases[]", "records[].compiledRelease"]), ["a"], document)


@pytest.mark.parametrize("path", [".a", "a.", "a..b", "a[0]", "a[].", "[]a", "a[][]"])
def test_what_is_no_path_is_refused_by_the_contract(path: str) -> None:
    with pytest.raises(ValidationError):
        JsonReader(format="json", records=[path])
    with pytest.raises(ValidationError):
        JsonReader(format="json", rows="a.b")


def test_a_record_longer_than_the_limit_is_refused(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "VALUE_LIMIT", 1000)
    monkeypatch.setattr(json_stream, "BLOCK", 100)
    with pytest.raises(ReaderError, match="longer than"):
        take(reader(), ["a"], [{"a": "x" * 5000}])
    assert len(take(reader(), ["a"], [{"a": "x" * 100}] * 500)[0]) == 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5).filter(lambda t: t.isprintable()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abñ", min_size=1, max_size=3), inner)
    ),
    max_leaves=8,
)


@given(
    documents=st.lists(st.dictionaries(st.sampled_from("abc"), JSON, min_size=1), min_size=1),
    block=st.integers(1, 9),
)
def test_reading_block_by_block_gives_what_reading_whole_gives(
    tmp_path_factory: pytest.TempPathFactory, documents: list[dict[str, Any]], block: int
) -> None:
    path = tmp_path_factory.mktemp("json") / "one.json"
    path.write_text(
        json.dumps({"n": 1, "releases": documents}, ensure_ascii=False, indent=block % 3), "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "BLOCK", block)
        found = list(json_stream.records(path, ["releases[]"], "x"))

    def with_texts(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: with_texts(one) for key, one in value.items()}
        if isinstance(value, list):
            return [with_texts(one) for one in value]
        return value if value is None or isinstance(value, bool) else str(value)

    assert found == with_texts(documents)
