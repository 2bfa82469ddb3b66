"""SPSS files read as declared: codes or labels, dates, missing values, encodings; what is no such file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apertura.contract.intake import SavReader
from apertura.errors import ReaderError
from apertura.readers import sav

Read = Callable[..., Any]


def reader(**declared: Any) -> SavReader:
    return SavReader(format="sav", **declared)


def saved(folder: Path, columns: Mapping[str, Sequence[object]], **about: Any) -> bytes:
    """An SPSS file of these variables as bytes."""
    path = folder / "made.sav"
    pyreadstat.write_sav(pd.DataFrame(dict(columns)), str(path), **about)
    return path.read_bytes()


def test_codes_labels_dates_and_missing_values(reading: Read, tmp_path: Path) -> None:
    content = saved(
        tmp_path,
        {
            "AÑOREG": [2020.0, 2021.0, None],
            "SEXO": [1.0, 2.0, 9.0],
            "PUEBLO": [1.0, 4.0, 7.0],
            "MUPOCU": ["0101", "2217", ""],
            "PESO": [2.5, 0.1, 1e21],
            "DIA": [dt.date(2020, 2, 29), None, dt.date(1899, 1, 1)],
            "CUANDO": [dt.datetime(2020, 1, 2, 3, 4, 5), None, dt.datetime(2020, 1, 2)],
        },
        variable_value_labels={
            "SEXO": {1.0: "Hombre", 2.0: "Mujer", 9.0: "Ignorado"},
            "PUEBLO": {1.0: "Maya", 4.0: "Ladino"},
            "MUPOCU": {"0101": "Guatemala"},
        },
        missing_ranges={"SEXO": [9]},
    )
    table, rows = reading(reader(labels=["PUEBLO", "PPERHOM"]), content)
    assert table.columns == ["AÑOREG", "SEXO", "PUEBLO", "MUPOCU", "PESO", "DIA", "CUANDO"]
    assert rows == [
        ("2020", "1", "Maya", "0101", "2.5", "2020-02-29", "2020-01-02T03:04:05"),
        ("2021", "2", "Ladino", "2217", "0.1", None, None),
        (None, "9", "7", "", "1000000000000000000000", "1899-01-01", "2020-01-02"),
    ]
    _, labelled = reading(reader(labels=["SEXO", "MUPOCU"]), content)
    assert [row[1] for row in labelled] == ["Hombre", "Mujer", "Ignorado"]
    assert [row[3] for row in labelled] == ["Guatemala", "2217", ""]


@hypothesis_settings(max_examples=15, deadline=None)
@given(
    texts=st.lists(st.text(st.sampled_from("aÑé0 '\"|"), max_size=6), min_size=1, max_size=9),
    most=st.integers(min_value=1, max_value=4),
)
def test_texts_come_as_they_are_however_the_file_is_cut(
    reading: Read, tmp_path_factory: pytest.TempPathFactory, texts: list[str], most: int
) -> None:
    content = saved(tmp_path_factory.mktemp("sav"), {"T": texts, "N": [float(n) for n in range(len(texts))]})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sav, "LEAST_ROWS", most)
        patched.setattr(sav, "CELLS", 1)
        _, rows = reading(reader(), content)
    assert rows == [(text.rstrip(" "), str(number)) for number, text in enumerate(texts)]


def test_several_files_of_one_shape_become_one_table(reading: Read, tmp_path: Path) -> None:
    one, other = (saved(tmp_path, {"EDAD": [age]}) for age in (30.0, 999.0))
    table, rows = reading(reader(), one, other)
    assert (table.rows, rows) == (2, [("30",), ("999",)])


def test_a_declared_encoding_goes_before_the_file_s_own(reading: Read, tmp_path: Path) -> None:
    content = saved(tmp_path, {"LUGAR": ["Petén", "Ñuflo"]})
    _, rows = reading(reader(encoding="latin-1"), content)
    assert rows == [("PetÃ©n",), ("Ã\x91uflo",)], "read as declared, even where the file knows better"
    broken = content.replace("Petén".encode(), b"Pet\xe9n ")
    with pytest.raises(ReaderError, match="cannot be read") as raised:
        reading(reader(encoding="utf-8"), broken)
    assert "Pet" not in str(raised.value)
    assert "encoding" in (raised.value.hint or "")


@pytest.mark.parametrize("cut", [0, 3, 120, 400, -9])
def test_a_damaged_file_is_refused_and_never_quoted(reading: Read, tmp_path: Path, cut: int) -> None:
    content = saved(tmp_path, {"NOMBRE": ["Ixchel Zarzañoquix"] * 50, "N": [float(n) for n in range(50)]})
    with pytest.raises(ReaderError) as raised:
        reading(reader(), content[:cut])
    assert "Zarza" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize("content", [b"EDAD,SEXO\n1,2\n", b"<html><body>403</body></html>", b"PK\x03\x04zip"])
def test_what_is_no_spss_file_is_refused(reading: Read, content: bytes) -> None:
    with pytest.raises(ReaderError, match="not an SPSS system file"):
        reading(reader(), content)


def test_a_file_without_rows_is_refused(reading: Read, tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="no rows"):
        reading(reader(), saved(tmp_path, {"EDAD": pd.Series([], dtype=float)}))


@pytest.mark.real
def test_ine_vital_statistics(reading: Read, real_extracts: Path) -> None:
    rows = {}
    for path in sorted((real_extracts / "ine_vitales").glob("*.sav")):
        table, found = reading(reader(labels=["PPERHOM", "PUEHOM", "GETHOM"]), path.read_bytes())
        rows[table.rows, len(table.columns)] = (table.columns, found)
    assert sorted(rows) == [(4_074, 19), (5_157, 18), (5_542, 18), (5_665, 19), (9_621, 19), (57_387, 22)]
    columns, found = rows[57_387, 22]
    assert columns[:6] == ["DEPREG", "MUPREG", "MESREG", "AÑOREG", "AÑOOCU", "CLAUNI"]
    assert {row[columns.index("PUEHOM")] for row in found} == {
        "Maya", "Garífuna", "Xinka", "Ladino / Mestizo", "Otro", "Ignorado",
    }  # fmt: skip
    assert found[0][columns.index("MUPOCU")] == "0115"
