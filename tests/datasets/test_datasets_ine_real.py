"""ine on its real files: counts, rows looked up by eye, totals that survive, and attacks that fail."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from datasets_scene import Ran, settings_in
from ine_scene import (
    ACCIDENTS,
    DIVORCES,
    WEDDINGS,
    attacks_failed,
    raw_accidents,
    raw_couples,
    through_years,
    workbooks,
)

from apertura import pipeline
from apertura.sources.content import partition_of_file

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(900)]
EVENTS = {
    2017: {"Colisión": 2_734, "Choque": 646, "Vuelco": 163, "Caída": 259, "Atropello": 2_077},
    2018: {"Colisión": 3_059, "Choque": 705, "Vuelco": 197, "Caída": 168, "Atropello": 2_060, "Derrape": 143,
           "Embarranco": 59, "Encuneto": 4},
}  # fmt: skip
COUPLES = {"2012": 5_157, "2013": 5_542, "2016": 5_665, "2020": 4_074, "2021": 9_621}


@pytest.fixture(scope="module")
def accidents(real_extracts: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("accidents")
    return through_years(folder, ACCIDENTS, workbooks(real_extracts / "ine_transito"))


@pytest.fixture(scope="module")
def recognised(
    real_extracts: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[Path]]]:
    """Subject -> year -> files, by what is in the six files with random names."""
    settings = settings_in(tmp_path_factory.mktemp("recognise"))
    found: dict[str, dict[str, list[Path]]] = {}
    for dataset in (DIVORCES, WEDDINGS):
        ctx = pipeline.context(dataset, "run-1", settings=settings)
        for path in sorted((real_extracts / "ine_vitales").glob("*.sav")):
            if (year := partition_of_file(ctx, path.name, path)) is not None:
                found.setdefault(dataset, {}).setdefault(year, []).append(path)
    return found


@pytest.fixture(scope="module")
def divorces(recognised: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return through_years(tmp_path_factory.mktemp("divorces"), DIVORCES, recognised[DIVORCES])


@pytest.fixture(scope="module")
def weddings(recognised: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return through_years(tmp_path_factory.mktemp("weddings"), WEDDINGS, recognised[WEDDINGS])


def test_every_event_is_there_and_totals_by_year_and_kind_equal_the_source_s(accidents: Ran) -> None:
    rows = accidents.rows("accidentes")
    assert Counter(row["fecha"].year for row in rows) == {2017: 5_879, 2018: 6_395}
    for year, kinds in EVENTS.items():
        assert Counter(row["tipo"] for row in rows if row["fecha"].year == year) == kinds
    # Looked up by eye in the source: row 1 and 2,500 of 2017, the last of 2018.
    told = [tuple(row.values()) for row in rows]
    for one in (
        (dt.date(2017, 1, 1), 1, "Domingo", "01", "Guatemala", "0101", "Guatemala", "Colisión"),
        (dt.date(2017, 6, 11), 15, "Domingo", "01", "Guatemala", "0117", "Petapa", "Colisión"),
        (dt.date(2018, 12, 31), 23, "Lunes", "01", "Guatemala", "0110", "San Juan Sacatepéquez", "Atropello"),
    ):
        assert one in told


def test_totals_by_municipality_and_hour_equal_the_source_s(accidents: Ran, real_extracts: Path) -> None:
    folder = real_extracts / "ine_transito"
    raw = [row for year in ("2017", "2018") for row in raw_accidents(folder, "accidentes", year)]
    rows = accidents.rows("accidentes")
    assert Counter((row["municipio_codigo"], row["hora"]) for row in rows) == Counter(
        (f"{row['mupio_ocu']:04}", row["hora_ocu"]) for row in raw
    )
    assert None not in {row["municipio"] for row in rows} | {row["departamento"] for row in rows}


def test_nobody_is_found_in_the_accidents_and_useful_detail_is_left(
    accidents: Ran, real_extracts: Path
) -> None:
    disclosure = attacks_failed(accidents)
    drunk = [one for one in disclosure["attacks"] if one["name"] == "linkage-estado"]
    assert [(one["resources"], one["tried"] > 15_000, one["succeeded"]) for one in drunk] == [
        (["conductores"], True, 0)
    ]
    least = {
        "personas": 0.86 * 18_032,
        "resultados": 0.99 * 18_032,
        "conductores": 0.68 * 18_158,
        "vehiculos": 0.93 * 18_158,
        "modelos": 0.88 * 18_158,
    }
    assert [name for name, count in least.items() if len(accidents.rows(name)) < count] == []
    dead = Counter(
        row["trimestre"][:4] for row in accidents.rows("resultados") if row["resultado"] == "Fallecido"
    )
    assert 0.97 * 1_480 < dead["2017"] <= 1_480
    assert 0.97 * 1_469 < dead["2018"] <= 1_469
    # The capital's department is whole but for a few: what is lost is lost where few live.
    for year in ("2017", "2018"):
        raw = raw_accidents(real_extracts / "ine_transito", "personas", year)
        men = sum(row["depto_ocu"] == 1 and row["sexo_per"] == 1 for row in raw)
        told = sum(
            row["trimestre"][:4] == year and (row["departamento_codigo"], row["sexo"]) == ("01", "Hombre")
            for row in accidents.rows("personas")
        )
        assert 0.97 * men < told <= men


def test_six_files_with_random_names_are_recognised_by_their_content(recognised: dict[str, Any]) -> None:
    assert {subject: sorted(years) for subject, years in recognised.items()} == {
        DIVORCES: ["2012", "2013", "2016", "2020", "2021"],
        WEDDINGS: ["2020"],
    }
    assert all(len(paths) == 1 for years in recognised.values() for paths in years.values())


def test_divorces_of_five_years_by_one_recoding(divorces: Ran, recognised: dict[str, Any]) -> None:
    disclosure = attacks_failed(divorces)
    for table in disclosure["tables"]:
        assert table["loss"]["score"] < 0.45
        for reached in table["after"]["sensitive"].values():
            assert reached["distinct_l"] >= 2
            assert reached["largest_share"] <= 0.8 + 1e-9
    # Totals that survive whole: a row for each spouse, and nearly all places.
    assert Counter(row["anio"] for row in divorces.rows("pueblos")) == {
        year: 2 * count for year, count in COUPLES.items()
    }
    places = Counter(row["mes"][:4] for row in divorces.rows("lugares"))
    assert all(0.97 * count < places[year] <= count for year, count in COUPLES.items())
    # Looked up in the file of 2016: couples both of 25 to 29 years, divorces of February in Guatemala.
    raw = raw_couples(recognised[DIVORCES]["2016"][0])
    young = sum(25 <= row["EDADHOM"] < 30 and 25 <= row["EDADMUJ"] < 30 for row in raw)
    told = Counter(tuple(row.values()) for row in divorces.rows("divorcios"))
    assert told["2016", "25-29", "25-29"] == young == 294
    february = sum(row["MESOCU"] == 2 and row["DEPOCU"] == 1 for row in raw)
    assert (
        Counter(tuple(row.values()) for row in divorces.rows("lugares"))["2016-02", "01", "Guatemala"]
        == february
        == 228
    )
    guatemalans = sum(row["NACMUJ"] == 320 for row in raw)
    nations = Counter(tuple(row.values()) for row in divorces.rows("nacionalidades"))
    assert nations["2016", "Mujer", "Guatemala"] == guatemalans == 5_549


def test_weddings_of_2020(weddings: Ran, recognised: dict[str, Any]) -> None:
    attacks_failed(weddings)
    raw = raw_couples(recognised[WEDDINGS]["2020"][0])
    assert len(raw) == len(weddings.rows("lugares")) == 57_387
    assert len(weddings.rows("matrimonios")) > 0.98 * 57_387
    by_place = Counter(f"{int(row['DEPOCU']):02}" for row in raw)
    assert Counter(row["departamento_codigo"] for row in weddings.rows("lugares")) == by_place
    regimes = Counter(row["regimen"] for row in weddings.rows("regimenes"))
    gananciales = sum(row["CLAUNI"] == 3 for row in raw)
    assert regimes["Comunidad de gananciales"] == gananciales
    # Counted in the file: weddings of December in Guatemala, and couples both of 25 to 29 years.
    december = sum(row["MESOCU"] == 12 and row["DEPOCU"] == 1 for row in raw)
    places = Counter((row["mes"], row["departamento_codigo"]) for row in weddings.rows("lugares"))
    assert places["2020-12", "01"] == december == 1_785
    young = sum(25 <= row["EDADHOM"] < 30 and 25 <= row["EDADMUJ"] < 30 for row in raw)
    ages = Counter((row["edad_hombre"], row["edad_mujer"]) for row in weddings.rows("matrimonios"))
    assert ages["25-29", "25-29"] == young == 5_392
