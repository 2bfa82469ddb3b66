"""ine: accidents decoded by each year's dictionaries, couples from files with random names, nobody found."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets_scene import Ran, settings_in
from ine_scene import (
    ACCIDENTS,
    DIVORCES,
    WEDDINGS,
    attacks_failed,
    cleaned,
    raw_accidents,
    raw_couples,
    through_years,
    workbooks,
)

from apertura import pipeline
from apertura.errors import ReaderError, SettingsError, ToleranceError
from apertura.sources.endpoint import Endpoint
from apertura.sources.extract import offered
from apertura_demo import ine
from apertura_demo.canary import default_canaries
from apertura_demo.ine_vital import vital_file
from apertura_demo.scan import scan
from apertura_demo.server import make_server
from apertura_demo.spss import Variable, system_file
from apertura_demo.workbooks import Cell, workbook

pytestmark = pytest.mark.timeout(600)  # the first test of each dataset waits for its whole run


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("institutions") / "ine"
    ine.write(folder, canaries=default_canaries())
    return folder


@pytest.fixture(scope="module")
def accidents(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return through_years(tmp_path_factory.mktemp("accidents"), ACCIDENTS, workbooks(source), last="protect")


def vital(source: Path, subject: str) -> dict[str, list[Path]]:
    return {str(year): [source / name] for name, (what, year) in ine.VITAL.items() if what == subject}


@pytest.fixture(scope="module")
def divorces(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("divorces")
    of_each_layout = {year: paths for year, paths in vital(source, "divorcios").items() if year != "2020"}
    return through_years(folder, DIVORCES, of_each_layout, last="protect")


@pytest.fixture(scope="module")
def weddings(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("weddings")
    return through_years(folder, WEDDINGS, vital(source, "matrimonios"), last="protect")


@pytest.mark.slow
def test_events_are_whole_and_lose_what_singles_a_vehicle_out(accidents: Ran, source: Path) -> None:
    rows = accidents.rows("accidentes")
    raw = [row for year in ("2017", "2018") for row in raw_accidents(source, "accidentes", year)]
    assert len(rows) == len(raw)
    assert list(rows[0]) == [
        "fecha", "hora", "dia_semana", "departamento_codigo", "departamento", "municipio_codigo", "municipio",
        "tipo",
    ]  # fmt: skip
    days = Counter(dt.date(row["año_ocu"], row["mes_ocu"], row["día_ocu"]) for row in raw)
    assert Counter(row["fecha"] for row in rows) == days
    assert Counter(row["municipio_codigo"] for row in rows) == Counter(
        f"{row['mupio_ocu']:04}" for row in raw
    )
    places = {(row["municipio_codigo"], row["municipio"], row["departamento"]) for row in rows}
    assert ("0115", "Villa Nueva", "Guatemala") in places
    later = {"Derrape", "Embarranco", "Encuneto"}
    assert {row["fecha"].year for row in rows if row["tipo"] in later} == {2018}


@pytest.mark.slow
def test_unknown_is_nothing_by_column_and_year(accidents: Ran, source: Path) -> None:
    for year, unknown in (("2017", 6), ("2018", 99)):
        raw = raw_accidents(source, "modelos", year)
        models = cleaned(accidents, "modelos", year)
        nameless = sum(row["g_modelo_veh"] == unknown for row in raw)
        assert nameless
        assert sum(row["decada_modelo"] is None for row in models) == nameless
        drivers = cleaned(accidents, "conductores", year)
        for column, code, name in (
            ("sexo_per", 9, "sexo"),
            ("edad_per", 999, "edad"),
            ("estado_con", 9, "estado"),
        ):
            assert sum(row[name] is None for row in drivers) == sum(row[column] == code for row in raw)


@pytest.mark.parametrize(
    ("year", "column", "code"),
    [("2018", "g_modelo_veh", 6), ("2017", "tipo_eve", 6)],
)
def test_a_code_that_its_year_s_dictionary_does_not_have_stops_the_year(
    source: Path, tmp_path: Path, year: str, column: str, code: int
) -> None:
    files = changed(
        source, tmp_path, year, lambda header, rows: rows[0].__setitem__(header.index(column), code)
    )
    with pytest.raises(ToleranceError, match=r"leid[ao]") as raised:
        through_years(tmp_path / "run", ACCIDENTS, {year: files}, last="protect")
    assert f" {code}" not in str(raised.value)


def test_a_column_that_nobody_declared_stops_the_year(source: Path, tmp_path: Path) -> None:
    def widen(header: list[Cell], rows: list[list[Cell]]) -> None:
        header.append("dpi_conductor")
        for row in rows:
            row.append("1000 00002 0101")

    with pytest.raises(ReaderError, match="not declared") as raised:
        through_years(tmp_path / "run", ACCIDENTS, {"2018": changed(source, tmp_path, "2018", widen)})
    assert "dpi" not in str(raised.value)


def changed(
    source: Path, folder: Path, year: str, change: Callable[[list[Any], list[Any]], None]
) -> list[Path]:
    """The year's workbooks, those that have the column changed."""
    files = []
    for path in workbooks(source)[year]:
        kind = path.stem.split(" - ")[1]
        header: list[Any] = list(ine.HEADERS[kind])
        rows = ine.accidents(kind, int(year), 1, 20)
        with contextlib.suppress(ValueError):  # another workbook has the column
            change(header, rows)
        files.append(folder / path.name)
        files[-1].write_bytes(workbook({"Sheet1": [header, *rows]}))
    return files


