"""The stages over real extracts and the simulated court: all that may stay, nothing that may not leave."""

from __future__ import annotations

import collections
import datetime as dt
import re
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from prepare_scene import MakeContext, Rows, document, everything, give, table

from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.prepare.protect import protect
from apertura.runs.context import Context
from apertura.sources.endpoint import Endpoint
from apertura.sources.sql import query_to_parquet
from apertura_demo import oj


def through(ctx: Context, files: dict[str, bytes], partition: str = "_") -> Rows:
    give(ctx, files, partition)
    deidentify(ctx, partition)
    clean(ctx, partition)
    protect(ctx, [partition])
    return table(ctx, "protect")


def of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.real
def test_vehicle_imports_keep_every_row(make_context: MakeContext, real_extracts: Path) -> None:
    ctx = make_context("sat/importacion-vehiculos")
    rows = through(ctx, of(real_extracts / "sat"), "2019-01")
    assert len(rows) == 28_859
    read = table(ctx, "deidentify", "2019-01")
    assert len(read) - len({tuple(row.values()) for row in read}) == 15_367
    lengths = collections.Counter(len(row["partida_arancelaria"]) for row in rows)
    assert lengths == {10: 28_677, 8: 158, 14: 24}
    assert all(re.fullmatch(r"\d+", row["partida_arancelaria"]) for row in rows)
    assert {row["fecha_poliza"].year for row in rows} <= {2018, 2019}
    assert "otro" not in rows[0]
    bus = [row for row in rows if row["linea"] == "E350 SUPER DUTY" and row["modelo"] == 2003]
    assert len(bus) == 1
    assert bus[0]["partida_arancelaria"] == "8702107000"
    assert bus[0]["fecha_poliza"] == dt.date(2018, 12, 10)
    assert (bus[0]["valor_cif"], bus[0]["impuesto"]) == (Decimal("19099.28"), Decimal("2291.91"))


@pytest.mark.real
def test_schools_keep_their_place_and_lose_their_people(
    make_context: MakeContext, real_extracts: Path
) -> None:
    ctx = make_context("mineduc/establecimientos-diversificado")
    rows = through(ctx, of(real_extracts / "mineduc"))
    assert len(rows) == 8_314
    assert len({row["codigo"] for row in rows}) == 8_314
    assert all(
        row["municipio_codigo"] and row["municipio_codigo"][:2] == row["departamento_codigo"] for row in rows
    )
    capital = [row for row in rows if row["zona"] is not None]
    assert len(capital) == 1_381
    assert {row["municipio_codigo"] for row in capital} == {"0101"}
    by_code = {row["codigo"]: row for row in rows}
    coban = by_code["16-01-0138-46"]
    assert (coban["departamento"], coban["municipio"], coban["municipio_codigo"]) == (
        "Alta Verapaz",
        "Cobán",
        "1601",
    )
    assert re.fullmatch(r"7\d{7}", coban["telefono"])
    assert by_code["16-01-0143-46"]["telefono"] is None  # the source lists a mobile
    assert by_code["00-01-0178-46"]["zona"] == 1
    assert all(re.fullmatch(r"[267]\d{7}(; [267]\d{7})*", row["telefono"]) for row in rows if row["telefono"])

    text = everything(ctx)
    people, mobiles = _people_and_mobiles(real_extracts / "mineduc")
    assert len(people) > 1_000
    assert len(mobiles) > 2_000
    numbers = set(re.findall(r"\d+", text))
    assert not mobiles & numbers
    lines = set(text.splitlines())
    assert not people & lines


def _people_and_mobiles(folder: Path) -> tuple[set[str], set[str]]:
    """Directors and supervisors by full name, and mobile numbers, read from the pages by pattern."""
    people: set[str] = set()
    mobiles: set[str] = set()
    for path in folder.iterdir():
        for line in re.findall(r"<tr[^>]*>(.*?)</tr>", path.read_bytes().decode("latin-1"), re.DOTALL):
            cells = re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)
            if len(cells) == 17:
                people |= {cell.strip() for cell in cells[7:9] if len(cell.split()) > 2}
                mobiles |= set(re.findall(r"(?<!\d)[345]\d{7}(?!\d)", cells[6]))
    return people, mobiles


def test_judgments_lose_whom_the_law_protects_and_who_everybody_is(
    make_context: MakeContext, tmp_path: Path
) -> None:
    database = oj.write(tmp_path, cases=400)
    ctx = make_context("oj/sentencias")
    rows = judgments(ctx, database)

    assert 0 < len(rows) < 400
    counts = document(ctx, "deidentify")["counts"]
    assert counts["rows_in"] == len(rows) + counts["excluded"]["otra-ley"]
    assert not [row for row in rows if re.search("VIOLA|SEXUAL|FEMICIDIO|MUJER|TRATA", row["delito"].upper())]
    assert {row["delito"] for row in rows} <= set(oj.ORDINARY_CRIMES)
    assert all(re.fullmatch(r"20\d\d", row["anio_sentencia"]) for row in rows)
    assert all(re.fullmatch(r"0[1-9]|1\d|2[0-2]", row["lugar_codigo"]) for row in rows)

    text = everything(ctx)
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT nombre, cui, direccion FROM personas").fetchall()
    for name, cui, address in found:
        assert name not in text
        assert not cui or (cui not in text and re.sub(r"\D", "", cui) not in text)
        assert not address or address not in text


