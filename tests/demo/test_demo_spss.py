"""SPSS files written byte by byte are what SPSS's own readers take them for, in windows-1252."""

from __future__ import annotations

from pathlib import Path

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apertura_demo.spss import Variable, system_file

CELLS = st.tuples(
    st.one_of(st.none(), st.integers(-(10**6), 10**6), st.floats(-1e9, 1e9, allow_nan=False)),
    st.text(st.sampled_from("aÑé9 €|"), max_size=20),
)


@hypothesis_settings(max_examples=40, deadline=None)
@given(rows=st.lists(CELLS, min_size=1, max_size=6), width=st.sampled_from([20, 38]))
def test_what_is_written_is_read(
    rows: list[tuple[float | None, str]], width: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("spss") / "made.sav"
    variables = [
        Variable("AÑOREG", label="Año de registro", labels={1: "Uno", 9: "Niño"}),
        Variable("TEXTO", width, label="Ñ"),
    ]
    path.write_bytes(system_file(variables, rows, label="Título", notes="Una línea"))
    cells, about = pyreadstat.read_sav(str(path), output_format="dict")
    assert cells["AÑOREG"] == [None if number is None else float(number) for number, _ in rows]
    assert cells["TEXTO"] == [text.rstrip(" ") for _, text in rows]
    assert about.file_encoding == "windows-1252"
    assert (about.file_label, about.notes) == ("Título", ["Una línea"])
    assert about.variable_value_labels == {"AÑOREG": {1.0: "Uno", 9.0: "Niño"}}
    assert about.number_rows == len(rows)


def test_equal_rows_give_equal_bytes() -> None:
    variables = [Variable("SEXO", labels={1: "Hombre"})]
    assert system_file(variables, [[1], [None]]) == system_file(variables, [[1], [None]])


def test_a_text_longer_than_its_place_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than its place"):
        system_file([Variable("TEXTO", 4)], [["123456789"]])


def test_the_reader_takes_names_and_texts_in_windows_1252(tmp_path: Path) -> None:
    from apertura.contract.intake import SavReader
    from apertura.readers import header

    path = tmp_path / "made.sav"
    path.write_bytes(system_file([Variable("AÑOREG"), Variable("MUPOCU", 8)], [[2020, "0101"]]))
    assert header(SavReader(format="sav"), path) == ["AÑOREG", "MUPOCU"]
