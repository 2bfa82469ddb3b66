"""insivumeh/clima-diario: two layouts become one long table, markers are null, the implausible is flagged."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from datasets_scene import Ran, Row, through

from apertura.errors import ContractError, ReaderError, ToleranceError
from apertura_demo import insivumeh

pytestmark = pytest.mark.timeout(600)  # a whole run, also where the machine is busy

DATASET = "insivumeh/clima-diario"
NAME = "clima-diario"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
COLUMNS = [
    "estacion_codigo", "estacion", "departamento_codigo", "departamento", "municipio_codigo", "municipio",
    "fecha", "variable", "valor", "unidad", "calidad",
]  # fmt: skip


def cell(rows: Sequence[Row], station: str, day: dt.date, variable: str) -> list[tuple[Decimal | None, str]]:
    """Values and flags of one station, day and variable."""
    return [
        (row["valor"], row["calidad"])
        for row in rows
        if (row["estacion_codigo"], row["fecha"], row["variable"]) == (station, day, variable)
    ]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("insivumeh")
    return through(folder, DATASET, insivumeh.write(folder / "source"))


@pytest.fixture(scope="module")
def rows(ran: Ran) -> list[Row]:
    return ran.rows(NAME)


def test_every_cell_that_is_written_is_one_row(rows: list[Row]) -> None:
    wide = [row for row in insivumeh.wide_rows() if row[0].strip()][1:]
    long = insivumeh.long_rows()[1:]
    written = sum(bool(text.strip()) for row in wide for text in row[2:])
    written += sum(bool(text) for row in long for text in row[3:18])
    repeated = len(insivumeh.STATIONS)  # the soil of one day stands twice; one station gives two values
    assert len(rows) == written - repeated + 1
    assert list(rows[0]) == COLUMNS
    assert {row["variable"] for row in rows} >= {"lluvia", "temperatura_seca", "temperatura_suelo_100"}


def test_no_marker_of_a_missing_value_is_a_value(rows: list[Row]) -> None:
    assert {row["calidad"] for row in rows if row["valor"] is None} == {"sin_dato"}
    values = [row["valor"] for row in rows if row["valor"] is not None]
    assert min(values) > -9
    assert not {Decimal("-9.9"), Decimal("-99.9"), Decimal(-100)} & set(values)
    assert all(row["valor"] >= 0 for row in rows if row["valor"] is not None and row["unidad"] != "°C")


def test_what_a_marker_could_be_taken_for_stays(rows: list[Row]) -> None:
    assert cell(rows, "INS160101CV", insivumeh.FIRST_WIDE, "temperatura_minima") == [
        (Decimal("-2.5"), "valido")
    ]
    assert cell(rows, "INS160101CV", insivumeh.FIRST_WIDE, "humedad_relativa") == [(None, "sin_dato")]


def test_a_lost_point_is_put_back_and_an_implausible_value_only_flagged(rows: list[Row]) -> None:
    first = insivumeh.FIRST_WIDE
    assert cell(rows, "INS010101CV", first, "temperatura_maxima") == [(Decimal("36.2"), "punto_restituido")]
    assert cell(rows, "INS010101CV", first, "temperatura_minima") == [(Decimal("19.6"), "punto_restituido")]
    assert cell(rows, "INS010101CV", first, "nubosidad") == [(Decimal(7180), "improbable")]


def test_two_values_for_one_cell_both_stay_and_say_so(rows: list[Row]) -> None:
    twice = cell(rows, "INS010101CV", insivumeh.REPEATED, "temperatura_suelo")
    assert sorted(twice) == [(Decimal("18.4"), "repetido"), (Decimal("19.2"), "repetido")]
    next_day = insivumeh.REPEATED + dt.timedelta(1)
    assert cell(rows, "INS010101CV", next_day, "temperatura_suelo") == []
    keys = Counter((row["estacion_codigo"], row["fecha"], row["variable"]) for row in rows)
    assert sorted(set(keys.values())) == [1, 2]
    assert sum(count == 2 for count in keys.values()) == 1


def test_stations_are_known_by_code_and_place_in_both_layouts(rows: list[Row]) -> None:
    places = {
        row["estacion_codigo"]: (
            row["estacion"],
            row["municipio_codigo"],
            row["municipio"],
            row["departamento"],
        )
        for row in rows
    }
    assert len(places) == len(insivumeh.STATIONS)
    assert places["INS140301CV"] == ("Chinique", "1403", "Chinique", "Quiché")
    assert places["INS090901AT"] == ("Nueva Concepción", "0909", "San Juan Ostuncalco", "Quetzaltenango")
    assert places["INS041001CV"][0] == "Santa Cruz Balanyá"
    # The code says 1422, which is no municipality: corrected, and said so.
    assert places["INS142201AT"] == ("Playa Grande Ixcán", "1420", "Ixcán", "Quiché")
    days = {row["fecha"] for row in rows if row["estacion_codigo"] == "INS140301CV"}
    assert min(days) == insivumeh.FIRST_WIDE
    assert max(days) == insivumeh.FIRST_LONG + dt.timedelta(29)


def test_the_published_file_has_iso_dates_accents_and_units(ran: Ran) -> None:
    lines = ran.csv(NAME)
    assert lines[0] == ",".join(COLUMNS)
    assert any(
        re.fullmatch(
            r"INS160101CV,Cobán,16,Alta Verapaz,1601,Cobán,2024-01-01,temperatura_minima,-2.5000,°C,valido",
            line,
        )
        for line in lines
    )


def test_the_correction_of_a_municipality_is_told_and_guarded(ran: Ran, tmp_path: Path) -> None:
    root = Path(ran.ctx.settings.public_url.removeprefix("file://")) / "datos" / DATASET
    [version] = json.loads((root / "versiones.json").read_bytes())["versions"]
    told = json.loads((root / "versiones" / version["version"] / "calidad.json").read_bytes())["correcciones"]
    assert [(one["columna"], one["filas"]) for one in told] == [("estacion_municipio", "todas")]
    assert "1420" in told[0]["motivo"]
    # A source without the station, or that has put its code right, stops the run: somebody must look.
    with pytest.raises(ContractError, match=r"correction 1 .*names no row"):
        through(tmp_path, DATASET, altered(tmp_path, "INS142201AT", "INS140301CV"), last="clean")


def altered(folder: Path, old: str, new: str) -> list[Path]:
    """The source's files, the first time that `old` stands in the wide one replaced."""
    wide, long = insivumeh.write(folder / "source")
    text = wide.read_text(encoding="utf-8")
    assert old in text
    wide.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [wide, long]


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ("INS160101CV", "INS169901CV", ToleranceError, "estacion_codigo"),
        (",TMAX,", ",TPROM,", ToleranceError, "variable"),
        (",362.0,", ",calor,", ToleranceError, "valor_ancho"),
        ("1/1/2024", "1/31/2024", ToleranceError, "fecha_ancho"),
        (",COBAN,", ",Cobán 2,", ReaderError, "layouts"),
    ],
)
def test_what_nobody_declared_stops_the_run(
    tmp_path: Path, old: str, new: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        through(tmp_path, DATASET, altered(tmp_path, old, new), last="clean")
    assert "calor" not in str(caught.value)


@pytest.fixture(scope="session")
def real(real_extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = real_extracts / "insivumeh"
    files = [folder / insivumeh.WIDE, folder / insivumeh.LONG]
    return through(tmp_path_factory.mktemp("insivumeh-real"), DATASET, files, last="protect").rows(NAME)


@pytest.mark.real
@pytest.mark.slow
def test_the_real_files(real: list[Row], real_extracts: Path) -> None:
    # 576,674 cells hold something. Of the 85 that are gone, 22 are stray markers without a day, the others
    # stand twice on one day, with one value or with a marker beside it.
    assert len(real) == 576_589
    flags = Counter(row["calidad"] for row in real)
    assert (flags["punto_restituido"], flags["repetido"]) == (6, 6)
    assert len({row["estacion_codigo"] for row in real}) == 67
    assert {row["calidad"] for row in real if row["valor"] is None} == {"sin_dato"}
    assert (min(row["fecha"] for row in real), max(row["fecha"] for row in real)) == (
        dt.date(2022, 1, 1),
        dt.date(2024, 10, 18),
    )
    ixcan = {(r["municipio_codigo"], r["municipio"]) for r in real if r["estacion_codigo"] == "INS142201AT"}
    assert ixcan == {("1420", "Ixcán")}
    assert None not in {row["municipio"] for row in real}
    # Looked up by eye in the source.
    found = {(r["estacion_codigo"], r["fecha"], r["variable"]): (r["valor"], r["calidad"]) for r in real}
    assert found["INS121701CV", dt.date(2023, 4, 20), "temperatura_maxima"] == (Decimal("34.4"), "valido")
    assert found["INS121701CV", dt.date(2023, 4, 19), "lluvia"] == (Decimal("3.5"), "valido")
    assert found["INS210601CV", dt.date(2022, 1, 1), "lluvia"] == (None, "sin_dato")


@pytest.mark.real
@pytest.mark.slow
def test_the_real_rain_adds_up_to_the_source_s(real: list[Row], real_extracts: Path) -> None:
    """Added up here from the bytes, without the reader under test."""
    folder = real_extracts / "insivumeh"
    total = Decimal(0)
    with (folder / insivumeh.WIDE).open(encoding="utf-8", newline="") as lines:
        for row in list(csv.reader(lines))[2:]:
            if row[1].strip() == "LLUVIA":
                total += sum(
                    Decimal(text) for text in row[2:] if NUMBER.fullmatch(text) and Decimal(text) >= 0
                )
    with (folder / insivumeh.LONG).open(encoding="utf-8", newline="") as lines:
        total += sum(Decimal(row["lluvia"]) for row in csv.DictReader(lines) if row["lluvia"])
    rain = [row["valor"] for row in real if row["variable"] == "lluvia" and row["valor"] is not None]
    assert sum(rain) == total
