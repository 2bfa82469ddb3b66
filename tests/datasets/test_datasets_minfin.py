"""minfin/ingresos-municipales: summed and never de-duplicated, mixed-up places told apart, errors shown."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from datasets_scene import Ran, Row, settings_in, through

from apertura import pipeline
from apertura.errors import ReaderError, ToleranceError
from apertura.runs.work import get_document
from apertura.sources.endpoint import Endpoint
from apertura_demo import minfin
from apertura_demo.server import make_server
from apertura_demo.workbooks import Cell, workbook

DATASET = "minfin/ingresos-municipales"
NAME = "ingresos-municipales"
AMOUNTS = ("asignado", "modificado", "vigente", "devengado")
DIGITS = Decimal("0.0001")


def rounded(value: Any) -> Decimal:
    return Decimal(repr(value)).quantize(DIGITS, rounding="ROUND_HALF_UP")


def totals(source: list[list[Any]]) -> dict[tuple[int, str], Decimal]:
    """Year and amount -> the sum of the source's cells, added up here cell by cell."""
    found: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in source:
        for name, value in zip(AMOUNTS, row[10:], strict=True):
            found[int(row[5]), name] += rounded(value)
    return dict(found)


def published_totals(rows: list[Row]) -> dict[tuple[int, str], Decimal]:
    found: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        for name in AMOUNTS:
            found[row["ejercicio"], name] += row[name]
    return dict(found)


def cells(path: Path) -> list[list[Any]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return [list(row) for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    finally:
        book.close()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, list[list[Any]]]:
    folder = tmp_path_factory.mktemp("minfin")
    (path,) = minfin.write(folder / "source")
    return through(folder, DATASET, [path]), cells(path)


def test_rows_of_one_section_are_summed_and_totals_stay(generated: tuple[Ran, list[list[Any]]]) -> None:
    ran, source = generated
    rows = ran.rows(NAME)
    keys = Counter((row["ejercicio"], row["municipio_codigo"], row["seccion_codigo"]) for row in rows)
    assert set(keys.values()) == {1}
    assert len(rows) < len(source) == sum(row["filas_fuente"] for row in rows)
    assert published_totals(rows) == totals(source)
    assert {row["filas_fuente"] for row in rows if row["seccion_codigo"] == "10200"} == {4}


def test_two_towns_under_one_code_are_two(generated: tuple[Ran, list[list[Any]]]) -> None:
    rows = [row for row in generated[0].rows(NAME) if row["municipio_codigo"] == "1202"]
    assert {(row["departamento"], row["municipio"], row["municipio_codigo_fuente"]) for row in rows} == {
        ("San Marcos", "San Pedro Sacatepéquez", "0109")
    }


def test_two_spellings_of_a_section_are_one(generated: tuple[Ran, list[list[Any]]]) -> None:
    ran, source = generated
    assert len({row[9] for row in source if row[8] == 23400.0}) == 2
    names = {row["seccion"] for row in ran.rows(NAME) if row["seccion_codigo"] == "23400"}
    assert names == {"Disminución de activos diferidos y anticipos a contratistas"}


def test_what_does_not_agree_is_published_and_said(generated: tuple[Ran, list[list[Any]]]) -> None:
    ran = generated[0]
    rows = ran.rows(NAME)
    (wrong,) = [row for row in rows if not row["identidad_cuadra"]]
    assert (wrong["municipio_codigo"], wrong["ejercicio"]) == ("0102", 2017)
    assert wrong["devengado"] == Decimal("4889960300.7400")
    assert sum(row["devengado_negativo"] for row in rows) == 2
    said = " ".join(ran.warnings())
    assert f"identidad_cuadra: expect_column_values_to_be_in_set (1 of {len(rows)} rows)" in said
    assert f"devengado_negativo: expect_column_values_to_be_in_set (2 of {len(rows)} rows)" in said


def test_the_noise_of_binary_fractions_is_not_published(generated: tuple[Ran, list[list[Any]]]) -> None:
    lines = generated[0].csv(NAME)
    assert lines[0].startswith("ejercicio,departamento_codigo,departamento,municipio_codigo,municipio,")
    assert not any("E-" in line or "e-" in line for line in lines)
    assert any(",492.1900," in line for line in lines)


def test_the_workbook_comes_from_the_ministry_s_ckan_portal(tmp_path: Path) -> None:
    """The portal lists other resources, too: only the workbook of revenue is taken."""
    (path,) = minfin.write(tmp_path / "institutions" / "minfin")
    (path.parent / "Egresos.xlsx").write_bytes(b"another workbook")
    (path.parent / "Ingresos.pdf").write_bytes(b"its description")
    ctx = pipeline.context(DATASET, "run-1", settings=settings_in(tmp_path / "state"))
    with make_server(tmp_path / "institutions") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        host = f"http://127.0.0.1:{server.server_address[1]}/minfin/"
        endpoint = Endpoint.from_parts(
            "http", host, extra={"allow_private": True}, connection_id="minfin_http"
        )
        for number in range(2):
            result = pipeline.run_stage(ctx, "extract", endpoint=endpoint, partitions=["_"])
            assert result.counts == {"files": 1, "bytes": path.stat().st_size, "not_modified": number}
        server.shutdown()
        thread.join()
    (file,) = get_document(ctx, "extract", "_")["files"]
    assert file["name"] == minfin.NAME


def changed(folder: Path, column: int, value: Cell) -> Path:
    """The look-alike with one cell of its first row changed, in a file of the source's name."""
    table = minfin.rows()[:50]
    table[0][column] = value
    path = folder / minfin.NAME
    path.write_bytes(workbook({minfin.SHEET: [list(minfin.HEADER), *table]}))
    return path


@pytest.mark.parametrize(
    ("column", "value"),
    [(2, "MIXCO DE ARRIBA"), (3, 2.0), (8, 99900.0), (10, "1,234.50"), (5, "dos mil")],
    ids=["no such town", "department's name and number differ", "no such section", "no number", "no year"],
)
def test_a_row_that_cannot_be_read_stops_the_run(tmp_path: Path, column: int, value: Cell) -> None:
    with pytest.raises(ToleranceError) as caught:
        through(tmp_path, DATASET, [changed(tmp_path, column, value)], last="clean")
    assert str(value) not in str(caught.value)


def test_a_new_column_and_a_renamed_sheet_stop_the_run(tmp_path: Path) -> None:
    table: list[list[Cell]] = [[*minfin.HEADER, "Alcalde"], *([*row, "x"] for row in minfin.rows()[:3])]
    path = tmp_path / minfin.NAME
    path.write_bytes(workbook({minfin.SHEET: table}))
    with pytest.raises(ReaderError, match="1 of 15 columns are not declared: positions 15"):
        through(tmp_path / "a", DATASET, [path], last="deidentify")
    path.write_bytes(workbook({"Hoja1": table}))
    with pytest.raises(ReaderError, match="none of the workbook's 1 sheets is named"):
        through(tmp_path / "b", DATASET, [path], last="deidentify")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_extracts: Path) -> tuple[Ran, list[list[Any]]]:
    (path,) = (real_extracts / "minfin").glob("*.xlsx")
    folder = tmp_path_factory.mktemp("minfin-real")
    return through(folder, DATASET, [path], last="validate"), cells(path)


