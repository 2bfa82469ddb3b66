"""The pipeline on what institutions really published: counts, hand-checked rows, no person."""

from __future__ import annotations

import collections
import csv
import html
import json
import re
import sqlite3
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pipeline_scene import MINEDUC, OJ, SAT, Scene

from apertura.runs.context import WHOLE
from apertura.runs.work import work_key
from apertura_demo.oj import ORDINARY_CRIMES


def rows_of(world: Scene, dataset: str) -> list[dict[str, str]]:
    with world.file(dataset, f"{dataset.split('/')[1]}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def real(world: Scene, real_extracts: Path) -> Scene:
    """The scene, its HTTP institutions serving the real files byte for byte."""
    for name in ("sat", "mineduc"):
        for path in (world.folder / name).iterdir():
            path.unlink()
        for path in (real_extracts / name).iterdir():
            (world.folder / name / path.name).write_bytes(path.read_bytes())
    return world


@pytest.mark.real
def test_sat(real: Scene) -> None:
    real.run(SAT)
    rows = rows_of(real, SAT)
    assert len(rows) == 28_859
    # The source's 15,367 exact duplicates are right and stay; one pair more differs by a double blank only.
    assert len(rows) - len({tuple(row.values()) for row in rows}) == 15_368
    assert Counter(len(row["partida_arancelaria"]) for row in rows) == {10: 28_677, 8: 158, 14: 24}
    assert all(re.fullmatch(r"20(18-12|19-01)-\d\d", row["fecha_poliza"]) for row in rows)
    assert "otro" not in rows[0]
    names = list(rows[0])
    written = Counter("|".join(row.values()) for row in rows)
    # Looked up by eye in the source: its lines 2, 9 and 20,000.
    for text, copies in (
        ("ESTADOS UNIDOS|EXPRESS AEREO|2018-12-10|8702107000|2003|FORD|E350 SUPER DUTY|7300.00|PESADO|BUS|"
         "OCASIONAL|DIESEL|20|3|5.0000|19099.28|2291.91", 1),
        ("INDIA|PUERTO QUETZAL|2018-12-11|8711209000|2019|BAJAJ|PULSAR 180 UG4|179.00|LIVIANO|MOTO|OCASIONAL|"
         "GASOLINA|2|0|0.0000|1958409.53|235009.14", 288),
        ("TAILANDIA|TECUN UMAN|2018-12-26|8703225900|2017|MITSUBISHI|MIRAGE SE|1200.00|LIVIANO|AUTOMOVIL|"
         "OCASIONAL|GASOLINA|5|4|0.0000|16090.46|1930.86", 1),
    ):  # fmt: skip
        assert text.count("|") + 1 == len(names)
        assert written[text] == copies


@pytest.mark.real
def test_sat_totals_equal_the_source_s(real: Scene, real_extracts: Path) -> None:
    from decimal import Decimal

    real.run(SAT)
    lines = (real_extracts / "sat/web_imp_08012019.txt").read_text(encoding="utf-8").splitlines()[1:]
    rows = rows_of(real, SAT)
    for position, name in ((15, "valor_cif"), (16, "impuesto")):
        source = sum(Decimal(line.split("|")[position]) for line in lines)
        assert sum(Decimal(row[name]) for row in rows) == source


def raw_schools(folder: Path) -> list[list[str]]:
    """The real files read by regular expressions alone: not by the reader under test."""
    schools = []
    for path in sorted(folder.glob("*.xls")):
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", path.read_bytes().decode("latin-1"), re.DOTALL):
            cells = [html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
            if len(cells) == 17 and cells[0] != "CODIGO" and any(cell.strip() for cell in cells):
                schools.append(cells)
    return schools


@pytest.mark.real
def test_mineduc(real: Scene, real_extracts: Path) -> None:
    real.run(MINEDUC)
    rows = rows_of(real, MINEDUC)
    by_code = {row["codigo"]: row for row in rows}
    assert len(rows) == len(by_code) == 8_314
    assert {row["departamento_codigo"] for row in rows} == {f"{n:02}" for n in range(1, 23)}
    assert all(row["municipio_codigo"].startswith(row["departamento_codigo"]) for row in rows)
    # As many in each department as the source has; its codes call the capital 00.
    source = Counter(school[0][:2].replace("00", "01") for school in raw_schools(real_extracts / "mineduc"))
    assert Counter(row["departamento_codigo"] for row in rows) == source
    capital = [row for row in rows if row["zona"]]
    assert len(capital) == 1_381
    assert {row["municipio_codigo"] for row in capital} == {"0101"}
    # Looked up by eye in the source.
    assert (by_code["16-01-0138-46"]["nombre"], by_code["16-01-0138-46"]["municipio_codigo"],
            by_code["16-01-0138-46"]["telefono"]) == ("COLEGIO COBAN", "1601", "77945104")  # fmt: skip
    assert by_code["16-01-0143-46"]["telefono"] == "", "its only number is a mobile"
    assert (by_code["00-01-0158-46"]["municipio"], by_code["00-01-0158-46"]["zona"]) == ("Guatemala", "1")
    assert (by_code["17-01-0070-46"]["municipio"], by_code["17-01-0070-46"]["direccion"]) == (
        "Flores",
        "ZONA 2",
    )


@pytest.mark.real
@pytest.mark.slow
def test_no_person_of_the_real_directory_gets_past_deidentify(real: Scene, real_extracts: Path) -> None:
    real.run(MINEDUC)
    schools = raw_schools(real_extracts / "mineduc")
    assert len(schools) == 8_314
    names = {cell.strip() for school in schools for cell in school[7:9] if len(cell.split()) > 2}
    mobiles = {number for school in schools for number in re.findall(r"\b[345]\d{7}\b", school[6])}
    assert len(names) > 3_000
    assert len(mobiles) > 2_000
    ctx = real.context(MINEDUC)
    resource = ctx.dataset.contract.resources[0]
    school_names = {school[4].strip() for school in schools}
    for stage in ("deidentify", "clean", "protect"):
        with ctx.private.as_file(work_key(ctx, stage, WHOLE, resource)) as path:
            columns = pq.read_table(path).to_pydict()
        values = {value.strip() for column in columns.values() for value in column if isinstance(value, str)}
        # Four schools bear their director's name; a school's name is not a person's data.
        assert not (names - school_names) & values
        digits = " ".join(value for value in values if any(c.isdigit() for c in value))
        assert not mobiles & set(re.findall(r"\d{8}", digits))
    public = b"".join(
        path.read_bytes() for path in real.file(MINEDUC, "x").parents[1].rglob("*") if path.is_file()
    ).decode("utf-8", "replace")
    assert not [
        name for name in names if name in public and not any(name in school for school in school_names)
    ]
    assert not mobiles & set(re.findall(r"(?<!\d)\d{8}(?!\d)", public))


def test_judgments_hold_exactly_the_rows_the_law_lets_out(world: Scene) -> None:
    """Counted again by a query of the test's own, on the generated database."""
    world.run(OJ)
    database = sqlite3.connect(world.folder / "oj" / "oj.sqlite")
    query = world.settings.home.joinpath("sql/extract/oj/sentencias.sql").read_text(encoding="utf-8")
    database.row_factory = sqlite3.Row
    expected = 0
    for row in database.execute(query, {"desde": "2020-01-01"}):
        barred = row["materia"] != "PENAL" or row["delito"] not in ORDINARY_CRIMES
        born, event = row["sindicado_nacimiento"], row["fecha_hecho"]
        age = None
        if born and event and re.fullmatch(r"\d{4}-\d\d-\d\d", born):
            age = int(event[:4]) - int(born[:4]) - (event[5:10] < born[5:10])
        expected += not (barred or age is None or age < 18 or row["victima_menor"] != "false")
    rows = rows_of(world, OJ)
    # Protecting people takes out a tenth at the most, and leaves nobody in a group of fewer than five.
    assert 0.9 * expected <= len(rows) <= expected
    known = ("lugar_codigo", "anio_sentencia", "delito", "sexo", "edad")
    sizes = collections.Counter(tuple(row[name] for name in known) for row in rows)
    assert min(sizes.values()) >= 5
    assert all(re.fullmatch(r"\d{4}", row["anio_sentencia"]) for row in rows)


def test_judgments_are_counted_by_people_and_tell_of_none(world: Scene) -> None:
    """The generated court judges three people again and again: their judgments are no crowd."""
    world.run(OJ)
    private = Path(world.settings.private_url.removeprefix("file://"))
    [clean] = private.glob("work/oj/sentencias/_/*/clean.parquet")
    [protected] = private.glob("work/oj/sentencias/_/*/protect.parquet")
    assert "sindicado" in pq.read_schema(clean).names
    assert "sindicado" not in pq.read_schema(protected).names
    whose = pq.read_table(clean, columns=["sindicado"])["sindicado"].to_pylist()
    assert max(collections.Counter(one for one in whose if one).values()) > 1
    document = json.loads(protected.with_suffix(".json").read_text(encoding="utf-8"))["disclosure"]
    [people] = [one for one in document["attacks"] if one["name"] == "people-linkage"]
    assert people["tried"] > 50
    assert (people["succeeded"], people["smallest_candidates"] >= 5) == (0, True)
    public = b"".join(
        path.read_bytes()
        for path in Path(world.settings.public_url.removeprefix("file://")).rglob("*")
        if path.is_file()
    ).decode("utf-8", "replace")
    assert not [one for one in whose if one and one in public]
