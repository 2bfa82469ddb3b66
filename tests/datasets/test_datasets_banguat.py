"""banguat: tariff codes get their zero back and prove it; wide tables become long; months are words."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from datasets_scene import HOME, Ran, through

from apertura.errors import QualityError, ReaderError, ToleranceError
from apertura_demo import banguat
from apertura_demo.workbooks import Cell, workbook

IMPORTS, EXCHANGE = "banguat/importaciones", "banguat/tipo-de-cambio"
DETAIL, WIDE, TARIFF = "importaciones", "importaciones-por-pais", "partidas-arancelarias"
FILES = (banguat.IMPORTS, banguat.BY_COUNTRY, banguat.CATALOGUE)


def listed(name: str) -> dict[str, str]:
    """A list of the project: code -> label."""
    with (HOME / "include/reference/lists" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["label"] for row in csv.DictReader(lines)}


def sheet(path: Path, title: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path, data_only=True)
    return list(book[title].iter_rows(values_only=True))


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("banguat") / "source"
    banguat.write(folder)
    return folder


@pytest.fixture(scope="module")
def generated(source: Path) -> Ran:
    return through(source.parent / "imports", IMPORTS, [source / name for name in FILES])


@pytest.fixture(scope="module")
def real_folder(real_extracts: Path) -> Path:
    return real_extracts / "banguat"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_folder: Path) -> Ran:
    folder = tmp_path_factory.mktemp("banguat-real")
    return through(folder, IMPORTS, [real_folder / name for name in FILES], last="validate")


def tariff_codes_are_proven(ran: Ran, path: Path) -> None:
    """Row by row in the order of the source: every lost zero is back, and the list has each such code."""
    with path.open(encoding="utf-8", newline="") as lines:
        given = list(csv.DictReader(lines))
    rows = ran.rows(DETAIL)
    tariff = listed("sac-2022")
    assert Counter(row["partida"] for row in rows) == Counter(row["SAC"].zfill(10) for row in given)
    restored = {row["SAC"].zfill(10) for row in given if len(row["SAC"]) == 9}
    assert restored
    assert restored <= set(tariff)
    assert all(row["partida_en_sac"] is (row["partida"] in tariff) for row in rows)
    assert all(row["capitulo_codigo"] == row["partida"][:2] and row["capitulo"] for row in rows)
    for column, name in (("VALOR", "valor_cif"), ("PESO", "peso")):
        months: dict[int, int] = defaultdict(int)
        for row in given:
            months[int(row["MES"])] += number(row[column])
        found: dict[int, int] = defaultdict(int)
        for row in rows:
            found[row["mes"]] += row[name]
        assert found == months


def test_lost_zeros_are_restored_and_proven(generated: Ran, source: Path) -> None:
    tariff_codes_are_proven(generated, source / banguat.IMPORTS)
    unknown = {row["partida"] for row in generated.rows(DETAIL) if not row["partida_en_sac"]}
    assert unknown == {banguat.UNKNOWN_CODE}


def test_equal_rows_stay(generated: Ran, source: Path) -> None:
    rows = generated.rows(DETAIL)
    lines = (source / banguat.IMPORTS).read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(lines) - 1 == len(set(lines)), "the header, and one line that stands twice"


def test_codes_are_decoded_and_unknown_ones_stay_codes(generated: Ran) -> None:
    rows = generated.rows(DETAIL)
    assert {row["pais"] for row in rows if row["pais_codigo"] == "5404"} == {"China"}
    assert {row["aduana"] for row in rows if row["aduana_codigo"] == "31"} == {"Tecún Umán"}
    assert {(row["pais"], row["continente"]) for row in rows if row["pais_codigo"] == "2603"} == {
        (None, None)
    }
    assert {row["aduana"] for row in rows if row["aduana_codigo"] in ("106", "108")} == {None}
    assert {row["via"] for row in rows} == {"Terrestre", "Aérea", "Marítima"}


def test_countries_as_columns_become_rows_that_add_up(generated: Ran, source: Path) -> None:
    table = sheet(source / banguat.BY_COUNTRY, "Datos")[3:]
    rows = generated.rows(WIDE)
    assert len(rows) == sum(value is not None for row in table for value in row[3:])
    assert all(row["cuadra_con_total"] for row in rows)
    assert {row["periodo"] for row in rows} <= {
        f"{year}-{m:02d}" for year in (2022, 2023) for m in range(1, 13)
    }
    assert {row["pais"] for row in rows if row["pais_codigo"] == "9903"} == {None}


def test_only_whole_codes_of_the_tariff_are_listed(generated: Ran) -> None:
    rows = {row["partida"]: row for row in generated.rows(TARIFF)}
    assert set(rows) == {code.replace(".", "") for _, _, code, _ in banguat.TARIFF}
    horse, other = rows["0101210000"], rows["8703800000"]
    assert (horse["encabezado"], horse["descripcion"], horse["nivel"]) == (
        "CABALLOS Y ASNOS VIVOS",
        "De raza",
        2,
    )
    assert other["descripcion"] == "Otros: los demás"
    assert rows["3103110000"]["encabezado"] == "ABONOS FOSFATADOS", "its code is a number in the workbook"


def test_published_codes_are_text_with_their_zeros(generated: Ran) -> None:
    lines = generated.csv(DETAIL)
    assert lines[0] == (
        "anio,mes,periodo,partida,partida_en_sac,capitulo_codigo,capitulo,pais_codigo,pais,continente,"
        "aduana_codigo,aduana,via_codigo,via,valor_cif,peso"
    )
    assert any(',0901111000,true,09,"Café, té, yerba mate y especias",' in line for line in lines)


def replaced(source: Path, folder: Path, name: str, content: bytes) -> list[Path]:
    """The look-alike's files, one of them with other content."""
    folder.mkdir()
    (folder / name).write_bytes(content)
    return [folder / one if one == name else source / one for one in FILES]


