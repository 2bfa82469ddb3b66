"""The four formats hold the same rows, read back by readers that did not write them."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from publish_scene import (
    arrow_type,
    contract_model,
    contract_of,
    default_contract,
    default_rows,
    field,
    settings_in,
    write_typed,
)

from apertura.contract import Contract, FieldSpec
from apertura.errors import EngineError
from apertura.prepare.engine import connect
from apertura.publish.formats import XSI, DataFile, element, write_formats
from examples import examples

Rows = list[dict[str, Any]]
csv.field_size_limit(sys.maxsize)


def written(contract: Contract, rows: Rows, folder: Path) -> dict[str, DataFile]:
    """Write rows in the four formats; returns the files by format."""
    resource = contract.resources[0]
    table = folder / "protect.parquet"
    write_typed(table, resource, rows)
    with connect(settings_in(folder), folder) as connection:
        count, files = write_formats(connection, table, contract, resource, folder)
    assert count == len(rows)
    return {file.format: file for file in files}


def from_text(spec: FieldSpec, text: str | None) -> Any:
    """The value that a cell of CSV or XML stands for."""
    if text is None or spec.published_type == "string":
        return text
    if spec.published_type == "boolean":
        return {"true": True, "false": False}[text]
    if spec.published_type == "datetime":
        assert "T" in text
    parse: Any = {
        "integer": int,
        "number": Decimal,
        "date": dt.date.fromisoformat,
        "datetime": dt.datetime.fromisoformat,
    }[spec.published_type]
    return parse(text)


def read_csv(specs: list[FieldSpec], path: Path) -> Rows:
    """By pyarrow's own CSV reader, which tells a bare cell from a quoted empty one."""
    table = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(block_size=64 << 20, use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={spec.name: "string" for spec in specs},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    assert table.column_names == [spec.name for spec in specs]
    return [{spec.name: from_text(spec, row[spec.name]) for spec in specs} for row in table.to_pylist()]


def read_csv_plainly(specs: list[FieldSpec], path: Path) -> list[list[str]]:
    """By Python's csv, for which a null is an empty cell."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file, strict=True))
    assert header == [spec.name for spec in specs]
    return rows


def read_json(specs: list[FieldSpec], path: Path) -> Rows:
    records = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    for record in records:
        assert list(record) == [spec.name for spec in specs]
        for spec in specs:
            value = record[spec.name]
            if spec.published_type in ("date", "datetime"):
                record[spec.name] = from_text(spec, value)
            elif spec.published_type == "number" and value is not None:
                record[spec.name] = Decimal(value)
    return list(records)


def read_xml(specs: list[FieldSpec], path: Path) -> Rows:
    root = etree.parse(path, etree.XMLParser(huge_tree=True, resolve_entities=False)).getroot()
    assert root.tag == "registros"
    rows = []
    for record in root:
        assert record.tag == "registro"
        assert [cell.tag for cell in record] == [element(spec.name) for spec in specs]
        rows.append(
            {
                spec.name: None if cell.get(f"{{{XSI}}}nil") == "true" else from_text(spec, cell.text or "")
                for spec, cell in zip(specs, record, strict=True)
            }
        )
    return rows


def read_parquet(specs: list[FieldSpec], path: Path) -> Rows:
    table = pq.read_table(path)
    assert table.schema.types == [arrow_type(spec) for spec in specs]
    return list(table.to_pylist())


def check_all(contract: Contract, rows: Rows, folder: Path) -> dict[str, DataFile]:
    """Write, read back four (five) times, compare."""
    specs = contract.resources[0].published_fields
    files = written(contract, rows, folder)
    assert read_json(specs, files["json"].path) == rows
    assert read_xml(specs, files["xml"].path) == rows
    assert read_parquet(specs, files["parquet"].path) == rows
    if len(specs) == 1:  # the one thing a CSV of one column cannot say: null or empty
        seen = [{name: "" if v is None else v for name, v in row.items()} for row in rows]
        alone = read_csv_plainly(specs, files["csv"].path)
        spec = specs[0]
        assert [{spec.name: cell and from_text(spec, cell)} for (cell,) in alone] == seen
    else:
        assert read_csv(specs, files["csv"].path) == rows
        plain = read_csv_plainly(specs, files["csv"].path)
        assert len(plain) == len(rows)
        for cells, row in zip(plain, rows, strict=True):
            assert [cell or None for cell in cells] == [_text(row[spec.name]) or None for spec in specs]
    return files


def _text(value: Any) -> str:
    """What a typed value looks like in CSV, said without the engine."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        text = value.isoformat()
        return text.rstrip("0") if "." in text else text
    return value.isoformat() if isinstance(value, dt.date) else str(value)


NASTY = [
    "", " ", "  dos  ", "0101", "000", "=1+1", "+502 2222-3333", "-1", "@SUM(A1)", '"', '""', "'", ",", ";",
    "a,b", 'di"jo', "línea\nlínea", "\n", "\r", "a\rb", "a\r\nb", "\t", "null", "NULL", "NaN", "true", "\\N",
    "\\", "<a>&amp;</a>", "]]>", "&", "<!--", "ÁÉÍÓÚÜÑ áéíóúüñ", "n\u0303", "\u200b", "\ufeff", "\u2028",
    "\x7f", "\x85", "日本", "🇬🇹", "#", "{target}", "%s", "$1",
]  # fmt: skip
FORBIDDEN = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r") + "\ufffe\uffff"
TEXT = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=FORBIDDEN), max_size=30
)
NAMES = ["año", "select", "from", "order", "group", "xmlcosa", "xml", "niño_2", "a", "ñ", "case", "null"]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Contract, Rows]:
    """A contract of one to six columns of any type, and rows that fit it."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    fields, columns = [], {}
    for name in names:
        kind = draw(st.sampled_from(["string", "integer", "number", "boolean", "date", "datetime"]))
        more: dict[str, Any] = {}
        if kind == "number":
            precision = draw(st.integers(1, 38))
            scale = draw(st.integers(0, min(18, precision)))
            more["decimal"] = {"precision": precision, "scale": scale}
            largest = 10**precision - 1
            unscaled = st.integers(-largest, largest) | st.sampled_from([-largest, largest, 0, 1, -1])
            values: st.SearchStrategy[Any] = unscaled.map(
                lambda number, scale=scale: Decimal(f"{number}E-{scale}")
            )
        elif kind == "string":
            more["empty_string"], values = "keep", TEXT
        elif kind == "integer":
            values = st.integers(-(2**63), 2**63 - 1)
        elif kind == "boolean":
            values = st.booleans()
        elif kind == "date":
            values = st.dates() | st.just(dt.date(2024, 2, 29))
        else:
            values = st.datetimes()
        fields.append(field(name, kind, **more))
        columns[name] = st.none() | values
    rows = draw(st.lists(st.fixed_dictionaries(columns), max_size=8))
    contract = contract_of(*fields)
    contract["resources"][0]["primaryKey"] = []
    return contract_model(contract), rows


def one_text_column(*values: str | None) -> tuple[Contract, Rows]:
    contract = contract_of(field("texto", empty_string="keep"))
    contract["resources"][0]["primaryKey"] = []
    return contract_model(contract), [{"texto": value} for value in values]


def two_text_columns(*values: str | None) -> tuple[Contract, Rows]:
    contract = contract_of(field("texto", empty_string="keep"), field("select", empty_string="keep"))
    contract["resources"][0]["primaryKey"] = []
    return contract_model(contract), [{"texto": value, "select": value} for value in values]


@given(tables())
@example(two_text_columns(*NASTY, None))
@example(one_text_column(None, "", "a", None))
@example(one_text_column(*NASTY))
@example(one_text_column())
@example(two_text_columns("x" * 1_000_000, 'ñ"\n<' * 250_000))
@hypothesis_settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
def test_the_four_formats_hold_the_same_rows(table: tuple[Contract, Rows]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_all(*table, Path(folder))


def test_zero_rows_give_four_files_that_readers_accept(tmp_path: Path) -> None:
    files = check_all(contract_model(default_contract()), [], tmp_path)
    assert files["csv"].path.read_bytes().count(b"\r\n") == 1


def test_csv_has_a_byte_order_mark_crlf_and_tells_null_from_empty(tmp_path: Path) -> None:
    contract = contract_model(contract_of(field("código"), field("nombre", empty_string="keep")))
    files = written(contract, [{"código": "01", "nombre": None}, {"código": "=1+1", "nombre": ""}], tmp_path)
    assert files["csv"].path.read_bytes() == '\ufeffcódigo,nombre\r\n01,\r\n=1+1,""\r\n'.encode()


def test_decimals_keep_every_digit_as_json_numbers(tmp_path: Path) -> None:
    contract = contract_of(field("código"), field("monto", "number", decimal={"precision": 38, "scale": 10}))
    amount = Decimal("-1234567890123456789012345678.0123456789")
    files = check_all(contract_model(contract), [{"código": "1", "monto": amount}], tmp_path)
    assert f'"monto":{amount}' in files["json"].path.read_text()


def test_every_precision_and_scale_is_written_in_full_in_every_format(tmp_path: Path) -> None:
    shapes = [(p, s) for p in range(1, 39) for s in sorted({0, 1, p - 1, p}) if s <= min(18, p)]
    contract = contract_of(
        *(field(f"n_{p}_{s}", "number", decimal={"precision": p, "scale": s}) for p, s in shapes)
    )
    contract["resources"][0]["primaryKey"] = []
    unscaled: list[Callable[[int], int]] = [
        lambda p: 0,
        lambda p: 1,
        lambda p: -1,
        lambda p: 10**p - 1,
        lambda p: 1 - 10**p,
    ]
    rows = [{f"n_{p}_{s}": Decimal(f"{number(p)}E-{s}") for p, s in shapes} for number in unscaled]
    check_all(contract_model(contract), rows, tmp_path)


def test_digests_and_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    for file in written(contract_model(default_contract()), default_rows(), tmp_path).values():
        data = file.path.read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_same_rows_give_the_same_bytes_with_one_thread_and_with_two(tmp_path: Path) -> None:
    contract = contract_model(default_contract())
    table = tmp_path / "protect.parquet"
    write_typed(table, contract.resources[0], default_rows(1000) * 300)
    seen = []
    for attempt, threads in enumerate((1, 2, 2)):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        limits = replace(settings_in(tmp_path), threads=threads)
        with connect(limits, folder) as connection:
            _, files = write_formats(connection, table, contract, contract.resources[0], folder)
        seen.append({file.format: file.sha256 for file in files})
    assert seen[0] == seen[1] == seen[2]


def test_parquet_carries_the_contract_and_nothing_that_changes_between_equal_releases(tmp_path: Path) -> None:
    files = written(contract_model(default_contract()), default_rows(), tmp_path)
    file = pq.ParquetFile(files["parquet"].path)
    about = {k.decode(): v.decode() for k, v in file.metadata.metadata.items() if k != b"ARROW:schema"}
    assert set(about) == {"title", "description", "licence", "source", "schema"}
    assert about["licence"] == "sin licencia declarada"
    assert [one["name"] for one in json.loads(about["schema"])["fields"]] == file.schema_arrow.names
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_text_that_xml_cannot_hold_is_refused_and_not_quoted(tmp_path: Path, character: str) -> None:
    contract, rows = two_text_columns("secreto" + character)
    with pytest.raises(EngineError) as caught:
        written(contract, rows, tmp_path)
    assert "secreto" not in str(caught.value)
    assert "cosas" in str(caught.value)
    assert not list(tmp_path.glob("cosas.*"))


def retyped(name: str, kind: str) -> dict[str, Any]:
    """The default contract with one column of another type (or of another precision)."""
    contract = default_contract()
    fields = contract["resources"][0]["fields"]
    contract["resources"][0]["fields"] = [field(name, kind) if one["name"] == name else one for one in fields]
    return contract


@pytest.mark.parametrize(
    ("now", "named"),
    [
        (default_contract(), None),
        (contract_of(field("código"), field("nombre")), "missing: none"),
        (contract_of(field("código"), field("otra")), "otra"),
        (retyped("cantidad", "string"), "cantidad"),
        (retyped("monto", "number"), "monto"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_what_the_contract_declares_is_refused(
    tmp_path: Path, now: dict[str, Any], named: str | None
) -> None:
    made, declared = contract_model(default_contract()), contract_model(now)
    table = tmp_path / "protect.parquet"
    write_typed(table, made.resources[0], default_rows())
    with connect(settings_in(tmp_path), tmp_path) as connection:
        if named is None:
            assert write_formats(connection, table, declared, declared.resources[0], tmp_path)[0] == 3
            return
        with pytest.raises(EngineError, match=named):
            write_formats(connection, table, declared, declared.resources[0], tmp_path)


def test_dates_before_christ_are_refused(tmp_path: Path) -> None:
    contract = contract_of(field("fecha", "date"))
    contract["resources"][0]["primaryKey"] = []
    model = contract_model(contract)
    table = tmp_path / "protect.parquet"
    for value in ("DATE '0044-03-15 (BC)'", "DATE 'infinity'", "DATE '10000-01-01'"):
        duckdb.sql(f"COPY (SELECT {value} AS fecha) TO '{table}' (FORMAT parquet)")
        with (
            connect(settings_in(tmp_path), tmp_path) as connection,
            pytest.raises(EngineError, match="dates"),
        ):
            write_formats(connection, table, model, model.resources[0], tmp_path)
