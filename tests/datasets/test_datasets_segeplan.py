"""segeplan/ranking-municipal: 340 municipalities, formulas by their saved values, nothing past the data."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from datasets_scene import Ran, through

from apertura.errors import QualityError, ReaderError, ToleranceError
from apertura_demo import segeplan
from apertura_demo.workbooks import Cell, workbook

DATASET = "segeplan/ranking-municipal"
NAME = "ranking-municipal"
YOUNG = {"Sipacate", "San José La Máquina", "La Blanca", "Petatán", "El Chal", "San Jorge"}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("segeplan")
    return through(folder, DATASET, segeplan.write(folder / "source"))


def holds_340_municipalities(ran: Ran) -> None:
    rows = ran.rows(NAME)
    assert len(rows) == len({row["municipio_codigo"] for row in rows}) == 340
    assert {row["municipio"] for row in rows if row["indice_2013"] is None} == YOUNG
    for row in rows:
        assert row["municipio_codigo"].startswith(row["departamento_codigo"])
        known = [row[f"indice_{year}"] for year in (2013, 2016, 2018) if row[f"indice_{year}"] is not None]
        # The source's formula, worked out again.
        assert abs(row["promedio"] - sum(known) / len(known)) < Decimal("0.00000001")


def test_formulas_are_values_and_six_cells_are_empty(generated: Ran) -> None:
    holds_340_municipalities(generated)
    assert generated.document("protect")["rows_in"] == 340
    assert not generated.warnings()


def test_codes_keep_their_zeros_and_names_their_accents(generated: Ran) -> None:
    lines = generated.csv(NAME)
    assert lines[0] == (
        "departamento_codigo,departamento,municipio_codigo,municipio,indice_2013,indice_2016,indice_2018,promedio"
    )
    assert any(line.startswith("09,Quetzaltenango,0921,Génova,0.") for line in lines)
    assert any(line.startswith("17,Petén,1714,El Chal,,0.") for line in lines)


def changed(folder: Path, column: int, value: Cell, *, leave: int = 340) -> Path:
    table = segeplan.rows()[:leave]
    table[0][column] = value
    path = folder / segeplan.NAME
    path.write_bytes(workbook({"final": [list[Cell](segeplan.HEADER), *table]}))
    return path


@pytest.mark.parametrize(
    ("column", "value"),
    [(0, 102.0), (1, "Guatemala de la Nada"), (2, 7.0), (5, "alto"), (5, 0.57904)],
    ids=["another town's code", "no such town", "another department", "no number", "too many decimals"],
)
def test_a_row_that_contradicts_itself_stops_the_run(tmp_path: Path, column: int, value: Cell) -> None:
    with pytest.raises(ToleranceError):
        through(tmp_path, DATASET, [changed(tmp_path, column, value)], last="clean")


def test_a_formula_without_its_value_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / segeplan.NAME
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "final"
    sheet.append(list(segeplan.HEADER))
    sheet.append([101, "Guatemala", 1, "Guatemala", 0.5, 0.5, 0.5, "=AVERAGE(E2:G2)"])
    book.save(path)
    with pytest.raises(ReaderError, match="1 formulas were saved without their values"):
        through(tmp_path, DATASET, [path], last="deidentify")


def test_a_missing_municipality_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(QualityError, match="expect_table_row_count_to_equal"):
        through(tmp_path, DATASET, [changed(tmp_path, 5, 0.5, leave=339)], last="validate")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_extracts: Path) -> Ran:
    (path,) = (real_extracts / "segeplan").glob("*.xlsx")
    return through(tmp_path_factory.mktemp("segeplan-real"), DATASET, [path], last="validate")


@pytest.mark.real
def test_the_real_ranking(real: Ran) -> None:
    holds_340_municipalities(real)
    rows = {row["municipio_codigo"]: row for row in real.rows(NAME)}
    # Looked up by eye in the workbook: its rows 2, 9 and Petatán's.
    assert [str(rows["0101"][name]) for name in ("indice_2013", "indice_2018", "promedio")] == [
        "0.5181",
        "0.5936",
        "0.5635666667",
    ]
    assert (rows["0108"]["municipio"], rows["0108"]["indice_2016"]) == ("Mixco", Decimal("0.5461"))
    assert (rows["1333"]["indice_2013"], rows["1333"]["promedio"]) == (None, Decimal("0.4225"))


@pytest.mark.real
def test_sums_equal_the_source_s(real: Ran, real_extracts: Path) -> None:
    (path,) = (real_extracts / "segeplan").glob("*.xlsx")
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    source = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[0] is not None]
    for column, name in ((4, "indice_2013"), (5, "indice_2016"), (6, "indice_2018")):
        expected = sum(Decimal(repr(row[column])) for row in source if row[column] is not None)
        assert sum(row[name] for row in real.rows(NAME) if row[name] is not None) == expected