@pytest.mark.parametrize(
    "line",
    [
        "2024,1,7712345678,1005,2,1,100,10",
        "2024,1,12345,1005,2,1,100,10",
        "2024,13,8711209000,1005,2,1,100,10",
        '2024,1,8711209000,1005,2,1,"1,00",10',
        "2024,1,8711209000,1005,2,1,100.5,10",
    ],
    ids=["no chapter", "cut code", "no month", "odd comma", "a decimal"],
)
def test_a_line_that_cannot_be_read_stops_the_run(tmp_path: Path, source: Path, line: str) -> None:
    content = f"ANYO,MES,SAC,PAIS,ADUANA,VIA,VALOR,PESO\n2024,1,8711209000,1005,2,1,1,1\n{line}\n".encode()
    files = replaced(source, tmp_path / "changed", banguat.IMPORTS, content)
    with pytest.raises(ToleranceError):
        through(tmp_path / "run", IMPORTS, files, last="clean")


def test_a_column_that_is_no_country_s_code_stops_the_run(tmp_path: Path, source: Path) -> None:
    table = banguat.by_country()
    table[2][3] = "Juan Pérez"
    content = workbook({"Datos": table})
    with pytest.raises(ReaderError, match="1 of 41 columns are not declared: positions 4") as caught:
        through(
            tmp_path / "run",
            IMPORTS,
            replaced(source, tmp_path / "changed", banguat.BY_COUNTRY, content),
            last="deidentify",
        )
    assert "Pérez" not in str(caught.value)


def test_a_month_that_does_not_add_up_is_not_published(tmp_path: Path, source: Path) -> None:
    table: list[list[Cell]] = banguat.by_country()
    table[3][2] = 1
    files = replaced(source, tmp_path / "changed", banguat.BY_COUNTRY, workbook({"Datos": table}))
    with pytest.raises(QualityError, match="cuadra_con_total"):
        through(tmp_path / "run", IMPORTS, files, last="validate")


def test_the_exchange_rate_of_every_month(tmp_path: Path, source: Path) -> None:
    ran = through(tmp_path, EXCHANGE, [source / banguat.EXCHANGE])
    rows = ran.rows("tipo-de-cambio")
    assert [row["periodo"] for row in rows] == [f"{1995 + n // 12}-{n % 12 + 1:02d}" for n in range(273)]
    assert ran.csv("tipo-de-cambio")[0] == "anio,mes,periodo,tipo_cambio_venta"


@pytest.mark.parametrize("month", ["January", "Enero-Febrero"])
def test_a_month_that_is_no_word_for_one_stops_the_run(tmp_path: Path, month: str) -> None:
    table = banguat.exchange()
    table[3][1] = month
    path = tmp_path / banguat.EXCHANGE
    path.write_bytes(workbook({"Datos": table}))
    with pytest.raises(ToleranceError):
        through(tmp_path / "run", EXCHANGE, [path], last="clean")


@pytest.mark.real
def test_the_real_imports(real: Ran, real_folder: Path) -> None:
    rows = real.rows(DETAIL)
    assert len(rows) == 77_655
    tariff_codes_are_proven(real, real_folder / banguat.IMPORTS)
    assert sum(row["partida"][0] == "0" for row in rows) == 5_711
    assert sum(not row["partida_en_sac"] for row in rows) == 311
    assert {row["pais_codigo"] for row in rows if row["pais"] is None} == {"2603", "4229"}
    assert {row["aduana_codigo"] for row in rows if row["aduana"] is None} == {"106", "107", "108", "109"}
    # Looked up by eye in the source: its lines 2, 3 and last.
    for month, code, country, customs, via, value, weight in (
        (4, "0101210000", "Estados Unidos", "Express Aéreo", "Aérea", 7500, 1500),
        (5, "0101210000", "Costa Rica", "La Ermita", "Terrestre", 4818, 500),
        (3, "9703900000", "Honduras", None, "Terrestre", 321, 104),
    ):
        found = [
            (row["pais"], row["aduana"], row["via"])
            for row in rows
            if (row["mes"], row["partida"], row["valor_cif"], row["peso"]) == (month, code, value, weight)
        ]
        assert (country, customs, via) in found


