"""The preview of a table: published rows as text, what is protected told as protected."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matter_scene import bucket, counted, field, money, table

from apertura.catalogue.model import Table
from apertura.errors import StorageError
from apertura.portal import figures
from apertura.portal.preview import LONGEST, preview


def texts(public_folder: Path, fields: list[dict], rows: list[tuple], **more: object) -> list[list[str]]:
    public = bucket(public_folder)
    shown = preview(public, table(public, fields, rows, **more))
    assert shown is not None
    return [[cell.text for cell in row] for row in shown.rows]


def test_values_are_written_as_guatemala_writes_them(tmp_path: Path) -> None:
    fields = [
        money("monto"),
        field("vigente", "boolean"),
        field("fecha", "date"),
        field("momento", "datetime"),
    ]
    rows = [(1234567.5, True, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 7, 5))]

    assert texts(tmp_path, fields, rows) == [["1,234,567.50", "sí", "29/02/2024", "29/02/2024 07:05"]]


def test_codes_years_and_keys_keep_their_digits(tmp_path: Path) -> None:
    fields = [field("id", "integer"), field("anio", "integer"), field("codigo"), field("personas", "integer")]

    assert texts(tmp_path, fields, [(12345, 2024, "0101", 12345)]) == [["12345", "2024", "0101", "12,345"]]


def test_what_is_suppressed_is_protected_and_never_zero_or_empty(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    rows = [(None, "suprimido"), (0, None), (None, "no_disponible"), (None, None)]

    shown = preview(public, table(public, counted(), rows))

    assert shown is not None
    assert shown.protected
    cells = [row[0] for row in shown.rows]
    assert [cell.state for cell in cells] == ["protegido", "", "no disponible", "vacío"]
    assert [cell.text for cell in cells] == ["protegido", "0", "no disponible", ""]


def test_a_value_generalised_to_nothing_is_protected(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    fields = [field("edad", **{"apertura:nivel": "sin distinguir"}), field("nota")]

    shown = preview(public, table(public, fields, [("*", "*")]))

    assert shown is not None
    assert [cell.state for cell in shown.rows[0]] == ["protegido", ""]


def test_long_texts_are_cut_and_say_so(tmp_path: Path) -> None:
    public = bucket(tmp_path)

    shown = preview(public, table(public, [field("nota")], [("á" * 5000,), ("corta",)]))

    assert shown is not None
    assert len(shown.rows[0][0].text) == LONGEST
    assert shown.rows[0][0].text.endswith("…")
    assert [row[0].cut for row in shown.rows] == [True, False]


def test_only_the_first_rows_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    public = bucket(tmp_path)

    shown = preview(public, table(public, [field("n", "integer")], [(n,) for n in range(250)]))

    assert shown is not None
    assert [row[0].text for row in shown.rows] == [str(n) for n in range(100)]
    assert shown.total == 250


def test_measures_are_numeric_and_codes_are_not(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    shown = preview(public, table(public, [money("monto"), field("anio", "integer"), field("nombre")], []))

    assert shown is not None
    assert [one.numeric for one in shown.fields] == [True, False, False]
    assert shown.rows == ()
    assert shown.fields[0].unit == "GTQ"


def test_markup_in_a_cell_stays_text(tmp_path: Path) -> None:
    assert texts(tmp_path, [field("nombre")], [("<script>alert(1)</script>",)]) == [
        ["<script>alert(1)</script>"]
    ]


def test_nested_documents_have_no_preview(tmp_path: Path) -> None:
    assert preview(bucket(tmp_path), Table("ocds", "OCDS", "", None, None, ())) is None


def test_a_table_that_is_gone_is_an_error_in_our_words(tmp_path: Path) -> None:
    public = bucket(tmp_path)
    made = table(public, [field("nombre")], [("secreto",)])
    public.delete(made.files[0].permanent)

    with pytest.raises(StorageError, match=r"cosas\.parquet is gone"):
        preview(public, made)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_number_in_words_is_still_that_number(value: Decimal) -> None:
    told = figures.number(value)
    assert Decimal(told.replace(",", "").replace("−", "-")) == value
    assert "-" not in told


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_says_so(value: float) -> None:
    assert figures.number(value) == "sin dato"


def test_shares_in_words() -> None:
    assert [figures.percent(x) for x in (0, 0.0004, 0.051, 0.345, 1)] == [
        "0.0 %",
        "menos de 0.1 %",
        "5.1 %",
        "35 %",
        "100 %",
    ]