def test_no_judgment_stands_alone_once_protected(make_context: MakeContext, tmp_path: Path) -> None:
    ctx = make_context("oj/sentencias")
    rows = judgments(ctx, oj.write(tmp_path))
    quasi = ("lugar_codigo", "anio_sentencia", "delito", "sexo", "edad")

    def alone(rows: Rows) -> float:
        sizes = collections.Counter(tuple(row[name] for name in quasi) for row in rows)
        return sum(n for n in sizes.values() if n < 5) / len(rows)

    assert alone(rows) > 0.9
    protect(ctx, ["_"])
    protected = table(ctx, "protect")
    assert alone(protected) == 0
    assert len(protected) >= 0.9 * len(rows)


PENAL, WOMEN = "PENAL", "FEMICIDIO Y VIOLENCIA CONTRA LA MUJER"
WRITTEN = [
    ("VIOLENCIA ECONÓMICA", WOMEN), ("AMENAZAS", WOMEN), ("AMENAZAS", "PENAL JUVENIL"), ("ESTUPRO", PENAL),
    ("ABUSOS DESHONESTOS", PENAL), ("POSESIÓN DE PORNOGRAFÍA DE PERSONAS MENORES DE EDAD", PENAL),
    ("MALTRATO CONTRA PERSONAS MENORES DE EDAD", PENAL), ("VIOLENCIA CONTRA MUJER", PENAL),
    ("FEMI CIDIO", PENAL), ("VIO-LACION", PENAL), ("VIO\u00adLACIÓN", PENAL), ("VIOLACIÓ\u200cN", PENAL),
    ("violacio\u0301n", PENAL), ("VIOL\u0410CION", PENAL), ("TRATA PERSONAS", PENAL), ("NO CONSTA", PENAL),
    ("N/D", PENAL), ("HURTO Y OTRO", PENAL), ("", PENAL), ("HURTO", ""), ("HURTO", "NO CONSTA"),
    ("HURTO", "N\u00ad IÑEZ"),
]  # fmt: skip


def judgments(ctx: Context, database: Path) -> Rows:
    """What the stages make of a court's database before its people are protected."""
    endpoint = Endpoint.from_env("oj_db", {"AIRFLOW_CONN_OJ_DB": f"sqlite:///{database}"})
    target = database.parent / "query.parquet"
    query_to_parquet(
        endpoint, ctx.dataset.extract_sql_path, {"desde": "2020-01-01"}, target, what="oj/sentencias"
    )
    give(ctx, {"query.parquet": target.read_bytes()}, "_")
    deidentify(ctx, "_")
    clean(ctx, "_")
    return table(ctx, "clean")


def plant(database: Path, planted: list[tuple[str, str, str]]) -> None:
    """Add judgments of crime, matter and birth; the months of prison are 600 less the place in the list."""
    with sqlite3.connect(database) as connection:
        for number, (crime, matter, birth) in enumerate(planted):
            key = 900_000 + number
            connection.execute("INSERT INTO delitos VALUES (?, ?)", (key, crime))
            case = (key, f"P-{number}", 1, 1, key, matter, "2021-05-05", "2022-01-01", "x")
            connection.execute("INSERT INTO casos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", case)
            for person, role, born in ((key, "sindicado", birth), (key + 50_000, "victima", "1980-01-01")):
                row = (person, "Alguien", None, born, "H", "x")
                connection.execute("INSERT INTO personas VALUES (?, ?, ?, ?, ?, ?)", row)
                connection.execute("INSERT INTO partes VALUES (?, ?, ?, ?)", (person, key, person, role))
            sentence = (key, key, "2024-01-15", "CONDENATORIA", 600 - number, None)
            connection.execute("INSERT INTO sentencias VALUES (?, ?, ?, ?, ?, ?)", sentence)


def test_only_known_crimes_of_known_adults_are_published(make_context: MakeContext, tmp_path: Path) -> None:
    known = [("HURTO", PENAL, "1990-01-01"), (" extorsion", "Penal ", "1990-01-01"),
             ("Usurpación", PENAL, "1990-01-01")]  # fmt: skip
    unknown = [(crime, matter, "1990-01-01") for crime, matter in WRITTEN]
    births = ["1900-01-01", "1901-01-01", "2010", "05/06/2010", "2010-05-05", "", "desconocida"]
    unknown += [("HURTO", PENAL, birth) for birth in births]
    database = oj.write(tmp_path, cases=20)
    plant(database, known + unknown)
    with sqlite3.connect(database) as connection:
        # What the generator itself wrote is not looked at.
        connection.execute(
            "UPDATE sentencias SET pena_meses = 1 WHERE pena_meses IS NOT NULL AND id < 900000"
        )
    ctx = make_context("oj/sentencias")
    rows = judgments(ctx, database)
    left = {row["pena_meses"]: row["delito"] for row in table(ctx, "deidentify")}
    left = {months: crime for months, crime in left.items() if months not in ("1", "", None)}
    assert left == {"600": "HURTO", "599": " extorsion", "598": "Usurpación"}
    assert {row["delito"] for row in rows if row["pena_meses"] == "240+"} == {
        "HURTO",
        "EXTORSIÓN",
        "USURPACIÓN",
    }
    counts = document(ctx, "deidentify")["counts"]
    assert counts["rows_in"] == len(rows) + sum(counts["excluded"].values())