@pytest.mark.real
def test_the_contract_says_by_its_figures_that_the_detail_looks_like_exports(real: Ran) -> None:
    """The caveat's figures, added up again; when the source mends its file, they have to go."""
    values: Counter[str] = Counter()
    for row in real.rows(DETAIL):
        for digits in (0, 2, 4):
            values[row["partida"][:digits]] += row["valor_cif"]
        values["China"] += row["valor_cif"] * (row["pais"] == "China")
        values["El Salvador"] += row["valor_cif"] * (row["pais"] == "El Salvador")
    whole = values[""]
    share = {name: round(100 * value / whole, 1) for name, value in values.items()}
    assert round(whole / 10**5) == 74_689
    assert round(100 * sum(values[code] for code in ("0901", "0803", "0908")) / whole, 1) == 19.8
    assert [share[name] for name in ("61", "2710", "8703", "China", "El Salvador")] == [
        9.8,
        0.4,
        0.1,
        0.4,
        12.9,
    ]
    before: Counter[str] = Counter()
    for row in real.rows(WIDE):
        if row["periodo"][:4] == "2023":
            before[row["pais"]] += row["valor_cif"]
            before["first half"] += row["valor_cif"] * (row["periodo"] <= "2023-06")
    year = sum(before.values()) - before["first half"]
    assert round(before["first half"] / 10**5) == 149_438
    assert [round(100 * before[name] / year, 1) for name in ("China", "El Salvador")] == [18.4, 3.4]
    caveats = " ".join(real.ctx.dataset.contract.caveats)
    assert "parece ser exportaciones" in " ".join(caveats.split())
    for figure in ("19.8%", "9.8%", "7,468.9", "14,943.8", "18.4%", "3.4%", "12.9%"):
        assert figure in caveats


@pytest.mark.real
def test_the_real_table_by_country(real: Ran, real_folder: Path) -> None:
    table = sheet(real_folder / banguat.BY_COUNTRY, "Datos")
    rows = real.rows(WIDE)
    assert len(rows) == 27_755
    assert all(row["cuadra_con_total"] for row in rows)
    months: dict[str, int] = defaultdict(int)
    for row in rows:
        months[row["periodo"]] += row["valor_cif"]
    assert len(months) == 216
    assert sum(months.values()) == sum(row[2] for row in table[3:] if row[0] is not None)
    assert (months["2023-01"], months["2006-12"]) == (2_568_469_126, 966_091_905)
    assert {row["pais_codigo"] for row in rows if row["pais"] is None} <= {
        "2503",
        "2603",
        "4229",
        "4230",
        "9903",
    }


@pytest.mark.real
def test_the_real_tariff_is_the_project_s_list(real: Ran) -> None:
    rows = real.rows(TARIFF)
    assert {row["partida"] for row in rows} == set(listed("sac-2022"))
    assert len(rows) == 7_754
    honey = next(row for row in rows if row["partida"] == "0409000000")
    assert honey["encabezado"] == honey["descripcion"] == "MIEL NATURAL"


@pytest.mark.real
def test_the_real_exchange_rate(tmp_path: Path, real_folder: Path) -> None:
    ran = through(tmp_path, EXCHANGE, [real_folder / banguat.EXCHANGE], last="validate")
    rows = {row["periodo"]: row["tipo_cambio_venta"] for row in ran.rows("tipo-de-cambio")}
    given = [row for row in sheet(real_folder / banguat.EXCHANGE, "Datos")[3:] if row[0] is not None]
    assert len(rows) == len(given) == 273
    for (_, _, rate, *_), published in zip(given, rows.values(), strict=True):
        assert abs(Decimal(repr(rate)) - published) <= Decimal("0.000005")
    assert (rows["1995-01"], rows["2017-09"]) == (Decimal("5.74834"), Decimal("7.32"))
    assert rows["2010-02"] == Decimal("8.16231")
    # Each rate is rounded to its five digits, so the sum may differ by half a digit a month.
    assert abs(sum(rows.values()) - sum(Decimal(repr(row[2])) for row in given)) <= 273 * Decimal("0.000005")
    assert not ran.warnings()
