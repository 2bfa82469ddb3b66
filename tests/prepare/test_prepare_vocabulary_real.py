"""The vocabulary on what institutions really write: totals that were counted by hand once."""

from __future__ import annotations

import csv
import html.parser
import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest

from apertura.contract import Project
from apertura.prepare.vocabulary import load

pytestmark = pytest.mark.real
HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that knows the vocabulary."""
    with duckdb.connect() as database:
        load(database, Project(HOME).dataset("sat/importacion-vehiculos"))
        yield database


def answers(connection: duckdb.DuckDBPyConnection, query: str, values: list[str]) -> tuple[object, ...]:
    """One row over the values as column a of the table `given`."""
    connection.execute("CREATE OR REPLACE TEMP TABLE given AS SELECT unnest($1) AS a", [values])
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def test_lost_zeros_of_tariff_codes_are_proven_by_the_code_list(
    connection: duckdb.DuckDBPyConnection, real_extracts: Path
) -> None:
    with (real_extracts / "banguat" / "Importaciones.csv").open(encoding="utf-8-sig", newline="") as lines:
        codes = [row["SAC"] for row in csv.DictReader(lines)]
    book = openpyxl.load_workbook(real_extracts / "banguat" / "Catalogo.xlsx")
    known = [
        re.sub(r"\D", "", str(row[0])) for row in book["SAC 7a. E"].iter_rows(values_only=True) if row[0]
    ]
    connection.execute("CREATE OR REPLACE TEMP TABLE known AS SELECT unnest($1) AS code", [known])
    row = answers(
        connection,
        "SELECT count(*), count(*) FILTER (length(a) = 9), count(tariff_valid(a, 10)), "
        "count(*) FILTER (length(a) = 9 AND tariff_valid(a, 10) IN (SELECT code FROM known)) FROM given",
        codes,
    )
    assert row == (77_655, 5_711, 77_655, 5_711)


def test_every_marker_of_the_weather_records_is_missing_and_no_measure_is(
    connection: duckdb.DuckDBPyConnection, real_extracts: Path
) -> None:
    with (real_extracts / "insivumeh" / "database_dataset.csv").open(encoding="utf-8", newline="") as lines:
        cells = [cell for line in list(csv.reader(lines))[2:] for cell in line[2:]]
    missing = "(missing_weather(a) OR missing_spreadsheet(a) OR missing_common(a) OR trim_text(a) = '')"
    row = answers(
        connection,
        f"SELECT count(*) FILTER (missing_weather(a)), "
        f"count(*) FILTER (trim_text(a) = '-100'), "
        f"count(*) FILTER (trim_text(a) IN ('-99.96', '-99.69', '-99.8')), "
        f"count(*) FILTER (NOT {missing} AND number_plain(trim_text(a)) IS NULL), "
        f"count(*) FILTER ({missing} AND TRY_CAST(a AS DOUBLE) > -99) FROM given",
        cells,
    )
    # 202,800 are -99.9, nines alone or a word. The rest, 380 of -100, 20 nines with damaged decimals and one
    # lone hyphen, stand at humidity, pressure, cloud, wind, evaporation, radiation and the ground's
    # temperature: none of them can be so low.
    assert row == (202_800 + 380 + 20 + 1, 380, 20, 0, 0)


class _Cells(html.parser.HTMLParser):
    """The cells of an HTML table, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag == "td" and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def test_spellings_of_one_school_type_become_one(
    connection: duckdb.DuckDBPyConnection, real_extracts: Path
) -> None:
    names = []
    for path in sorted((real_extracts / "mineduc").glob("*.xls")):
        cells = _Cells()
        cells.feed(path.read_bytes().decode("latin-1"))
        names += [row[4] for row in cells.rows if len(row) >= 17]
    row = answers(
        connection,
        "SELECT count(*), count(DISTINCT a), count(DISTINCT synonym_start(a, 'tipo-establecimiento')), "
        "count(*) FILTER (synonym_start(a, 'tipo-establecimiento') IS NULL AND fold_text(a) LIKE 'INED%') "
        "FROM given WHERE synonym_start(a, 'tipo-establecimiento') IS NOT NULL OR fold_text(a) LIKE 'INED%'",
        names,
    )
    assert row == (520, 95, 1, 0)


def test_serial_dates_of_the_justice_catalogue_are_days_of_these_years(
    connection: duckdb.DuckDBPyConnection, real_extracts: Path
) -> None:
    text = (real_extracts / "justicia" / "datasheets.json").read_text(encoding="utf-8")
    serials = re.findall(r'"(\d{5}(?:\.0)?)"', json.dumps(json.loads(text)))
    row = answers(
        connection,
        "SELECT count(*) > 500, count(*) = count(date_excel(a)), year(min(date_excel(a))) >= 1990, "
        "year(max(date_excel(a))) <= 2026 FROM given",
        serials,
    )
    assert row == (True, True, True, True)
