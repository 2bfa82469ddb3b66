"""Drafts of real extracts: the reader settings of our own contracts, a reader or a reason for each file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from apertura.contract import load_contract
from apertura.contract.intake import DelimitedReader
from apertura.draft.make import draft
from apertura.draft.recognise import Recognised, recognise
from apertura.errors import ReaderError
from apertura.prepare import engine
from apertura.settings import Settings

HOME = Path(__file__).resolve().parents[2]

FILES = {
    "banguat/Importaciones.csv": ("delimited", 77_655, 8),
    "banguat/Tipo de cambio y tasa de  Interes - Tipo de Cambio Venta.xlsx": ("xlsx", 273, 3),
    "guatecompras/release.json": ("json", None, None),
    "ine_transito/2017 - Hechos de Transito.xlsx": ("xlsx", 5_879, 17),
    "ine_vitales/PZrZNHRSBszrytG8VuGha9WbabSmldOl.sav": ("sav", None, None),
    "insivumeh/database_dataset.csv": ("delimited", 6_018, 69),
    "insivumeh/database_monthly_data_by_station.csv": ("delimited", 25_685, 33),
    "justicia/datasheets.json": ("json", 534, None),
    "mspas/covid_fallecidos_municipio_2020_archivo_local.csv": ("delimited", 112, 1_013),
    "mspas/3. Desnutricion.xlsx": ("xlsx", 4_220, 16),
    "segeplan/1. Ranking Municipal - SEGEPLAN.xlsx": ("xlsx", 340, 8),
}
"""Path -> format, rows, columns; None where another test counts them."""

pytestmark = pytest.mark.real


def _found(settings: Settings, *paths: Path) -> Recognised:
    with tempfile.TemporaryDirectory() as name, engine.connect(settings, Path(name)) as connection:
        return recognise(paths, Path(name), connection)


@pytest.mark.parametrize("file", list(FILES))
def test_each_file_is_read_whole(real_extracts: Path, settings: Settings, file: str) -> None:
    found = _found(settings, real_extracts / file)
    kind, rows, columns = FILES[file]
    assert found.reader.format == kind
    assert rows in (None, found.table.rows)
    assert columns in (None, len(found.table.columns))


def test_sat_s_reader_is_that_of_our_contract(real_extracts: Path, settings: Settings) -> None:
    (path,) = (real_extracts / "sat").iterdir()
    found = _found(settings, path)
    assert isinstance(found.reader, DelimitedReader)
    assert found.reader == load_contract(HOME / "include/datasets/sat/importacion-vehiculos.yaml").reader
    assert found.table.rows == 28_859


@pytest.mark.parametrize("files", ["ZACAPA.xls", "*.xls"])
def test_mineduc_s_reader_is_that_of_our_contract(
    real_extracts: Path, settings: Settings, files: str
) -> None:
    found = _found(settings, *sorted((real_extracts / "mineduc").glob(files)))
    contract = load_contract(HOME / "include/datasets/mineduc/establecimientos-diversificado.yaml")
    assert found.reader == contract.reader


def test_a_dictionary_with_merged_titles_is_refused(real_extracts: Path, settings: Settings) -> None:
    path = real_extracts / "ine_transito/02 - Diccionario de Hechos de Transito.xlsx"
    with pytest.raises(ReaderError, match="names the columns"):
        _found(settings, path)


def test_a_directory_of_schools_proposes_no_person(real_extracts: Path, settings: Settings) -> None:
    made = draft([real_extracts / "mineduc/ZACAPA.xls"], settings)
    treatment = {column["field"]: column["treatment"] for column in made.columns}
    assert [name for name, what in treatment.items() if what == "drop"] == [
        "telefono",
        "supervisor",
        "director",
    ]
    assert treatment["nivel"] == treatment["sector"] == "keep"
    assert {"establecimiento", "direccion", "municipio"} <= {
        column["field"] for column in made.columns if column["access"] == "POR DECIDIR"
    }
