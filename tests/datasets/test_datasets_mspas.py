"""mspas: counts of malnourished children and of deaths, places told apart, small counts out of reach."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from datasets_scene import Ran, Row, through

from apertura.errors import ReaderError, ToleranceError
from apertura.runs.context import WHOLE
from apertura.runs.work import work_key
from apertura_demo import mspas
from apertura_demo.workbooks import Cell, workbook

pytestmark = pytest.mark.timeout(600)  # a whole run, also where the machine is busy

MALNUTRITION, PLACES, GROUPS = "mspas/desnutricion", "desnutricion", "desnutricion-departamentos"
DEATHS, MONTHS = "mspas/covid-fallecidos", "covid-fallecidos"
DEPARTMENTS, DAYS = "covid-fallecidos-departamentos", "covid-fallecidos-dias"


def cleaned(ran: Ran, resource: str) -> list[Row]:
    """What clean left of a resource: every count, before anything is suppressed."""
    found = next(one for one in ran.ctx.dataset.contract.resources if one.name == resource)
    with (
        ran.ctx.private.as_file(work_key(ran.ctx, "clean", WHOLE, found)) as path,
        duckdb.connect() as connection,
    ):
        return connection.read_parquet(str(path)).to_arrow_table().to_pylist()


def summed(rows: Iterable[Mapping[str, Any]], count: str, *by: str) -> dict[tuple[Any, ...], int]:
    """Totals of a count by some columns."""
    totals: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        totals[tuple(row[name] for name in by)] += row[count] or 0
    return dict(totals)


def children(path: Path) -> list[dict[str, Any]]:
    """The workbook's rows by its header, read without the reader under test."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        header, *rows = book.worksheets[0].iter_rows(values_only=True)
        return [dict(zip(header, row, strict=False)) for row in rows]
    finally:
        book.close()


def deaths(path: Path) -> dict[tuple[str, dt.date], int]:
    """Municipality and day -> deaths, read without the reader under test."""
    found = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for name, text in row.items():
                if "/" in name:
                    month, day, year = map(int, name.split("/"))
                    found[row["codigo_municipio"].zfill(4), dt.date(year, month, day)] = int(text)
    return found


def holds(rows: list[Row], count: str) -> None:
    """No small count is told; each that is missing says why."""
    assert not [row for row in rows if row[count] is not None and 0 < row[count] < 5]
    states = {(row[count] is None, row[f"{count}_estado"]) for row in rows}
    assert states <= {(True, "suprimido"), (False, None)}
    assert len(states) == 2, "something is suppressed, and something is left"


def attacks_failed(ran: Ran) -> None:
    """The linear-programming attacker of protect tried the suppressed cells, and got none."""
    disclosure = ran.document("protect")["disclosure"]
    subtraction = next(attack for attack in disclosure["attacks"] if attack["name"] == "subtraction")
    assert subtraction["tried"] > 0
    assert subtraction["succeeded"] == 0
    assert all(attack["passed"] for attack in disclosure["attacks"])
    (account,) = disclosure["tables"]
    assert account["attacker"]["smallest_interval"] >= 5


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return mspas.write(tmp_path_factory.mktemp("mspas"))


