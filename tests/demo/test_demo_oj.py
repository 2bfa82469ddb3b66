"""The court's database: relational, with rows the law excludes, alike in SQLite and PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from apertura.contract import Project
from apertura_demo import oj
from apertura_demo.canary import default_canaries
from apertura_demo.people import cui_check_digit

HOME = Path(__file__).resolve().parents[2]
QUERY = (HOME / "sql" / "extract" / "oj" / "sentencias.sql").read_text()


def answer(url: str | sa.URL, since: str = "2020-01-01") -> list[dict[str, Any]]:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.text(QUERY), {"desde": since})
            return [dict(row) for row in rows.mappings()]
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def judgments(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = oj.write(tmp_path_factory.mktemp("oj"), cases=600)
    return answer(f"sqlite:///{path}")


@pytest.fixture
def postgres() -> Iterator[sa.URL]:
    """An empty schema of its own in the server of APERTURA_TEST_POSTGRES."""
    base = os.environ.get("APERTURA_TEST_POSTGRES")
    if not base:
        pytest.skip("APERTURA_TEST_POSTGRES is not set: no PostgreSQL on this machine")
    schema = f"demo_{uuid.uuid4().hex[:12]}"
    url = sa.make_url(base).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    yield url.update_query_dict({"options": f"-csearch_path={schema}"})
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


def test_the_query_returns_exactly_the_columns_of_the_contract(judgments: list[dict[str, Any]]) -> None:
    resource = Project(HOME).dataset("oj/sentencias").contract.resources[0]
    declared = {field.source for field in resource.fields if field.source is not None}
    assert set(judgments[0]) == declared


def test_one_row_per_accused_person_and_no_judgment_lost(tmp_path: Path) -> None:
    tables = oj.rows(cases=300)
    rows = answer(f"sqlite:///{oj.write(tmp_path, cases=300)}")
    accused = [party for party in tables["partes"] if party["papel"] == "sindicado"]
    assert len(rows) == len(tables["sentencias"]) == len(accused) > 300
    assert [row["expediente"] for row in rows] == sorted(row["expediente"] for row in rows)


def test_a_case_with_any_minor_victim_says_so_on_each_of_its_rows(tmp_path: Path) -> None:
    tables = oj.rows(cases=400)
    rows = answer(f"sqlite:///{oj.write(tmp_path, cases=400)}")
    people = {person["id"]: person for person in tables["personas"]}
    expected: dict[str, str | None] = {}
    for case in tables["casos"]:
        births = [
            people[party["persona_id"]]["fecha_nacimiento"]
            for party in tables["partes"]
            if party["caso_id"] == case["id"] and party["papel"] == "victima"
        ]
        day = case["fecha_hecho"]
        ages = [
            None if birth is None or day is None
            else day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
            for birth in births
        ]  # fmt: skip
        known = [age for age in ages if age is not None]
        minor = any(age < 18 for age in known)
        expected[case["expediente"]] = "true" if minor else None if len(known) < len(ages) else "false"
    assert {row["expediente"]: row["victima_menor"] for row in rows} == expected
    assert set(expected.values()) == {"true", "false", None}


def victim_minor(folder: Path, papel: str, birth: str | None, event: str | None = "2021-05-05") -> str | None:
    """What the query says of a case of theft with one adult victim and one more party."""
    path = oj.write(folder, cases=3)
    with sqlite3.connect(path) as database:
        theft = database.execute("SELECT id FROM delitos WHERE nombre = 'HURTO'").fetchone()
        database.execute("UPDATE casos SET delito_id = ?, fecha_hecho = ? WHERE id = 1", (*theft, event))
        database.execute("DELETE FROM partes WHERE caso_id = 1 AND papel <> 'sindicado'")
        for number, (role, born) in enumerate((("victima", "1980-01-01"), (papel, birth)), start=9001):
            person = (number, "Alguien", None, born, "M", "x")
            database.execute("INSERT INTO personas VALUES (?, ?, ?, ?, ?, ?)", person)
            database.execute("INSERT INTO partes VALUES (?, 1, ?, ?)", (number, number, role))
        case = database.execute("SELECT expediente FROM casos WHERE id = 1").fetchone()[0]
    found = {row["victima_menor"] for row in answer(f"sqlite:///{path}") if row["expediente"] == case}
    assert len(found) == 1
    answered: str | None = found.pop()
    return answered


@pytest.mark.parametrize(
    "papel", ["victima", "VICTIMA", "víctima", "Víctima ", "agraviado", "OFENDIDO", "querellante", "", "?"]
)
def test_whoever_is_not_known_to_be_accused_is_a_victim(tmp_path: Path, papel: str) -> None:
    assert victim_minor(tmp_path, papel, "2012-05-10") == "true"


@pytest.mark.parametrize("papel", ["sindicado", "Sindicada ", "ACUSADO", "imputado"])
def test_another_accused_person_is_no_victim(tmp_path: Path, papel: str) -> None:
    assert victim_minor(tmp_path, papel, "2012-05-10") == "false"


@pytest.mark.parametrize(
    ("birth", "event", "said"),
    [
        ("2003-05-05", "2021-05-05", "false"),
        ("2003-05-06", "2021-05-05", "true"),
        ("1985-05-06 00:00:00", "2021-05-05T00:00:00", "false"),
        ("10/05/2012", "2021-05-05", None),
        ("2012", "2021-05-05", None),
        ("2003-00-00", "2021-05-05", None),
        ("0012-05-10", "2021-05-05", None),
        ("1900-01-01", "2021-05-05", None),
        ("1900-01-01", "2005-05-05", None),
        ("1901-01-01", "2021-05-05", None),
        ("2030-01-01", "2021-05-05", None),
        ("desconocida", "2021-05-05", None),
        ("", "2021-05-05", None),
        (None, "2021-05-05", None),
        ("1980-01-01", "05/05/2021", None),
        ("1980-01-01", "0021-05-05", None),
        ("1980-01-01", None, None),
    ],
)
def test_an_age_that_cannot_be_told_is_not_that_of_an_adult(
    tmp_path: Path, birth: str | None, event: str | None, said: str | None
) -> None:
    assert victim_minor(tmp_path, "victima", birth, event) == said


def test_no_victim_on_record_is_only_known_of_a_crime_without_one(tmp_path: Path) -> None:
    path = oj.write(tmp_path, cases=100)
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM partes WHERE papel = 'victima'")
    rows = answer(f"sqlite:///{path}")
    assert {row["victima_menor"] for row in rows if row["delito"] == oj.VICTIMLESS} == {"false"}
    assert {row["victima_menor"] for row in rows if row["delito"] != oj.VICTIMLESS} == {None}


def test_a_victim_whose_person_is_missing_is_not_lost(tmp_path: Path) -> None:
    path = oj.write(tmp_path, cases=100)
    with sqlite3.connect(path) as database:
        victims = "SELECT persona_id FROM partes WHERE papel = 'victima'"
        database.execute(f"DELETE FROM personas WHERE id IN ({victims})")
    rows = answer(f"sqlite:///{path}")
    assert {row["victima_menor"] for row in rows if row["delito"] != oj.VICTIMLESS} == {None}


def test_there_are_rows_that_the_law_excludes_and_rows_that_it_does_not(
    judgments: list[dict[str, Any]],
) -> None:
    crimes = {row["delito"] for row in judgments}
    assert {"VIOLACIÓN", "FEMICIDIO", "ROBO AGRAVADO"} <= crimes
    assert {"PENAL", "ADOPCIONES", "FAMILIA", "NIÑEZ Y ADOLESCENCIA"} <= {row["materia"] for row in judgments}
    assert any(row["sindicado_nacimiento"] > "2008" for row in judgments)
    assert any(row["victima_nombre"] is None for row in judgments)


def test_numbers_are_valid_but_for_some_that_are_not(judgments: list[dict[str, Any]]) -> None:
    cuis = [row["sindicado_cui"].replace(" ", "") for row in judgments if row["sindicado_cui"]]
    right = sum(cui_check_digit(cui[:8]) == int(cui[8]) for cui in cuis)
    assert 0.9 < right / len(cuis) < 1
    assert len(set(cuis)) < len(cuis), "somebody was judged twice"
    assert any(row["sindicado_cui"] is None for row in judgments)


def test_facts_name_people_in_sentences(judgments: list[dict[str, Any]]) -> None:
    row = judgments[0]
    assert row["victima_nombre"] is None or row["victima_nombre"] in row["hechos"]
    assert any(row["sindicado_nombre"] in row["hechos"] for row in judgments)


def test_money_is_exact_in_sqlite(tmp_path: Path) -> None:
    path = oj.write(tmp_path, cases=300)
    fines = {row["multa"] for row in oj.rows(cases=300)["sentencias"] if row["multa"] is not None}
    with sqlite3.connect(path) as database:
        stored = database.execute(
            "SELECT multa, typeof(multa) FROM sentencias WHERE multa IS NOT NULL"
        ).fetchall()
    assert {kind for _, kind in stored} == {"text"}
    assert {Decimal(value) for value, _ in stored} == fines


def test_the_parameter_cuts_by_date_of_judgment(tmp_path: Path) -> None:
    url = f"sqlite:///{oj.write(tmp_path, cases=300)}"
    everything, later = answer(url), answer(url, "2023-01-01")
    assert 0 < len(later) < len(everything)
    assert later == [row for row in everything if str(row["fecha_sentencia"]) >= "2023-01-01"]
    assert answer(url, "2100-01-01") == []


def test_filling_twice_changes_nothing(tmp_path: Path) -> None:
    path = oj.write(tmp_path, cases=50)
    before = path.read_bytes()
    oj.write(tmp_path, cases=60, seed=2)
    oj.fill(f"sqlite:///{path}", cases=60, seed=2)
    assert path.read_bytes() == before


def test_postgres_answers_like_sqlite(postgres: sa.URL, tmp_path: Path) -> None:
    def as_text(rows: list[dict[str, Any]]) -> list[dict[str, str | None]]:
        return [{key: None if value is None else str(value) for key, value in row.items()} for row in rows]

    oj.fill(postgres, cases=200)
    oj.fill(postgres, cases=200)
    rows = answer(postgres)
    assert {type(row["multa"]) for row in rows} == {Decimal, type(None)}
    assert as_text(rows) == as_text(answer(f"sqlite:///{oj.write(tmp_path, cases=200)}"))


def test_planted_people_are_in_the_answer(tmp_path: Path) -> None:
    people = default_canaries()
    rows = answer(f"sqlite:///{oj.write(tmp_path, cases=700, canaries=people)}")
    accused = people.of("sindicado").person
    planted = [row for row in rows if row["sindicado_nombre"] == accused.name]
    assert len(planted) >= 13, "one for each way of writing"
    assert {row["materia"] for row in planted} == {"PENAL"}
    assert any(row["juez"] == people.of("juez").person.name for row in planted)
    assert any(accused.cui in row["hechos"] for row in planted)
    assert any(accused.cui[::-1] in row["hechos"] for row in planted)
