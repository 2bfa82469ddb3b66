"""The institutions' own files, where they are at hand: counts and cells checked by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apertura.contract.intake import DelimitedReader, HtmlTableReader, XlsxReader

Read = Callable[..., Any]
pytestmark = pytest.mark.real


def one(folder: Path, pattern: str) -> bytes:
    """The one file of that pattern."""
    (path,) = folder.glob(pattern)
    return path.read_bytes()


def test_sat_vehicle_imports(reading: Read, real_extracts: Path) -> None:
    reader = DelimitedReader(format="delimited", separator="|", quote="")
    table, rows = reading(reader, one(real_extracts, "sat/web_imp_08012019.txt"))
    assert (table.rows, table.lines, len(table.columns)) == (28_859, 28_860, 18)
    assert table.columns[2] == " Fecha de la Poliza"
    assert rows[0][:6] == ("ESTADOS UNIDOS", "EXPRESS AEREO", "10/12/2018", " 8702107000", "2003", "FORD")
    assert all(row[3].startswith(" ") for row in rows)
    assert {row[17] for row in rows} == {""}
    assert len(rows) - len(set(rows)) == 15_367


def test_mineduc_schools(reading: Read, real_extracts: Path) -> None:
    reader = HtmlTableReader(
        format="html-table",
        encodings=["utf-8", "latin-1"],
        count_pattern=r"(?P<n>\d+) Establecimientos encontrados",
    )
    files = [path.read_bytes() for path in sorted((real_extracts / "mineduc").glob("*.xls"))]
    assert len(files) == 23
    table, rows = reading(reader, *files)
    assert table.columns[:5] == ["CODIGO", "DISTRITO", "DEPARTAMENTO", "MUNICIPIO", "ESTABLECIMIENTO"]
    assert len(table.columns) == 17
    assert table.rows == 8_337
    assert sum(any(value.strip() for value in row) for row in rows) == 8_314
    assert table.notes == ["23 rows of blank cells"]
    assert any("Ñ" in row[4] for row in rows)


def test_minfin_revenue(reading: Read, real_extracts: Path) -> None:
    table, rows = reading(XlsxReader(format="xlsx"), one(real_extracts, "minfin/*.xlsx"))
    assert (table.rows, len(table.columns), table.notes) == (30_203, 14, [])
    assert rows[0][:6] == ("1", "101", "GUATEMALA", "1", "GUATEMALA", "2016")
    assert rows[0][-1] == "402956872.02"


def test_segeplan_ranking_with_its_empty_range(reading: Read, real_extracts: Path) -> None:
    table, rows = reading(XlsxReader(format="xlsx"), one(real_extracts, "segeplan/*.xlsx"))
    assert (table.rows, len(table.columns)) == (340, 8)
    assert table.notes == ["659 empty rows after the last row with data left out"]
    assert rows[0] == ("101", "Guatemala", "1", "Guatemala", "0.5181", "0.579", "0.5936", "0.5635666667")


def test_ine_accidents(reading: Read, real_extracts: Path) -> None:
    table, rows = reading(XlsxReader(format="xlsx"), one(real_extracts, "ine_transito/2018 - Hechos*.xlsx"))
    assert (table.rows, len(table.columns)) == (6_395, 17)
    assert table.columns[:3] == ["núm_corre", "año_ocu", "día_ocu"]
    assert rows[0][:3] == ("1", "2018", "1")


def test_mspas_covid_with_a_thousand_columns(reading: Read, real_extracts: Path) -> None:
    table, rows = reading(DelimitedReader(format="delimited"), one(real_extracts, "mspas/covid*.csv"))
    assert (table.rows, len(table.columns)) == (112, 1_013)
    assert table.columns[5] == "3/15/2020"
    assert all(len(row) == 1_013 for row in rows)


def test_banguat_trade(reading: Read, real_extracts: Path) -> None:
    reader = DelimitedReader(format="delimited", encodings=["utf-8"])
    table, rows = reading(reader, one(real_extracts, "banguat/Importaciones.csv"))
    assert table.columns == ["ANYO", "MES", "SAC", "PAIS", "ADUANA", "VIA", "VALOR", "PESO"]
    assert table.rows == 77_655
    assert sum(len(row[2]) == 9 for row in rows) == 5_711


def test_banguat_header_below_titles(reading: Read, real_extracts: Path) -> None:
    table, rows = reading(
        XlsxReader(format="xlsx", sheet="Datos", header_row=3),
        one(real_extracts, "banguat/Tipo de cambio*.xlsx"),
    )
    assert table.columns == ["Año", "Mes", "Tipo de Cambio"]
    assert rows[0] == ("1995", "Enero", "5.74834")