@pytest.fixture(scope="module")
def malnutrition(source: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return through(tmp_path_factory.mktemp("malnutrition"), MALNUTRITION, source[:1])


@pytest.fixture(scope="module")
def covid(source: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return through(tmp_path_factory.mktemp("covid"), DEATHS, source[1:])


def test_municipalities_of_one_name_keep_their_own_children(malnutrition: Ran, source: list[Path]) -> None:
    rows = cleaned(malnutrition, PLACES)
    raw = children(source[0])
    assert len(rows) == len(raw)
    keys = Counter((row["Cod_municipal"], row["periodo"], row["Tipo"]) for row in raw)
    assert max(keys.values()) == 2, "the source gives one code to two places"
    by_department = summed(raw, "Cantidad", "Cod_departamental", "periodo", "Tipo")
    assert summed(rows, "casos", "departamento_codigo", "anio", "tipo") == {
        (f"{int(place):02}", int(year), kind): count for (place, year, kind), count in by_department.items()
    }
    places = {row["municipio_codigo"]: (row["municipio"], row["departamento"]) for row in rows}
    assert places["1202"] == ("San Pedro Sacatepéquez", "San Marcos")
    assert places["1705"] == ("La Libertad", "Petén")
    assert "0109" not in places


def test_columns_of_sex_and_age_become_rows_that_add_up(malnutrition: Ran) -> None:
    rows = cleaned(malnutrition, GROUPS)
    assert len(rows) == 22 * 2 * 2 * 8
    by = ("departamento_codigo", "anio", "tipo")
    assert summed(rows, "casos", *by) == summed(cleaned(malnutrition, PLACES), "casos", *by)
    assert {row["sexo"] for row in rows} == {"Mujer", "Hombre"}
    assert {row["edad"] for row in rows} == {
        "Menos de 1 mes", "De 1 a menos de 2 meses", "De 2 meses a menos de 1 año", "De 1 a 4 años",
    }  # fmt: skip


def test_small_counts_of_children_are_out_of_reach_and_most_of_the_rest_is_told(malnutrition: Ran) -> None:
    for name in (PLACES, GROUPS):
        rows, before = malnutrition.rows(name), cleaned(malnutrition, name)
        holds(rows, "casos")
        assert len(rows) == len(before)
        kept = sum(row["casos"] or 0 for row in rows) / sum(row["casos"] for row in before)
        assert kept > 0.5
    attacks_failed(malnutrition)
    header = malnutrition.csv(PLACES)[0]
    assert header == (
        "departamento_codigo,departamento,municipio_codigo,municipio,anio,tipo,casos,casos_estado"
    )


def test_dates_as_column_names_become_months_and_days(covid: Ran, source: list[Path]) -> None:
    raw = deaths(source[1])
    months: Counter[tuple[str, str]] = Counter()
    days: Counter[dt.date] = Counter()
    by_department: Counter[tuple[str, dt.date]] = Counter()
    for (place, day), count in raw.items():
        months[place, f"{day:%Y-%m}"] += count
        by_department[place[:2], day] += count
        days[day] += count
    assert summed(cleaned(covid, MONTHS), "fallecidos", "municipio_codigo", "mes") == dict(months)
    assert summed(cleaned(covid, DEPARTMENTS), "fallecidos", "departamento_codigo", "fecha") == dict(
        by_department
    )
    assert summed(cleaned(covid, DAYS), "fallecidos", "fecha") == {(day,): n for day, n in days.items()}


def test_small_counts_of_deaths_are_out_of_reach(covid: Ran) -> None:
    for name in (MONTHS, DEPARTMENTS, DAYS):
        holds(covid.rows(name), "fallecidos")
    attacks_failed(covid)
    assert covid.csv(DAYS)[0] == "fecha,fallecidos,fallecidos_estado"
    assert covid.csv(DAYS)[1].startswith("2021-07-01,")


def workbook_with(folder: Path, column: int, value: Cell, *, header: bool = False) -> Path:
    rows = mspas.malnutrition_rows()
    names: list[Cell] = [*mspas.HEADER]
    (names if header else rows[5])[column] = value
    path = folder / mspas.MALNUTRITION
    path.write_bytes(workbook({"Hoja 1": [names, *rows]}))
    return path


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        (2, "LA ATLANTIDA", "municipio_codigo"),
        (4, "JALAPA", "departamento_codigo"),
        (7, "doscientos", "casos"),
        (5, "20XX", "anio"),
    ],
)
def test_a_row_of_children_that_is_not_understood_stops_the_run(
    tmp_path: Path, column: int, value: Cell, says: str
) -> None:
    path = workbook_with(tmp_path, column, value)
    with pytest.raises(ToleranceError, match=says) as caught:
        through(tmp_path / "run", MALNUTRITION, [path], last="clean")
    assert str(value) not in str(caught.value)


def test_an_age_band_that_nobody_declared_stops_the_run(tmp_path: Path) -> None:
    path = workbook_with(tmp_path, 15, "M 5a a 9 a", header=True)
    with pytest.raises(ReaderError, match="1 declared columns are missing"):
        through(tmp_path / "run", MALNUTRITION, [path], last="deidentify")


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ("7/1/2021", "7/1/21", ReaderError, "positions 6"),
        ("7/1/2021", "13/1/2021", ToleranceError, "fecha_dia"),
        ("GUATEMALA,1,MIXCO,108", "GUATEMALA,1,MIXCO,109", ToleranceError, "municipio_codigo"),
    ],
)
def test_deaths_of_no_day_or_no_place_stop_the_run(
    tmp_path: Path, old: str, new: str, error: type[Exception], says: str
) -> None:
    path = mspas.write(tmp_path / "source")[1]
    text = path.read_text(encoding="utf-8").replace("SAN JOSE PINULA,103", "MIXCO,108")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(error, match=says):
        through(tmp_path / "run", DEATHS, [path], last="clean")