@pytest.mark.slow
def test_people_drivers_and_vehicles_are_coarse_and_cannot_be_joined(accidents: Ran) -> None:
    disclosure = attacks_failed(accidents)
    # With margin: a look-alike that hardly passes would fail when somebody touches its generator.
    assert [
        t["resource"] for t in disclosure["tables"] if t["suppressed_rows"] > 0.7 * t["limit"] * t["rows_in"]
    ] == []
    people, drivers = accidents.rows("personas"), accidents.rows("conductores")
    assert list(people[0]) == [
        "trimestre", "media_jornada", "departamento_codigo", "departamento", "sexo", "edad",
    ]  # fmt: skip
    assert {row["trimestre"][:6] for row in people} <= {"2017-T", "2018-T"}
    assert {row["departamento_codigo"] for row in people} <= {"01", "05"}
    assert {row["edad"] for row in drivers} <= {"0-17", "18-59", "60+", None}
    keys = [
        set(accidents.rows(name)[0])
        for name in ("personas", "resultados", "conductores", "vehiculos", "modelos")
    ]
    assert set.intersection(*keys) == {"trimestre", "departamento_codigo", "departamento"}
    assert [name for name in keys if "estado" in name] == [keys[2]], "with nothing else of the vehicle"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["divorces", "weddings"])
