"""Old workbooks (BIFF): the same canonical form as new ones; broken and foreign ones refused."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apertura.contract.intake import XlsReader, XlsxReader
from apertura.errors import ReaderError
from examples import examples

Read = Callable[..., Any]
SECRET = "MARIA PEREZ 2345678901234"
DAY = xlwt.easyxf(num_format_str="YYYY-MM-DD")
CLOCK = xlwt.easyxf(num_format_str="HH:MM:SS")


def xls(**declared: Any) -> XlsReader:
    return XlsReader(format="xls", **declared)


def workbook(rows: list[list[Any]], **sheets: list[list[Any]]) -> bytes:
    book = xlwt.Workbook()
    for title, content in {"Hoja1": rows, **sheets}.items():
        sheet = book.add_sheet(title)
        for row, cells in enumerate(content):
            for column, value in enumerate(cells):
                if isinstance(value, dt.time):
                    sheet.write(row, column, value, CLOCK)
                elif isinstance(value, dt.date):
                    sheet.write(row, column, value, DAY)
                elif value is not None:
                    sheet.write(row, column, value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def refused(reading: Read, reader: XlsReader, content: bytes) -> str:
    with pytest.raises(ReaderError) as caught:
        reading(reader, content)
    error = caught.value
    assert error.message.startswith("sat/prueba")
    assert error.hint
    assert error.__cause__ is None
    assert error.__context__ is None
    for word in [*SECRET.split(), "[a*b]", "confidencial"]:
        assert word not in str(error)
    return error.message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (101, "101"),
        (101.5, "101.5"),
        (402956872.02, "402956872.02"),
        (1e-7, "0.0000001"),
        (True, "TRUE"),
        (False, "FALSE"),
        (dt.date(2018, 12, 31), "2018-12-31"),
        (dt.datetime(2018, 12, 31, 23, 59, 1), "2018-12-31T23:59:01"),
        (dt.time(6, 5), "06:05:00"),
        ("0101", "0101"),
        (" Petén ñ ", " Petén ñ "),
        ("a_x000D_b", "a_x000D_b"),
    ],
)
def test_values_have_the_form_of_new_workbooks(reading: Read, value: Any, text: str) -> None:
    assert reading(xls(), workbook([["a", "b"], [value, "x"]]))[1] == [(text, "x")]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@hypothesis_settings(max_examples=examples(25), deadline=None)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_text_a_writer_wrote_is_read_back_equal(reading: Read, rows: list[tuple[str, str]]) -> None:
    assert reading(xls(), workbook([["uno", "dos"], *map(list, rows)]))[1] == rows


def test_the_declared_sheet_and_header_row(reading: Read) -> None:
    data = workbook([["x"], ["1"]], Datos=[["Título"], [], ["Año", 1003], [2023, 5.5], [], [2024, 1]])
    table, values = reading(xls(sheet="Datos", header_row=3), data)
    assert table.columns == ["Año", "1003"]
    assert values == [("2023", "5.5"), (None, None), ("2024", "1")]
    assert reading(xls(), data)[1] == [("1",)]
    assert "none of the workbook's 2 sheets is named 'Otra'" in refused(reading, xls(sheet="Otra"), data)


def test_several_header_rows_are_joined_the_upper_ones_carried_on(reading: Read) -> None:
    rows: list[list[Any]] = [
        ["Estación", None, 2019, None],
        ["código", "nombre", "lluvia", "viento"],
        ["1", "Cobán", 3, 4],
    ]
    new = openpyxl.Workbook()
    assert new.active is not None
    for row in rows:
        new.active.append(row)
    stream = io.BytesIO()
    new.save(stream)
    for reader, content in (
        (xls(header_rows=2), workbook(rows)),
        (XlsxReader(format="xlsx", header_rows=2), stream.getvalue()),
    ):
        table, values = reading(reader, content)
        assert table.columns == ["Estación código", "Estación nombre", "2019 lluvia", "2019 viento"]
        assert values == [("1", "Cobán", "3", "4")]


def test_a_header_of_several_rows_that_gives_one_name_twice_is_refused(reading: Read) -> None:
    data = workbook([["a", None], ["x", "x"], ["1", "2"]])
    assert "columns 1 and 2 have the same name" in refused(reading, xls(header_rows=2), data)
    assert "ends before row 5" in refused(reading, xls(header_rows=5), data)


GOOD = workbook([["a", "confidencial"], [SECRET, "2"]])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no Excel workbook"),
        (b"a,b\n1,2\n", "no Excel workbook"),
        (b"<html>MARIA PEREZ</html>", "web page"),
        (b"PK\x03\x04 MARIA", "zip archive or a new Excel workbook"),
        (GOOD[:600], "cannot be read"),
        (GOOD[:8] + b"\xff" * 4000, "cannot be read"),
        (workbook([["a"]]), "no rows"),
        (workbook([["a", None, "c"], [1, 2, 3]]), "column 2 of 3 has no name"),
        (workbook([["a", "A"], [1, 2]]), "columns 1 and 2 have the same name"),
        (workbook([["a"], [1, SECRET]]), "row 2 has a value in column 2"),
        (workbook([]), "ends before row 1"),
    ],
    ids=["empty", "text", "page", "new", "cut", "noise", "no rows", "no name", "same", "past", "nothing"],
)
def test_bad_workbooks_are_refused_without_a_word_of_them(reading: Read, content: bytes, says: str) -> None:
    assert says in refused(reading, xls(), content)
