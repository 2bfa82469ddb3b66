"""Workbooks: values as text in one canonical form; broken, foreign and hostile ones refused."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apertura.contract.intake import XlsxReader
from apertura.errors import ReaderError
from examples import examples

Read = Callable[..., Any]
SECRET = "MARIA PEREZ 2345678901234"


def xlsx(**declared: Any) -> XlsxReader:
    return XlsxReader(format="xlsx", **declared)


def workbook(rows: list[list[Any]], **sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    for row in rows:
        first.append(row)
    for title, content in sheets.items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def repacked(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same workbook with its members changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            target.writestr(member.filename, change(member.filename, source.read(member)))
    return out.getvalue()


def refused(reading: Read, reader: XlsxReader, content: bytes) -> str:
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


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff_"),
    min_size=1,
    max_size=12,
).filter(lambda text: not text.startswith("="))
NASTY = st.sampled_from(
    [
        "0101",
        " antes",
        "después ",
        "a\nb",
        '"',
        "ñandú",
        "\u00a0",
        "<b>&amp;",
        "+1",
        "1E5",
        "TRUE",
        "#N/A?",
        "á" * 999,
    ]
)


@hypothesis_settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(TEXT.filter(str.strip), min_size=1, max_size=4, unique_by=lambda name: name.casefold()),
    data=st.data(),
)
def test_text_a_writer_wrote_is_read_back_equal(reading: Read, names: list[str], data: st.DataObject) -> None:
    cell = st.one_of(st.none(), NASTY, TEXT)
    row = st.lists(cell, min_size=len(names), max_size=len(names)).filter(any)
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    table, values = reading(xlsx(), workbook([names, *rows]))
    assert table.columns == names
    assert values == [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (101, "101"),
        (101.0, "101"),
        (-3.0, "-3"),
        (1e22, "1" + "0" * 22),
        (0.1, "0.1"),
        (402956872.02, "402956872.02"),
        (1e-7, "0.0000001"),
        (-1.5e-10, "-0.00000000015"),
        (True, "TRUE"),
        (False, "FALSE"),
        (dt.datetime(2018, 12, 31), "2018-12-31"),
        (dt.date(2018, 2, 28), "2018-02-28"),
        (dt.datetime(2018, 12, 31, 23, 59, 1), "2018-12-31T23:59:01"),
        (dt.time(6, 5), "06:05:00"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        ("#DIV/0!", "#DIV/0!"),
        ("0101", "0101"),
        ("a_x000D_\nb", "a\r\nb"),
        ("a_x0041_b", "a_x0041_b"),
    ],
)
def test_values_have_one_canonical_form(reading: Read, value: Any, text: str) -> None:
    assert reading(xlsx(), workbook([["a", "b"], [value, "x"]]))[1] == [(text, "x")]


@hypothesis_settings(max_examples=examples(25), deadline=None)
@given(
    numbers=st.lists(
        # fifteen digits are what Excel keeps, and the writer writes
        st.floats(min_value=-1e20, max_value=1e20).map(lambda number: float(f"{number:.15g}")),
        min_size=1,
        max_size=20,
    )
)
def test_numbers_keep_their_value(reading: Read, numbers: list[float]) -> None:
    rows = reading(xlsx(), workbook([["n"], *([n] for n in numbers)]))[1]
    for number, (text,) in zip(numbers, rows, strict=True):
        assert float(text) == number
        assert "e" not in text.lower()
        assert Decimal(text) == Decimal(repr(number))


def test_empty_rows_and_columns_past_the_data_are_left_out_and_counted(reading: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["a", "b"], ["1", None], [None, None], [None, "4"]):
        sheet.append(row)
    sheet["F900"].number_format = "0.00"
    table, values = reading(xlsx(), saved(book))
    assert table.columns == ["a", "b"]
    assert values == [("1", None), (None, None), (None, "4")]
    assert table.notes == ["896 empty rows after the last row with data left out"]


def test_the_declared_sheet_and_header_row(reading: Read) -> None:
    data = workbook([["x"], ["1"]], Datos=[["Título"], [None], ["Año", 1003], ["2023", 5.5]])
    table, values = reading(xlsx(sheet="Datos", header_row=3), data)
    assert table.columns == ["Año", "1003"]
    assert values == [("2023", "5.5")]
    assert reading(xlsx(), data)[1] == [("1",)]
    assert "none of the workbook's 2 sheets is named 'Otra'" in refused(reading, xlsx(sheet="Otra"), data)


def test_a_stated_range_that_is_too_small_hides_nothing(reading: Read) -> None:
    data = repacked(
        workbook([["a", "b"], ["1", "2"], ["3", "4"]]),
        lambda name, part: part.replace(b'ref="A1:B3"', b'ref="A1"') if "sheet1" in name else part,
    )
    assert reading(xlsx(), data)[1] == [("1", "2"), ("3", "4")]


def cached(value: bytes) -> bytes:
    """A workbook with one formula, its cached value as given."""
    return repacked(
        workbook([["a", "b"], ["x", "=1+1"]]),
        lambda name, part: part.replace(b"<v></v>", value).replace(b"<v />", value).replace(b"<v/>", value),
    )


def test_formulas_are_their_cached_values(reading: Read) -> None:
    assert reading(xlsx(), cached(b"<v>2</v>"))[1] == [("x", "2")]
    assert reading(xlsx(), cached(b"<v>0</v>"))[1] == [("x", "0")]
    for nothing in (b"", b"<v/>", b"<v></v>"):
        assert "1 formulas were saved without their values" in refused(reading, xlsx(), cached(nothing))


def test_a_formula_that_gives_an_empty_text_has_a_value(reading: Read) -> None:
    data = repacked(cached(b"<v></v>"), lambda name, part: part.replace(b'r="B2"', b'r="B2" t="str"'))
    assert reading(xlsx(), data)[1] == [("x", None)]


def test_several_workbooks_make_one_table(reading: Read) -> None:
    values = reading(xlsx(), workbook([["a"], ["1"]]), workbook([["a"], ["2"]]))[1]
    assert values == [("1",), ("2",)]


def test_a_date_out_of_range_is_not_quoted_by_a_warning(reading: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a"])
    sheet.append([99999999])
    sheet["A2"].number_format = "yyyy-mm-dd"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = reading(xlsx(), saved(book))[1]
    assert rows == [("#VALUE!",)]


GOOD = workbook([["a", "confidencial"], [SECRET, "2"]])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a whole zip archive"),
        (b"a,b\n1,2\n", "not a whole zip archive"),
        (GOOD[: len(GOOD) // 2], "not a whole zip archive"),
        (b"<html>MARIA PEREZ</html>", "web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted"),
        (workbook([["a"]]), "no rows"),
        (workbook([["a", None, "c"], [1, 2, 3]]), "column 2 of 3 has no name"),
        (workbook([["a", "A"], [1, 2]]), "columns 1 and 2 have the same name"),
        (workbook([["a"], [1, SECRET]]), "row 2 has a value in column 2"),
        (workbook([]), "ends before row 1"),
        (workbook([[None, None], ["a"]]), "header row is empty"),
    ],
    ids=[
        "empty",
        "text",
        "cut",
        "page",
        "old",
        "no rows",
        "no name",
        "same name",
        "past",
        "nothing",
        "blank",
    ],
)
def test_bad_workbooks_are_refused_without_a_word_of_them(reading: Read, content: bytes, says: str) -> None:
    assert says in refused(reading, xlsx(), content)


def test_a_damaged_sheet_is_refused(reading: Read) -> None:
    cut = repacked(GOOD, lambda name, part: part[: len(part) * 2 // 3] if "sheet1" in name else part)
    assert "cannot be read" in refused(reading, xlsx(), cut)
    assert "ends before row 9" in refused(reading, xlsx(header_row=9), GOOD)


def test_a_zip_that_is_no_workbook_is_refused(reading: Read) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(f"{SECRET}.txt", "confidencial")
    assert "not a workbook" in refused(reading, xlsx(), out.getvalue())


def test_a_zip_bomb_is_refused_before_it_unpacks(reading: Read) -> None:
    bomb = repacked(GOOD, lambda name, part: part + b" " * (80 << 20) if "sheet1" in name else part)
    assert len(bomb) < 1 << 20
    assert "more than is safe" in refused(reading, xlsx(), bomb)


def test_a_document_type_is_refused(reading: Read) -> None:
    entity = b'<!DOCTYPE x [<!ENTITY a "confidencial">]>'
    hostile = repacked(GOOD, lambda name, part: entity + part if "sheet1" in name else part)
    assert "document type" in refused(reading, xlsx(), hostile)


def test_a_row_number_past_every_workbook_ends_soon(reading: Read) -> None:
    far = repacked(
        GOOD,
        lambda name, part: part.replace(b'<row r="2"', b'<row r="2000000"') if "sheet1" in name else part,
    )
    assert "larger than a workbook can be" in refused(reading, xlsx(), far)