def test_couples_are_told_apart_and_spouses_find_nobody(name: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(name)
    disclosure = attacks_failed(ran)
    halves = [one for one in disclosure["attacks"] if one["name"].startswith("linkage-1-edad_")]
    assert halves
    assert all(one["tried"] for one in halves)
    for table in disclosure["tables"]:
        for reached in table["after"]["sensitive"].values():
            assert reached["distinct_l"] >= 2
            assert reached["largest_share"] <= 0.8 + 1e-9
    keyless = [set(ran.rows(table["resource"])[0]) for table in disclosure["tables"]]
    assert set.intersection(*keyless) == set(), "nothing is in all tables: not even one name for the time"


@pytest.mark.slow
def test_one_schema_over_the_years_and_labels_over_codes_that_moved(divorces: Ran, source: Path) -> None:
    names = {year: paths[0] for year, paths in vital(source, "divorcios").items() if year != "2020"}
    for year, path in names.items():
        raw = raw_couples(path)
        one = cleaned(divorces, "estudios", year)
        none = 0 if year == "2016" else 1
        known = [
            (row[f"ESC{spouse}"], row[f"EDAD{spouse}"])
            for row in raw
            for spouse in ("HOM", "MUJ")
            if row[f"ESC{spouse}"] != 9 and row[f"EDAD{spouse}"] != 999
        ]
        assert len(one) == len(known)
        assert sum(row["escolaridad"] == "Ninguno" for row in one) == sum(code == none for code, _ in known)
        peoples = cleaned(divorces, "pueblos", year)
        assert len(peoples) == 2 * len(raw)
        told = {"Indígena", "No indígena"} if year == "2012" else {"Maya", "Ladino o mestizo", "Otro"}
        assert {row["pueblo"] for row in peoples} == told | {None}
        work = cleaned(divorces, "ocupaciones", year)
        column = "OCU" if year == "2012" else "CIUO"
        codes = [str(row[column + spouse]).split(".")[0] for row in raw for spouse in ("HOM", "MUJ")]
        assert Counter(row["ocupacion"] for row in work)["Profesionales y científicos"] == sum(
            code.startswith("2") for code in codes
        )
        assert len(work) == sum(not code.startswith("99") for code in codes)
    assert {row["anio"] for row in divorces.rows("divorcios")} == {"2012", "2013", "2016"}


@pytest.mark.slow
def test_a_december_registered_in_january_stays_in_its_year(divorces: Ran, source: Path) -> None:
    raw = raw_couples(vital(source, "divorcios")["2012"][0])
    assert {row["AÑOREG"] for row in raw} == {2012, 2013}
    months = Counter(str(row["mes"])[:7] for row in cleaned(divorces, "lugares", "2012"))
    assert months == Counter(f"2012-{int(row['MESOCU']):02}" for row in raw)


@pytest.mark.slow
def test_no_couple_with_an_unknown_age_is_told_of(divorces: Ran, weddings: Ran) -> None:
    assert not [row for ran, name in ((divorces, "divorcios"), (weddings, "matrimonios"))
                for row in ran.rows(name) if None in row.values()]  # fmt: skip


@pytest.mark.slow
def test_regimes_and_places_of_weddings_add_up(weddings: Ran, source: Path) -> None:
    (path,) = vital(source, "matrimonios")["2020"]
    raw = raw_couples(path)
    told = Counter(row["regimen"] for row in cleaned(weddings, "regimenes", "2020"))
    names = {1: "Comunidad absoluta", 2: "Separación absoluta", 3: "Comunidad de gananciales"}
    assert told == Counter(names.get(int(row["CLAUNI"])) for row in raw)
    places = Counter(row["departamento_codigo"][:2] for row in cleaned(weddings, "lugares", "2020"))
    assert places == Counter(row["MUPOCU"][:2] for row in raw)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accidents", "divorces", "weddings"])
def test_no_planted_person_gets_past_deidentify(name: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(name)
    private = Path(ran.ctx.settings.private_url.removeprefix("file://"))
    work = list((private / "work").rglob("*.parquet"))
    assert {path.name.split(".")[0] for path in work} == {"deidentify", "clean", "protect"}
    assert scan([private / "work"], default_canaries()) == []


def test_planted_people_are_in_the_files_that_came(source: Path) -> None:
    found = [str(one) for one in scan([source], default_canaries())]
    assert any(".xlsx" in one for one in found)
    assert any(".sav" in one for one in found)


def test_the_index_of_random_names_offers_each_subject_its_years(source: Path, tmp_path: Path) -> None:
    server = make_server(source.parent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        place = f"http://127.0.0.1:{server.server_address[1]}/ine"
        endpoint = Endpoint.from_parts(
            "http", place, extra={"allow_private": True, "retries": 0}, connection_id="ine_http"
        )
        settings = settings_in(tmp_path)
        found = {
            dataset: offered(pipeline.context(dataset, "run-1", settings=settings), endpoint)
            for dataset in (ACCIDENTS, DIVORCES, WEDDINGS)
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert found == {
        ACCIDENTS: ["2017", "2018"],
        DIVORCES: ["2012", "2013", "2016", "2020"],
        WEDDINGS: ["2020"],
    }


def test_a_file_of_another_subject_is_not_taken_by_mistake(source: Path, tmp_path: Path) -> None:
    (wedding,) = vital(source, "matrimonios")["2020"]
    ctx = pipeline.context(DIVORCES, "run-1", settings=settings_in(tmp_path / "run"))
    with pytest.raises(SettingsError, match="does not say which one"):
        pipeline.run(ctx, None, files=[wedding])
    with pytest.raises(ReaderError, match="none of the 3 layouts"):
        through_years(tmp_path / "forced", DIVORCES, {"2020": [wedding]})


def test_a_label_that_no_year_has_used_stops_the_year(tmp_path: Path) -> None:
    variables, rows = altered("PPERHOM", {1.0: "Nombre de alguien", 4.0: "Ladino"})
    path = tmp_path / "x.sav"
    path.write_bytes(system_file(variables, rows))
    with pytest.raises(ToleranceError, match="pueblo") as raised:
        through_years(tmp_path / "run", DIVORCES, {"2020": [path]}, last="protect")
    assert "alguien" not in str(raised.value)


def altered(name: str, labels: dict[float, str]) -> tuple[list[Variable], list[Sequence[Any]]]:
    """A small file of divorces of 2020 in which one variable has other labels."""
    import tempfile

    import pyreadstat

    with tempfile.NamedTemporaryFile(suffix=".sav") as file:
        file.write(vital_file("divorcios", 2020, 1, 60, []))
        file.flush()
        cells, about = pyreadstat.read_sav(file.name, output_format="dict")
    known = about.variable_value_labels | {name: labels}
    variables = [
        Variable(one, 8 if about.readstat_variable_types[one] == "string" else 0, labels=known.get(one, {}))
        for one in about.column_names
    ]
    return variables, list(zip(*cells.values(), strict=True))