@pytest.fixture(scope="session")
def real_children(
    real_extracts: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Ran, list[dict[str, Any]]]:
    path = real_extracts / "mspas" / mspas.MALNUTRITION
    return through(tmp_path_factory.mktemp("children"), MALNUTRITION, [path], last="clean"), children(path)


@pytest.mark.real
def test_the_real_children_are_counted_once_and_where_they_are(
    real_children: tuple[Ran, list[dict[str, Any]]],
) -> None:
    ran, raw = real_children
    rows = cleaned(ran, PLACES)
    # 67 combinations of code, year and kind come twice: always two places of one name in two departments.
    keys = Counter((row["Cod_municipal"], row["periodo"], row["Tipo"]) for row in raw)
    assert sum(count == 2 for count in keys.values()) == 67
    assert len(raw) == len(rows) == 4_220
    assert len({(row["municipio_codigo"], row["anio"], row["tipo"]) for row in rows}) == 4_220
    by = ("departamento_codigo", "anio", "tipo")
    totals = summed(raw, "Cantidad", "Cod_departamental", "periodo", "Tipo")
    expected = {(f"{int(p):02}", int(y), kind): int(count) for (p, y, kind), count in totals.items()}
    assert summed(rows, "casos", *by) == summed(cleaned(ran, GROUPS), "casos", *by) == expected
    # Looked up by eye in the source.
    found = {(row["municipio_codigo"], row["anio"], row["tipo"]): row["casos"] for row in rows}
    assert found["0101", 2013, "Crónica"] == 214
    assert found["0101", 2014, "Crónica"] == 689
    assert found["2217", 2019, "Aguda"] == 19


@pytest.mark.real
def test_the_real_deaths_add_up(real_extracts: Path, tmp_path: Path) -> None:
    path = real_extracts / "mspas" / mspas.DEATHS
    ran = through(tmp_path, DEATHS, [path], last="clean")
    months, days = cleaned(ran, MONTHS), cleaned(ran, DAYS)
    assert (len(months), len(cleaned(ran, DEPARTMENTS)), len(days)) == (5_040, 17_136, 1_008)
    total = sum(deaths(path).values())
    assert total == 12_588
    assert {sum(row["fallecidos"] for row in cleaned(ran, name)) for name in (MONTHS, DEPARTMENTS, DAYS)} == {
        total
    }
    # Looked up by eye in the source.
    places = summed(months, "fallecidos", "municipio_codigo", "municipio", "poblacion")
    assert places["0101", "Guatemala", 1_205_668] == 4_925
    assert places["0108", "Mixco", 494_561] == 1_198
    assert places["2217", "Quesada", 23_311] == 18
    assert (min(row["fecha"] for row in days), max(row["fecha"] for row in days)) == (
        dt.date(2020, 3, 15),
        dt.date(2023, 11, 9),
    )


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("dataset", "file", "count", "kept"),
    [
        (MALNUTRITION, mspas.MALNUTRITION, "casos", {PLACES: 0.85, GROUPS: 0.7}),
        (DEATHS, mspas.DEATHS, "fallecidos", {MONTHS: 0.55, DEPARTMENTS: 0.3, DAYS: 0.85}),
    ],
)
def test_no_attacker_narrows_a_real_count_and_totals_are_retained(
    real_extracts: Path, tmp_path: Path, dataset: str, file: str, count: str, kept: dict[str, float]
) -> None:
    ran = through(tmp_path, dataset, [real_extracts / "mspas" / file])
    attacks_failed(ran)
    for name, least in kept.items():
        rows, before = ran.rows(name), cleaned(ran, name)
        holds(rows, count)
        assert len(rows) == len(before)
        assert sum(row[count] or 0 for row in rows) >= least * sum(row[count] for row in before)
