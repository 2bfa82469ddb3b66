"""Recognising a file: separator, quote, encoding, header, sheet; and refusing what has no header."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from draft_scene import plantings, written

from apertura.draft.make import draft
from apertura.draft.recognise import Recognised, recognise
from apertura.errors import ReaderError
from apertura.prepare import engine
from apertura.settings import Settings


def found(settings: Settings, *files: Path, sheet: int | None = None) -> Recognised:
    """What files are, read with the reader that was found."""
    with tempfile.TemporaryDirectory() as name, engine.connect(settings, Path(name)) as connection:
        return recognise(files, Path(name), connection, sheet=sheet)


def reader(settings: Settings, *files: Path, sheet: int | None = None) -> dict[str, Any]:
    """The settings of the reader that was found."""
    return found(settings, *files, sheet=sheet).reader.model_dump(mode="json")


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ["utf-8", "cp1252", "latin-1"]),
        ("utf-8-sig", ["utf-8", "cp1252", "latin-1"]),
        ("latin-1", ["latin-1", "cp1252"]),
        ("utf-16", ["utf-16"]),
    ],
)
def test_separator_and_encoding(
    settings: Settings, tmp_path: Path, separator: str, encoding: str, declared: list[str]
) -> None:
    made = found(settings, written(tmp_path / "x", plantings(), separator, encoding))
    assert made.reader.model_dump(mode="json") == {
        "format": "delimited",
        "separator": separator,
        "quote": '"' if separator in ",;" else "",
        "encodings": declared,
        "header_row": 1,
        "header_rows": 1,
        "trailing_separator": False,
    }
    assert made.table.columns == plantings()[0]
    assert made.table.rows == 60


def test_a_byte_that_only_windows_has_puts_windows_first(settings: Settings, tmp_path: Path) -> None:
    rows = [[value.replace("Área", "Área €") for value in row] for row in plantings()]
    made = reader(settings, written(tmp_path / "x", rows, encoding="cp1252"))
    assert made["encodings"] == ["cp1252", "latin-1"]


def test_quotes_inside_values_are_characters_like_others(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("marca|línea|año\n" + 'FORD|5" EXHAUST|2001\nFIAT|UNO|1999\n' * 30, encoding="utf-8")
    assert reader(settings, path)["quote"] == ""


def test_quoted_values_are_quoted(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("sac,valor\n" + '0101,"6,000"\n0102,12\n' * 30, encoding="utf-8")
    assert reader(settings, path)["quote"] == '"'


def test_titles_above_the_header(settings: Settings, tmp_path: Path) -> None:
    rows = [["Instituto de prueba", *[""] * 6], ["Cifras de 2025", *[""] * 6], *plantings()]
    assert reader(settings, written(tmp_path / "x", rows))["header_row"] == 3


def test_a_separator_after_the_last_value(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("a|b|c\n" + "x|1|2|\n" * 30, encoding="utf-8")
    assert reader(settings, path)["trailing_separator"] is True
    path.write_text("a|b|c|\n" + "x|1|2|\n" * 30, encoding="utf-8")
    assert reader(settings, path)["trailing_separator"] is True
    path.write_text("a|b|c|otro\n" + "x|1|2|\n" * 30, encoding="utf-8")
    assert reader(settings, path)["trailing_separator"] is False


@pytest.mark.parametrize(
    "rows",
    [
        plantings()[1:],
        [["Flores", "Pino"], ["Cobán", "Cedro"], ["Flores", "Pino"]] * 10,
        [["1", "2"], ["3", "4"]] * 20,
    ],
    ids=["measured", "texts that come again", "numbers alone"],
)
def test_a_file_without_header_is_refused(settings: Settings, tmp_path: Path, rows: list[list[str]]) -> None:
    with pytest.raises(ReaderError, match="no row names the columns") as caught:
        found(settings, written(tmp_path / "x", rows))
    assert rows[0][0] not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 x", "a PDF"),
        (b"PAR1xxxx", "a Parquet file"),
        (b"PK\x03\x04 not a zip", "not a whole zip archive"),
        (b"a,b\n\x00\x01,\xff\n", "no text in UTF-8"),
        (b"solo una frase sin columnas.\nY otra, mas larga.\n", "no table|no row"),
    ],
)
def test_what_is_no_table_is_refused(settings: Settings, tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(ReaderError, match=words):
        found(settings, path)


def test_a_file_that_is_not_there_is_told_by_its_position(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"file 2 of 2: there is no such file") as caught:
        draft([written(tmp_path / "x", plantings()), tmp_path / "Ana López.csv"], settings)
    assert "Ana" not in str(caught.value)


def test_several_files_of_one_layout_are_one_table(settings: Settings, tmp_path: Path) -> None:
    rows = plantings()
    one = written(tmp_path / "a", rows[:31])
    two = written(tmp_path / "b", [rows[0], *rows[31:]])
    assert found(settings, one, two).table.rows == 60
    other = written(tmp_path / "d", [["x", "y"], ["1", "2"], ["3", "4"]])
    with pytest.raises(ReaderError, match="file 2 of 2"):
        found(settings, one, other)


def _workbook(path: Path, kind: str) -> Path:
    """A workbook whose second sheet holds the table under a title, beside two sheets of codes."""
    if kind == "xlsx":
        book = openpyxl.Workbook()
        sheets = [book.active, book.create_sheet("Datos"), book.create_sheet("Claves")]
        for sheet in (sheets[0], sheets[2]):
            for row in (["codigo", "valor"], [1, "Pino"], [2, "Cedro"]):
                sheet.append(row)
        sheets[1].append(["Plantaciones de 2025"])
        for row in plantings():
            sheets[1].append(row)
        book.save(path)
        return path
    old = xlwt.Workbook()
    for title, rows in (
        ("Hoja1", [["codigo", "valor"], ["1", "Pino"], ["2", "Cedro"]]),
        ("Datos", [["Plantaciones de 2025"], *plantings()]),
    ):
        sheet = old.add_sheet(title)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(at, column, value)
    old.save(str(path))
    return path


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_the_sheet_with_most_rows_and_its_header(settings: Settings, tmp_path: Path, kind: str) -> None:
    path = _workbook(tmp_path / "x", kind)
    made = found(settings, path)
    said = made.reader.model_dump()
    assert (said["format"], said["sheet"], said["header_row"]) == (kind, "Datos", 2)
    assert any("sheet 2 is drafted" in note for note in made.notes)
    assert reader(settings, path, sheet=1)["header_row"] == 1
    with pytest.raises(ReaderError, match="no sheet 9"):
        found(settings, path, sheet=9)


def test_a_web_page_that_states_its_rows(settings: Settings, tmp_path: Path) -> None:
    cells = "".join(f"<tr>{''.join(f'<td>{value}</td>' for value in row)}</tr>" for row in plantings())
    page = f"<html><body><table>{cells}</table><p>60 Plantaciones encontradas</p></body></html>"
    path = tmp_path / "x.xls"
    path.write_bytes(page.encode("latin-1"))
    assert reader(settings, path) == {
        "format": "html-table",
        "encodings": ["latin-1", "cp1252"],
        "count_pattern": r"(?P<n>\d+)\s+Plantaciones\s+encontradas",
    }
    path.write_bytes(page.replace("60 Pl", "61 Pl").encode("latin-1"))
    assert reader(settings, path)["count_pattern"] is None


def test_two_header_rows(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(
        " ,VARIABLE,E01,E02\nFECHA,VARIABLE,FLORES,ZACAPA\n" + "1/1/2022,LLUVIA,0.5,-99.9\n" * 30,
        encoding="utf-8",
    )
    made = reader(settings, path)
    assert (made["header_row"], made["header_rows"]) == (1, 2)
