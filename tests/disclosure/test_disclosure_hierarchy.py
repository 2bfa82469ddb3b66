"""Labels of each level, and that a hierarchy which leaves values out stops the table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest
from microdata_scene import field, model, relation, resource

from apertura.contract import FieldSpec
from apertura.errors import ContractError, ToleranceError
from apertura.prepare.disclosure.hierarchy import depth, label, unlabelled
from apertura.prepare.disclosure.microdata import protect
from apertura.prepare.disclosure.task import prepare

REGIONS = Path(__file__).resolve().parents[2] / "include/reference/territory/regions.csv"

DATE = field("x", type="date", format="iso", hierarchy=[{"to": to} for to in ("month", "quarter", "year")])
PLACE = field("x", hierarchy=[*({"to": to} for to in ("department", "region", "country")), {"all": True}])
AGE = field("x", type="integer", hierarchy=[{"bands": [0, 18, 30, 65]}, {"bands": [0, 65]}, {"all": True}])
CODE = field("x", hierarchy=[{"prefix": 2}, {"prefix": 1}])
KIND = field("x", hierarchy=[{"map": {"a": "vocal ó 'signo'", "b": "otra"}}, {"all": True}])


def labels(database: duckdb.DuckDBPyConnection, declared: dict[str, Any], value: str) -> list[str | None]:
    """The label of an SQL value at each level."""
    spec = FieldSpec.model_validate(declared)
    items = ", ".join(label(spec, level, "v") for level in range(depth(spec) + 1))
    row = database.execute(f"SELECT {items} FROM (SELECT {value} AS v)").fetchone()
    assert row is not None
    return list(row)


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        (DATE, "DATE '2024-03-05'", ["2024-03-05", "2024-03", "2024-T1", "2024"]),
        (DATE, "CAST(NULL AS DATE)", [None, None, None, None]),
        (PLACE, "'1601'", ["1601", "16", "R2", "GT", "*"]),
        (PLACE, "'0100'", ["0100", None, None, None, "*"]),
        (PLACE, "CAST(NULL AS VARCHAR)", [None, None, None, None, "*"]),
        (AGE, "17", ["17", "0-17", "0-64", "*"]),
        (AGE, "80", ["80", "65+", "65+", "*"]),
        (AGE, "-1", ["-1", None, None, "*"]),
        (CODE, "'1234'", ["1234", "12", "1"]),
        (CODE, "'1'", ["1", "1", "1"]),
        (KIND, "'a'", ["a", "vocal ó 'signo'", "*"]),
        (KIND, "'c'", ["c", None, "*"]),
    ],
)
def test_a_value_has_a_label_at_each_level(
    database: duckdb.DuckDBPyConnection, declared: dict[str, Any], value: str, expected: list[str | None]
) -> None:
    assert labels(database, declared, value) == expected


def test_what_has_no_label_is_told_apart_from_what_is_missing(database: duckdb.DuckDBPyConnection) -> None:
    spec = FieldSpec.model_validate(KIND)
    found = database.execute(
        f"SELECT {unlabelled(spec, 1, 'v')} FROM (VALUES ('a'), ('c'), (NULL)) AS t(v)"
    ).fetchall()
    assert found == [(False,), (True,), (False,)]


def test_a_level_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ContractError, match="field x has no level 3"):
        label(FieldSpec.model_validate(KIND), 3, "v")


def test_every_department_and_municipality_has_the_region_of_the_list(
    database: duckdb.DuckDBPyConnection,
) -> None:
    with REGIONS.open(encoding="utf-8", newline="") as lines:
        listed = {row["department"]: row["code"] for row in csv.DictReader(lines)}
    assert len(listed) == 22
    assert sorted(set(listed.values())) == [f"R{number}" for number in range(1, 9)]
    found = database.execute("SELECT code, region_of(code) FROM departments").fetchall()
    assert dict(found) == listed
    towns = database.execute("SELECT code, region_of(code) FROM municipalities").fetchall()
    assert all(region == listed[code[:2]] for code, region in towns)
    assert len(towns) == 340


@pytest.mark.parametrize(
    ("declared", "kind", "values"),
    [
        (KIND, "VARCHAR", ["a", "b", "zeta"]),
        (AGE, "BIGINT", [1, 2, -77]),
        (PLACE, "VARCHAR", ["0101", "0102", "9999"]),
    ],
)
def test_a_value_without_a_label_stops_the_table_and_is_not_quoted(
    database: duckdb.DuckDBPyConnection, declared: dict[str, Any], kind: str, values: list[Any]
) -> None:
    made = resource(declared)
    rows = relation(database, {"x": kind}, [(value,) for value in values for _ in range(5)])
    with pytest.raises(
        ToleranceError, match="personas, column x: some values have no label at level 1"
    ) as stop:
        protect(database, rows, made, model(["x"]))
    assert str(values[-1]) not in str(stop.value)
    assert stop.value.__context__ is None


def test_levels_that_cannot_be_chosen_need_no_labels(database: duckdb.DuckDBPyConnection) -> None:
    made = resource(KIND)
    rows = relation(database, {"x": "VARCHAR"}, [("zeta",)] * 5)
    assert protect(database, rows, made, model(["x"], levels={"x": 2})).document["levels"] == {"x": 2}


def test_a_code_list_is_the_domain_and_anything_else_is_what_occurs(
    database: duckdb.DuckDBPyConnection,
) -> None:
    made = resource(KIND, {**AGE, "name": "edad", "source": "edad"})
    rows = relation(database, {"x": "VARCHAR", "edad": "BIGINT"}, [("a", 3), ("a", 4), ("a", 70)])
    kind, age = prepare(database, rows, made, model(["x", "edad"])).grouped.columns
    assert (kind.domain, age.domain) == (2, 3)
    assert kind.shares[1].tolist() == [0.5, 0.5]
    assert age.shares[2].tolist() == pytest.approx([2 / 3, 1 / 3])