@pytest.mark.real
@pytest.mark.slow
def test_the_real_file_is_summed_to_its_own_totals(real: tuple[Ran, list[list[Any]]]) -> None:
    ran, source = real
    rows = ran.rows(NAME)
    assert len(source) == sum(row["filas_fuente"] for row in rows) == 30_203
    assert len(rows) == 20_434
    assert published_totals(rows) == totals(source)
    exact: dict[int, Decimal] = defaultdict(Decimal)
    for row in source:
        exact[int(row[5])] += Decimal(repr(row[13]))
    # What rounding took off is noise: over all rows of a year it is less than a ten-thousandth of a quetzal.
    for year, total in exact.items():
        assert abs(published_totals(rows)[year, "devengado"] - total) < DIGITS


@pytest.mark.real
@pytest.mark.slow
def test_all_340_towns_are_told_apart(real: tuple[Ran, list[list[Any]]]) -> None:
    rows, source = real[0].rows(NAME), real[1]
    assert {1015, 1202}.isdisjoint(int(row[1]) for row in source)
    assert len({row["municipio_codigo"] for row in rows}) == 340
    other = {
        (row["municipio_codigo"], row["municipio_codigo_fuente"])
        for row in rows
        if row["municipio_codigo"] != row["municipio_codigo_fuente"]
    }
    assert {(code, given.split("; ")[-1]) for code, given in other} == {
        ("1202", "0109"),
        ("1015", "1310"),
        ("1311", "1705"),
    }


@pytest.mark.real
@pytest.mark.slow
def test_the_thirteen_rows_are_published_with_a_warning(real: tuple[Ran, list[list[Any]]]) -> None:
    ran, source = real
    bad = [
        row
        for row in source
        if abs(rounded(row[10]) + rounded(row[11]) - rounded(row[12])) >= Decimal("0.01")
    ]
    assert {(row[1], row[5]) for row in bad} == {(101.0, 2017.0)}
    assert len(bad) == 13
    rows = ran.rows(NAME)
    wrong = [row for row in rows if not row["identidad_cuadra"]]
    assert {(row["municipio_codigo"], row["ejercicio"]) for row in wrong} == {("0101", 2017)}
    assert {row["seccion_codigo"] for row in wrong} == {f"{row[8]:.0f}" for row in bad}
    assert len(wrong) == 12, "two of the thirteen are of one section"
    negative = [row for row in rows if row["devengado_negativo"]]
    assert {(row["municipio"], row["ejercicio"]) for row in negative} == {
        ("Génova", 2016),
        ("Escuintla", 2017),
    }
    assert any("identidad_cuadra" in note and "(12 of 20434 rows)" in note for note in ran.warnings())


@pytest.mark.real
@pytest.mark.slow
def test_three_real_rows_looked_up_by_eye(real: tuple[Ran, list[list[Any]]]) -> None:
    """The workbook's rows 3 to 7, 9142 and 7733."""
    rows = {
        (row["ejercicio"], row["municipio_codigo"], row["seccion_codigo"]): row for row in real[0].rows(NAME)
    }
    taxes = rows[2016, "0101", "10200"]
    assert (taxes["seccion"], taxes["filas_fuente"], taxes["identidad_cuadra"]) == (
        "Impuestos indirectos",
        5,
        True,
    )
    assert (taxes["asignado"], taxes["devengado"]) == (Decimal("92299500"), Decimal("83464472.42"))
    land = rows[2017, "0501", "18100"]
    assert (land["municipio"], land["devengado"], land["filas_fuente"]) == ("Escuintla", Decimal("-100"), 1)
    corrupt = rows[2017, "0101", "11200"]
    assert (corrupt["asignado"], corrupt["vigente"], corrupt["devengado"]) == (
        Decimal("506897240"),
        Decimal("506896500"),
        Decimal("7825882770.16"),
    )
