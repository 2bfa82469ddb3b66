"""Downloads beside the release's files: workbooks and slices hold the published rows, and nothing runs."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from matter_scene import ID, VERSION, bucket, counted, entry, field, money, table
from openpyxl.utils.escape import unescape

from apertura.contract import Contract
from apertura.errors import StorageError
from apertura.portal import workbook
from apertura.portal.downloads import Extra, extra_files
from apertura.prepare.engine import connect
from apertura.publish.formats import write_formats
from apertura.settings import Settings
from small_contract import declared

Rows = list[tuple[Any, ...]]


def made(tmp_path: Path, fields: list[dict[str, Any]], rows: Rows, **more: Any) -> list[Extra]:
    public = bucket(tmp_path)
    folder = tmp_path / "made"
    folder.mkdir(parents=True, exist_ok=True)
    return extra_files(public, entry(table(public, fields, rows, **more)), folder)


def data_of(extra: Extra) -> bytes:
    assert isinstance(extra.artifact.data, Path)
    return extra.artifact.data.read_bytes()


def sheet_of(extra: Extra, name: str = "Datos") -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(data_of(extra)))
    return [[cell.value for cell in row] for row in book[name].iter_rows()]


def test_a_workbook_holds_the_rows_with_their_types(tmp_path: Path) -> None:
    fields = [
        field("departamento_codigo"),
        money("monto"),
        field("personas", "integer"),
        field("vigente", "boolean"),
        field("fecha", "date"),
        field("momento", "datetime"),
    ]
    day, moment = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 30, 15)

    (extra,) = made(tmp_path, fields, [("01", 1234.5, 7, True, day, moment), (None,) * 6])

    assert extra.key == f"descargas/{ID}/{VERSION}/cosas.xlsx"
    assert extra.artifact.immutable
    assert (extra.rows, extra.bytes) == (2, len(data_of(extra)))
    header, first, empty = sheet_of(extra)
    assert header == [one["name"] for one in fields]
    assert first == ["01", 1234.5, 7, True, dt.datetime(2024, 2, 29), moment]
    assert empty == [None] * 6


def test_what_looks_like_a_formula_is_a_text(tmp_path: Path) -> None:
    hostile = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("http://x")',
        "\tx",
        "<c/>&amp;",
        "_x0041_",
        "0101",
    ]

    (extra,) = made(tmp_path, [field("texto")], [(one,) for one in hostile])

    book = openpyxl.load_workbook(io.BytesIO(data_of(extra)))
    cells = [row[0] for row in book["Datos"].iter_rows(min_row=2)]
    assert not [cell for cell in cells if cell.data_type not in ("s", "inlineStr")]
    raw = zipfile.ZipFile(io.BytesIO(data_of(extra))).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in raw
    assert "_x005F_x0041_" in raw
    assert [cell.value for cell in cells if "_x" not in str(cell.value)] == [
        one for one in hostile if "_x" not in one
    ]


def test_letters_that_xml_cannot_hold_are_left_out_and_nothing_else(tmp_path: Path) -> None:
    fields = [field("clase"), field("otra"), field("n", "integer")]
    rows = [("a\x01b\x02", "\x03", 1), ("c\td\n", None, None), ("\x0e7\x04", "e", 10**16)]

    (extra,) = made(tmp_path, fields, rows)

    assert sheet_of(extra)[1:] == [["ab", "", 1], ["c\td\n", None, None], ["7", "e", str(10**16)]]


def test_numbers_that_excel_would_round_are_texts(tmp_path: Path) -> None:
    fields = [field("n", "integer"), field("monto", "number", precision=24, scale=4)]
    rows = [(10**15 + 1, Decimal("12345678901234567890.1234")), (-5, Decimal("0.1200"))]

    (extra,) = made(tmp_path, fields, rows)

    assert sheet_of(extra)[1:] == [["1000000000000001", "12345678901234567890.1234"], [-5, 0.12]]


def test_dates_that_excel_counts_wrongly_are_texts(tmp_path: Path) -> None:
    (extra,) = made(tmp_path, [field("fecha", "date")], [(dt.date(1850, 1, 2),), (dt.date(1900, 3, 1),)])

    assert sheet_of(extra)[1:] == [["1850-01-02"], [dt.datetime(1900, 3, 1)]]


def test_a_workbook_says_what_it_is(tmp_path: Path) -> None:
    (extra,) = made(tmp_path, counted(), [(None, "suprimido")])

    told = {row[0]: row[1] for row in sheet_of(extra, "Columnas")}
    assert told["Conjunto"] == "Cosas"
    assert told["Versión"] == VERSION
    assert "no es cero" in told["Celdas vacías"]
    assert told["casos"] == "Casos"


def test_the_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    rows = [(f"{n:02d}", n) for n in range(300)]
    fields = [field("codigo"), field("n", "integer")]

    first, second = (made(tmp_path / one, fields, rows)[0] for one in ("a", "b"))

    assert first.sha256 == second.sha256


def test_a_table_too_large_for_a_person_has_no_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)

    assert [one.format for one in made(tmp_path, [field("n", "integer")], [(n,) for n in range(4)])] == []


def test_a_text_longer_than_a_cell_makes_no_workbook(tmp_path: Path) -> None:
    assert made(tmp_path, [field("texto")], [("x" * (workbook.LONGEST + 1),)]) == []


def placed(count: int) -> tuple[list[dict[str, Any]], Rows]:
    fields = [
        field("departamento_codigo"),
        field("nota"),
        field("monto", "number", precision=4, scale=4),
        field("momento", "datetime"),
        field("vigente", "boolean"),
    ]
    notes = ["", None, 'a "b", c', "dos\nlíneas", "=1"]
    codes = ["01", "22", None, "GT"]
    moment = dt.datetime(2024, 1, 2, 3, 4, 5)
    return fields, [(codes[n % 4], notes[n % 5], Decimal("0.5"), moment, n % 2 == 0) for n in range(count)]


def test_slices_are_the_rows_of_each_department_and_together_all(tmp_path: Path) -> None:
    fields, rows = placed(5001)

    slices = [one for one in made(tmp_path, fields, rows) if one.format == "csv"]

    assert [one.key.rpartition("/")[2] for one in slices] == ["01.csv", "22.csv", "sin-departamento.csv"]
    assert [one.department for one in slices] == ["Guatemala", "Jutiapa", "Sin departamento"]
    assert sum(one.rows for one in slices) == 5001
    for one in slices:
        read = list(csv.reader(io.StringIO(data_of(one).decode("utf-8-sig"), newline="")))
        assert len(read) == one.rows + 1
        expected = {"01.csv": {"01"}, "22.csv": {"22"}}.get(one.key.rpartition("/")[2], {"", "GT"})
        assert {row[0] for row in read[1:]} == expected


@pytest.mark.parametrize("columns", [5, 1])
def test_slices_are_the_lines_of_the_releases_csv_byte_for_byte(
    tmp_path: Path, settings: Settings, columns: int
) -> None:
    fields, rows = placed(5001)
    fields, rows = fields[:columns], [row[:columns] for row in rows]
    parts = {one.key.rpartition("/")[2]: one for one in made(tmp_path, fields, rows) if one.format == "csv"}
    contract = Contract.model_validate(_contract(fields))
    (tmp_path / "whole").mkdir()

    with connect(settings, tmp_path) as connection:
        parquet = tmp_path / "public" / f"datos/{ID}/versiones/{VERSION}/cosas.parquet"
        write_formats(connection, parquet, contract, contract.resources[0], tmp_path / "whole")

    head, *lines = (tmp_path / "whole" / "cosas.csv").read_bytes().split(b"\r\n")[:-1]
    assert len(lines) == 5001
    codes = {"01.csv": {b"01"}, "22.csv": {b"22"}}
    for name, part in parts.items():
        wanted = codes.get(name, {line[:2] for line in lines} - {b"01", b"22"})
        assert data_of(part) == b"\r\n".join([head, *(one for one in lines if one[:2] in wanted), b""])


def _contract(fields: list[dict[str, Any]]) -> dict[str, Any]:
    kept = {"access": "publica", "personal": "none", "treatment": "keep"}
    columns = [
        {
            "name": one["name"],
            "source": one["name"],
            "title": "T",
            "description": "D",
            "type": one["type"],
            "empty_string": "keep" if one["type"] == "string" else "null",
            **({"decimal": {"precision": 4, "scale": 4}} if one["type"] == "number" else {}),
            **kept,
        }
        for one in fields
    ]
    return declared({"name": "cosas", "title": "C", "description": "D", "fields": columns})


def test_a_small_table_is_not_cut(tmp_path: Path) -> None:
    fields, rows = placed(1000)

    assert [one.format for one in made(tmp_path, fields, rows)] == ["xlsx"]


def test_a_dataset_without_a_version_or_rows_has_none(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    empty = entry(table(public, [field("n")], []))

    assert extra_files(public, empty, tmp_path) == []
    assert extra_files(public, dataclasses.replace(empty, latest=None, tables=()), tmp_path) == []


def test_a_table_that_is_gone_is_an_error_in_our_words(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    one = table(public, [field("nombre")], [("secreto",)])
    public.delete(one.files[0].permanent)

    with pytest.raises(StorageError, match="gone"):
        extra_files(public, entry(one), tmp_path)


@trying(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="￾￿"), max_size=20),
        min_size=1,
        max_size=8,
    )
)
def test_any_text_comes_back_from_the_workbook(tmp_path: Path, texts: list[str]) -> None:
    (extra,) = made(tmp_path, [field("texto")], [(one,) for one in texts])

    read = [row[0] for row in sheet_of(extra)[1:]]
    assert [unescape(one or "") for one in read] == texts
