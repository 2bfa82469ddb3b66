"""What the contract implies is held: each constraint has a table that keeps it and one that breaks it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from quality_scene import contract, field, personal, resource, rows, write_project

from apertura.contract import Project
from apertura.errors import ContractError, EngineError, QualityError
from apertura.prepare import engine
from apertura.quality import expectations_of, validate
from apertura.quality.derived import band_labels
from apertura.runs.context import Context
from apertura.settings import Settings

SEUDONYM = "'" + "0123456789abcdef" * 2 + "'"
PSEUDONYMIZED = {
    "treatment": "pseudonymize",
    "pseudonym": {"domain": "table", "form": "cui"},
}


def generalized(name: str, type_: str, **how: Any) -> dict[str, Any]:
    return personal(name, type_, treatment="generalize", generalize=how)


IN_SET, BETWEEN = "values_to_be_in_set", "values_to_be_between"
REGEX, LENGTH = "values_to_match_regex", "value_lengths_to_be_between"

# column, a value that keeps the rule, one that breaks it, the expectation that says so
CASES = {
    "required": (field("x", constraints={"required": True}), "'a'", "NULL", "values_to_not_be_null"),
    "unique": (field("x", constraints={"unique": True}), "'b'", "'fijo'", "values_to_be_unique"),
    "pattern": (field("x", constraints={"pattern": r"fijo|\d{4}"}), "'1234'", "'12345'", REGEX),
    "pattern is of the whole": (
        field("x", constraints={"pattern": r"fijo|\d"}), "'1'", "'a1'", REGEX
    ),
    "pattern ends at the end": (
        field("x", constraints={"pattern": "fijo|a"}), "'a'", "'a' || chr(10)", REGEX
    ),
    "enum": (field("x", constraints={"enum": ["fijo", "b"]}), "'b'", "'B'", IN_SET),
    "enum of whole numbers": (
        field("x", "integer", constraints={"enum": ["1", "7"]}), "7", "8", IN_SET
    ),
    "enum of exact numbers": (
        field("x", "number", decimal={"precision": 5, "scale": 2}, constraints={"enum": ["1", "0.10"]}),
        "0.1", "0.11", IN_SET,
    ),
    "enum of dates": (
        field("x", "date", constraints={"enum": ["2000-01-01", "2024-02-29"]}),
        "'2024-02-29'", "'2024-03-01'", IN_SET,
    ),
    "enum of booleans": (field("x", "boolean", constraints={"enum": ["true"]}), "true", "false", IN_SET),
    "minimum": (field("x", "integer", constraints={"minimum": 1}), "1", "0", BETWEEN),
    "maximum": (field("x", "integer", constraints={"maximum": 9}), "9", "10", BETWEEN),
    "minimum of exact numbers": (
        field("x", "number", constraints={"minimum": "0.01"}), "0.01", "0.00", BETWEEN
    ),
    "minimum of dates": (
        field("x", "date", constraints={"minimum": "2000-01-01"}), "'2000-01-01'", "'1999-12-31'", BETWEEN
    ),
    "maximum of dates": (
        field("x", "date", constraints={"maximum": "2000-01-01"}), "'2000-01-01'", "'2000-01-02'", BETWEEN
    ),
    "maximum of a moment": (
        field("x", "datetime", constraints={"maximum": "2000-01-01T10:00:00"}),
        "'2000-01-01 10:00:00'", "'2000-01-01 10:00:01'", BETWEEN,
    ),
    "minLength": (field("x", constraints={"minLength": 3}), "'ñññ'", "'ññ'", LENGTH),
    "maxLength": (field("x", constraints={"maxLength": 4}), "'ñññ'", "'ñññññ'", LENGTH),
    "accents": (field("año", constraints={"enum": ["fijo", "b"]}), "'b'", "'c'", IN_SET),
    "reserved words": (field("select", constraints={"enum": ["fijo", "b"]}), "'b'", "'c'", IN_SET),
    "pseudonym": (
        personal("x", **PSEUDONYMIZED), SEUDONYM, "'1234567890101'", REGEX
    ),
    "bands": (
        generalized("x", "integer", bands=[0, 1, 18, 65]), "'1-17'", "'17'", IN_SET
    ),
    "year": (generalized("x", "date", to="year"), "'2020'", "'2020-02'", REGEX),
    "month": (generalized("x", "date", to="month"), "'2020-02'", "'2020-02-29'", REGEX),
    "quarter": (generalized("x", "date", to="quarter"), "'2020-T1'", "'2020-02'", REGEX),
    "department": (generalized("x", "string", to="department"), "'16'", "'1601'", REGEX),
}  # fmt: skip

SQL_TYPES = {"integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMP"}
FIRST = {"integer": "1", "number": "1", "boolean": "true", "date": "'2000-01-01'", "datetime": "'2000-01-01'"}


def table_of(column: dict[str, Any], value: str) -> str:
    """Two rows of that column in its published type: one that is always right, and `value`."""
    kind = "string" if column["treatment"] != "keep" else column["type"]
    decimal = column.get("decimal", {"precision": 18, "scale": 2})
    sql_type = SQL_TYPES.get(kind, "VARCHAR")
    if kind == "number":
        sql_type = f"DECIMAL({decimal['precision']},{decimal['scale']})"
    first = "NULL" if column["treatment"] != "keep" else FIRST.get(kind, "'fijo'")
    cast = ", ".join(f"(CAST({item} AS {sql_type}))" for item in (first, value))
    return f'SELECT * FROM (VALUES {cast}) AS t("{column["name"]}")'


@pytest.mark.parametrize("case", CASES)
def test_each_constraint_passes_what_keeps_it(start: Callable[..., Context], case: str) -> None:
    column, good, _, _ = CASES[case]
    assert validate(start(contract(resource("cosas", column)), table_of(column, good))).outcome == "done"


@pytest.mark.parametrize("case", CASES)
def test_each_constraint_stops_what_breaks_it(
    start: Callable[..., Context], stored: Callable[[Context], dict[str, Any]], case: str
) -> None:
    column, _, bad, kind = CASES[case]
    ctx = start(contract(resource("cosas", column)), table_of(column, bad))
    with pytest.raises(QualityError, match=f"cosas.{column['name']}: expect_column_{kind}"):
        validate(ctx)
    failed = [item for item in stored(ctx)["expectations"] if not item["success"]]
    assert [(item["type"], item["column"]) for item in failed] == [(f"expect_column_{kind}", column["name"])]


@pytest.mark.parametrize(
    ("type_", "wrong"),
    [
        ("string", "BIGINT"), ("integer", "INTEGER"), ("integer", "DOUBLE"), ("number", "DOUBLE"),
        ("number", "DECIMAL(18,3)"), ("boolean", "BIGINT"), ("date", "TIMESTAMP"), ("datetime", "DATE"),
        ("date", "VARCHAR"),
    ],
)  # fmt: skip
def test_a_column_of_another_type_is_stopped(start: Callable[..., Context], type_: str, wrong: str) -> None:
    ctx = start(contract(resource("cosas", field("x", type_))), f"SELECT CAST(NULL AS {wrong}) AS x")
    with pytest.raises(QualityError, match=r"cosas\.x: expect_column_values_to_be_in_type_list"):
        validate(ctx)


@pytest.mark.parametrize("sql_type", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
def test_a_moment_may_know_its_zone(start: Callable[..., Context], sql_type: str) -> None:
    ctx = start(contract(resource("cosas", field("x", "datetime"))), f"SELECT CAST(NULL AS {sql_type}) AS x")
    assert validate(ctx).outcome == "done"


@pytest.mark.parametrize("select", ["SELECT 'a' AS b, 'b' AS a", "SELECT 'a' AS a, 'b' AS b, 'c' AS c"])
def test_columns_are_the_declared_ones_in_their_order(start: Callable[..., Context], select: str) -> None:
    ctx = start(contract(resource("cosas", field("a"), field("b"))), select)
    with pytest.raises(QualityError, match="cosas: expect_table_columns_to_match_ordered_list"):
        validate(ctx)


def test_a_missing_column_publishes_nothing(start: Callable[..., Context]) -> None:
    ctx = start(contract(resource("cosas", field("a"), field("b"))), "SELECT 'a' AS a")
    with pytest.raises((QualityError, EngineError), match="cosas"):
        validate(ctx)


@pytest.mark.parametrize(("count", "enough"), [(3, True), (2, False), (0, False)])
def test_the_least_number_of_rows(start: Callable[..., Context], count: int, enough: bool) -> None:
    document = contract(
        resource("cosas", field("x", constraints={"pattern": "a"})), guards={"minimum_rows": 3}
    )
    ctx = start(document, f"SELECT 'a' AS x FROM range({count})")
    if enough:
        assert validate(ctx).outcome == "done"
    else:
        with pytest.raises(QualityError, match=rf"expect_table_row_count_to_be_between \({count} rows\)"):
            validate(ctx)


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        (["1, 'a'", "1, 'b'", "2, 'a'"], None),
        (["1, 'a'", "1, 'b'", "1, 'a'"], "cosas.n, t: expect_compound_columns_to_be_unique (2 of 3 rows)"),
        (["1, 'a'", "2, NULL"], "cosas.t: expect_column_values_to_not_be_null (1 of 2 rows)"),
    ],
)
def test_a_key_of_two_columns(start: Callable[..., Context], values: list[str], broken: str | None) -> None:
    select = rows(
        "n, t", *(f"CAST({value.split(',')[0]} AS BIGINT),{value.split(',')[1]}" for value in values)
    )
    ctx = start(contract(resource("cosas", field("n", "integer"), field("t"), key=["n", "t"])), select)
    if broken is None:
        assert validate(ctx).outcome == "done"
        return
    with pytest.raises(QualityError) as caught:
        validate(ctx)
    assert broken in str(caught.value)


def test_a_key_of_one_column(start: Callable[..., Context]) -> None:
    document = contract(resource("cosas", field("x"), key=["x"]))
    assert validate(start(document, rows("x", "'a'", "'b'"))).outcome == "done"
    with pytest.raises(QualityError, match=r"cosas\.x: expect_column_values_to_be_unique \(2 of 3 rows\)"):
        validate(start(document, rows("x", "'a'", "'b'", "'a'")))


def test_every_resource_is_held_and_only_the_first_needs_rows(start: Callable[..., Context]) -> None:
    document = contract(
        resource("cosas", field("x")), resource("partes", field("y", constraints={"enum": ["a"]}))
    )
    assert validate(start(document, "SELECT 'x' AS x", "SELECT 'a' AS y WHERE false")).outcome == "done"
    with pytest.raises(QualityError, match=r"partes\.y: expect_column_values_to_be_in_set"):
        validate(start(document, "SELECT 'x' AS x", "SELECT 'b' AS y"))


def test_what_is_not_published_is_not_expected(home: Path) -> None:
    hidden = [
        personal("secreto", constraints={"required": True, "pattern": "a"}),
        field("paso", treatment="transient", constraints={"required": True}),
    ]
    dataset = write_project(home, contract(resource("cosas", *hidden, field("x"))))
    assert {item.column for item in expectations_of(dataset)} == {None, "x"}


def test_constraints_of_the_source_value_are_not_held_against_its_pseudonym(home: Path) -> None:
    column = personal(
        "x", **PSEUDONYMIZED, constraints={"required": True, "pattern": r"\d{13}", "maxLength": 13}
    )
    dataset = write_project(home, contract(resource("cosas", column)))
    kinds = [item.type for item in expectations_of(dataset) if item.column == "x"]
    assert kinds == [
        "expect_column_values_to_be_in_type_list",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_match_regex",
    ]


@pytest.mark.parametrize(
    ("type_", "constraints", "message"),
    [
        ("string", {"minimum": 1}, ".minimum: a string has none"),
        ("boolean", {"maximum": 1}, ".maximum: a boolean has none"),
        ("date", {"minimum": "ayer"}, ".minimum: not a value of type date"),
        ("integer", {"maximum": 1.5}, ".maximum: not a value of type integer"),
        ("number", {"maximum": "inf"}, ".maximum: not a value of type number"),
        ("integer", {"enum": ["uno"]}, ".enum: not a value of type integer"),
        ("integer", {"pattern": "1"}, ": pattern is for type string"),
        ("date", {"minLength": 1}, ": minLength and maxLength is for type string"),
        ("string", {"pattern": "(?!a)"}, ".pattern: not a regular expression of RE2"),
        ("string", {"pattern": "("}, ".pattern: not a regular expression of RE2"),
    ],
)  # fmt: skip
def test_constraints_that_cannot_be_held_are_refused(
    home: Path, type_: str, constraints: dict[str, Any], message: str
) -> None:
    dataset = write_project(home, contract(resource("cosas", field("x", type_, constraints=constraints))))
    with pytest.raises(ContractError) as caught:
        expectations_of(dataset)
    assert f"prueba/cosas: cosas.x: constraints{message}" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("bounds", [[0, 18, 30, 65], [0, 1, 5], [-5, 0, 5], [18, 25]])
def test_band_labels_are_those_of_the_cleaning_vocabulary(
    settings: Settings, tmp_path: Path, bounds: list[int]
) -> None:
    macro = (settings.home / "sql" / "clean" / "band_label.sql").read_text("utf-8")
    with engine.connect(dataclasses.replace(settings, scratch=tmp_path), tmp_path) as connection:
        connection.execute(macro)
        found = connection.execute(
            f"SELECT DISTINCT band_label(n, {bounds}) FROM range({bounds[0]}, {bounds[-1] + 3}) t(n)"
        ).fetchall()
    assert {row[0] for row in found} == set(band_labels(bounds))


def test_every_dataset_of_the_project_can_be_held(settings: Settings) -> None:
    project = Project(settings.home)
    for dataset in project.datasets():
        suite = [item for item in expectations_of(dataset) if item.origin == "suite"]
        assert suite, f"{dataset.id} has no suite"
