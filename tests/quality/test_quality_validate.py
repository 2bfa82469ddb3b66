"""The stage: what stops a release, what is told of it, and that no value of the data is told."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from quality_scene import contract, field, leave_tables, one, personal, resource, rows, write_project

from apertura.errors import AperturaError, ContractError, EngineError, FingerprintError, QualityError
from apertura.prepare.keys import key_id
from apertura.quality import shown, validate
from apertura.quality.gx_duckdb import Session
from apertura.runs.context import Context
from apertura.runs.fingerprint import recipe, release_fingerprint

CANARY = "Rosalinda Canario"
NUMBER = 5486270650101


# Every kind a suite may use, each failing on a table of people.
ALL_FAIL = [
    one("column_values_to_not_be_null", column="vacio"),
    one("column_values_to_be_null", column="nombre"),
    one("column_values_to_be_unique", column="nombre"),
    one("column_values_to_be_in_set", column="nombre", value_set=["a"]),
    one("column_values_to_not_be_in_set", column="nombre", value_set=[CANARY]),
    one("column_values_to_match_regex", column="nombre", regex="^x"),
    one("column_values_to_not_match_regex", column="nombre", regex="Canario"),
    one("column_values_to_match_regex_list", column="nombre", regex_list=["^x", "^y"], match_on="any"),
    one("column_values_to_not_match_regex_list", column="nombre", regex_list=["Canario"]),
    one("column_values_to_be_between", column="numero", max_value=1),
    one("column_value_lengths_to_be_between", column="nombre", max_value=1),
    one("column_value_lengths_to_equal", column="nombre", value=1),
    one("column_pair_values_to_be_equal", column_A="numero", column_B="monto"),
    one("column_pair_values_a_to_be_greater_than_b", column_A="monto", column_B="numero"),
    one("column_pair_values_to_be_in_set", column_A="nombre", column_B="numero", value_pairs_set=[["a", 1]]),
    one("compound_columns_to_be_unique", column_list=["nombre", "numero"]),
    one("select_column_values_to_be_unique_within_record", column_list=["nombre", "otro"]),
    one("multicolumn_sum_to_equal", column_list=["numero", "monto"], sum_total=1),
    one("column_min_to_be_between", column="numero", max_value=1),
    one("column_max_to_be_between", column="numero", max_value=1),
    one("column_sum_to_be_between", column="numero", max_value=1),
    one("column_mean_to_be_between", column="numero", max_value=1),
    one("column_median_to_be_between", column="numero", max_value=1),
    one("column_unique_value_count_to_be_between", column="nombre", min_value=9),
    one("column_proportion_of_unique_values_to_be_between", column="nombre", min_value=0.99),
    one("column_proportion_of_non_null_values_to_be_between", column="vacio", min_value=0.99),
    one("column_distinct_values_to_be_in_set", column="nombre", value_set=["a"]),
    one("column_distinct_values_to_contain_set", column="nombre", value_set=["a"]),
    one("column_distinct_values_to_equal_set", column="nombre", value_set=["a"]),
    one("table_row_count_to_be_between", min_value=9),
    one("table_row_count_to_equal", value=9),
]
COLUMNS = (
    field("nombre"),
    field("otro"),
    field("vacio"),
    field("numero", "integer"),
    field("monto", "number", decimal={"precision": 18, "scale": 2}),
)
TWICE = f"""
    SELECT '{CANARY}' AS nombre, '{CANARY}' AS otro, CAST(NULL AS VARCHAR) AS vacio,
        CAST({NUMBER} AS BIGINT) AS numero, CAST(7.25 AS DECIMAL(18,2)) AS monto
    FROM range(2)
"""
NOTHING_OF = ("Rosalinda", "Canario", str(NUMBER), "7.25")


def told(text: str) -> list[str]:
    """The values of the data that a text holds."""
    return [value for value in NOTHING_OF if value in text]


def test_every_kind_fails_without_telling_a_value(
    start: Callable[..., Context],
    stored: Callable[[Context], dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    ctx = start(contract(resource("cosas", *COLUMNS)), TWICE, suite=ALL_FAIL)
    with pytest.raises(QualityError) as caught:
        validate(ctx)
    failed = [item for item in stored(ctx)["expectations"] if not item["success"]]
    own = [item["type"] for item in failed if item["origin"] == "suite"]
    assert own == [item["type"] for item in ALL_FAIL]
    output = capfd.readouterr()
    texts = [
        json.dumps(stored(ctx)),
        str(caught.value),
        repr(caught.value),
        caplog.text,
        output.out,
        output.err,
    ]
    assert [told(text) for text in texts] == [[]] * len(texts)
    assert caught.value.__context__ is None and caught.value.__cause__ is None


def test_the_whole_vocabulary_of_suites_is_tried_above() -> None:
    from apertura.quality.kinds import KINDS

    assert {item["type"] for item in ALL_FAIL} == set(KINDS)


def test_the_document(start: Callable[..., Context], stored: Callable[[Context], dict[str, Any]]) -> None:
    suite = [one("column_values_to_be_in_set", "warning", column="x", value_set=["a"])]
    ctx = start(contract(resource("cosas", field("x"))), rows("x", "'a'", "'b'", "NULL"), suite=suite)
    result = validate(ctx)
    fingerprint = release_fingerprint(recipe(ctx.dataset, key_id(ctx)), {"_": "a" * 64})
    document = stored(ctx)
    keys = {"fingerprint", "success", "expectations", "statistics", "profile", "comparison", "gate"}
    assert set(document) == keys
    assert document["comparison"] is None
    assert document["gate"][0] == {
        "resource": "cosas",
        "column": "x",
        "detector": "cui",
        "rank": "critical",
        "evaluated": 2,
        "hits": 0,
        "blocked": False,
        "exempt_reason": None,
        "exempt_rows": None,
    }
    assert document["profile"]["cosas"]["rows"] == 3
    assert document["profile"]["cosas"]["columns"]["x"]["nulls"] == 1
    assert result.fingerprint == document["fingerprint"] == fingerprint
    assert document["success"] is True
    assert document["statistics"] == {
        "evaluated": 16,
        "successful": 15,
        "failed": {"critical": 0, "warning": 1, "info": 0},
    }
    assert document["expectations"][-1] == {
        "resource": "cosas",
        "type": "expect_column_values_to_be_in_set",
        "column": "x",
        "severity": "warning",
        "origin": "suite",
        "description": "Una regla de prueba.",
        "success": False,
        "evaluated": 3,
        "unexpected": 1,
        "missing": 1,
    }
    count = next(item for item in document["expectations"] if "row_count" in item["type"])
    assert (count["evaluated"], count["unexpected"], count["missing"]) == (3, None, None)


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_only_critical_stops_a_release(
    start: Callable[..., Context], stored: Callable[[Context], dict[str, Any]], severity: str
) -> None:
    suite = [one("column_values_to_be_in_set", severity, column="x", value_set=["a"])]
    ctx = start(contract(resource("cosas", field("x"))), rows("x", "'a'", "'b'"), suite=suite)
    if severity == "critical":
        with pytest.raises(QualityError) as caught:
            validate(ctx)
        assert "prueba/cosas: validate: 1 critical expectations failed" in caught.value.message
        assert "expectations/prueba/cosas.json: resources.cosas[0]" in caught.value.message
        assert "the last release stays" in str(caught.value.hint)
        assert not caught.value.retryable
    else:
        result = validate(ctx)
        assert result.outcome == "done" and result.counts[f"failed_{severity}"] == 1
        assert result.notes == [f"{severity}: cosas.x: expect_column_values_to_be_in_set (1 of 2 rows)"]
    assert stored(ctx)["success"] is (severity != "critical")


@pytest.mark.parametrize(
    ("wrong", "total", "about_people", "said"),
    [
        (4, 20, True, "<5 of 20"),
        (5, 20, True, "5 of 20"),
        (4, 20, False, "4 of 20"),
        (15, 20, True, "15 of 20"),
        (16, 20, True, "nearly all of 20"),
        (16, 20, False, "16 of 20"),
        (20, 20, True, "20 of 20"),
        (4, 4, True, "<5 of <5"),
    ],
)
def test_small_counts_of_people_stay_private(
    start: Callable[..., Context],
    stored: Callable[[Context], dict[str, Any]],
    wrong: int,
    total: int,
    about_people: bool,
    said: str,
) -> None:
    fields = [field("x"), *([personal("nombre")] if about_people else [])]
    for severity in ("critical", "warning"):
        suite = [one("column_values_to_be_in_set", severity, column="x", value_set=["a"])]
        select = f"SELECT CASE WHEN range < {wrong} THEN 'b' ELSE 'a' END AS x FROM range({total})"
        ctx = start(contract(resource("cosas", *fields)), select, suite=suite)
        try:
            message = validate(ctx).notes[0]
        except QualityError as error:
            message = str(error)
        assert f"({said} rows)" in message
        assert stored(ctx)["expectations"][-1]["unexpected"] == wrong


def test_zero_is_shown(home: Any) -> None:
    people = write_project(home, contract(resource("cosas", field("x"), personal("nombre")))).contract
    assert [shown(people, count) for count in (0, 1, 4, 5)] == [0, "<5", "<5", 5]


def test_row_conditions_and_tolerance(
    start: Callable[..., Context], stored: Callable[[Context], dict[str, Any]]
) -> None:
    when = {"type": "comparison", "column": {"name": "clase"}, "operator": "==", "parameter": "moto"}
    dated = {"type": "comparison", "column": {"name": "dia"}, "operator": ">=", "parameter": "2020-01-01"}
    known = {"type": "nullity", "column": {"name": "clase"}, "is_null": False}
    suite = [
        one("column_values_to_match_regex", column="codigo", regex="^8", row_condition=when),
        one("column_values_to_match_regex", column="codigo", regex="^8", row_condition=dated),
        one("column_values_to_match_regex", column="codigo", regex="^8", mostly=0.5),
        one(
            "column_values_to_match_regex",
            column="codigo",
            regex="^8",
            row_condition={"type": "and", "conditions": [when, dated, known]},
        ),
    ]
    document = contract(resource("cosas", field("clase"), field("codigo"), field("dia", "date")))
    select = rows(
        "clase, codigo, dia",
        "'moto', '87', DATE '2020-01-01'",
        "'bus', '90', DATE '2019-12-31'",
        "NULL, '85', DATE '2021-01-01'",
    )
    ctx = start(document, select, suite=suite)
    validate(ctx)
    assert [item["evaluated"] for item in stored(ctx)["expectations"][-4:]] == [1, 2, 3, 1]


def test_a_table_of_another_type_is_an_error_of_the_run_that_tells_no_value(
    start: Callable[..., Context], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    suite = [
        one("column_values_to_match_regex", column="x", regex="^a"),
        one("column_values_to_not_be_null", column="y"),
    ]
    document = contract(resource("cosas", field("x"), field("y", "integer", constraints={"minimum": 0})))
    ctx = start(document, f"SELECT {NUMBER} AS x, '{CANARY}' AS y", suite=suite)
    with pytest.raises(EngineError) as caught:
        validate(ctx)
    message = str(caught.value)
    assert "cosas: expect_column_values_to_match_regex on x (expectations/prueba/cosas.json" in message
    assert "cosas: expect_column_values_to_be_between on y (include/datasets/prueba/cosas.yaml)" in message
    assert "not_be_null" not in message  # shares the query with the guilty ones, and is innocent
    output = capfd.readouterr()
    for text in (message, repr(caught.value), caplog.text, output.out, output.err):
        assert told(text) == []
    assert caught.value.__context__ is None and caught.value.__cause__ is None


def test_what_great_expectations_refuses_is_named(start: Callable[..., Context]) -> None:
    suite = [one("column_values_to_not_be_null", column="x", ignore_row_if=CANARY)]
    with pytest.raises(AperturaError) as caught:
        validate(start(contract(resource("cosas", field("x"))), "SELECT 'a' AS x", suite=suite))
    assert isinstance(caught.value, ContractError)
    pairs = [one("column_pair_values_to_be_equal", column_A="x", column_B="y", ignore_row_if=CANARY)]
    with pytest.raises(EngineError) as caught:
        validate(
            start(
                contract(resource("cosas", field("x"), field("y"))), "SELECT 'a' AS x, 'a' AS y", suite=pairs
            )
        )
    assert "does not accept expect_column_pair_values_to_be_equal on x, y" in str(caught.value)
    assert told(str(caught.value)) == []


def test_a_retry_writes_the_same_bytes(start: Callable[..., Context]) -> None:
    suite = [one("column_values_to_be_unique", "warning", column="x")]
    ctx = start(contract(resource("cosas", field("x"))), rows("x", "'a'", "'a'"), suite=suite)
    key = f"work/{ctx.dataset.id}/_/{ctx.run_id}/validate.json"
    first = validate(ctx).to_json(), ctx.private.get(key)
    assert (validate(ctx).to_json(), ctx.private.get(key)) == first


def test_tables_made_under_another_suite_are_refused(start: Callable[..., Context], home: Any) -> None:
    document = contract(resource("cosas", field("x")))
    ctx = start(document, "SELECT 'a' AS x", suite=[one("column_values_to_be_unique", column="x")])
    write_project(home, document, [one("column_values_to_be_unique", "warning", column="x")])
    with pytest.raises(FingerprintError, match="clear this run from deidentify"):
        validate(ctx)


def test_a_table_of_another_release_is_refused(start: Callable[..., Context]) -> None:
    ctx = start(contract(resource("cosas", field("x"))), "SELECT 'a' AS x")
    document = ctx.private.get(f"work/{ctx.dataset.id}/_/{ctx.run_id}/protect.json")
    leave_tables(ctx, "SELECT 'b' AS x", fingerprint="f" * 64)
    ctx.private.put(f"work/{ctx.dataset.id}/_/{ctx.run_id}/protect.json", document)
    with pytest.raises(FingerprintError):
        validate(ctx)


def test_without_protected_tables_the_message_says_what_to_run(
    start: Callable[..., Context],
) -> None:
    ctx = start(contract(resource("cosas", field("x"))), "SELECT 'a' AS x")
    with pytest.raises(FingerprintError, match="protect"):
        validate(dataclasses.replace(ctx, run_id="otra"))


def test_scratch_is_left_clean_and_two_sessions_do_not_meet(start: Callable[..., Context]) -> None:
    import duckdb

    ctx = start(contract(resource("cosas", field("x"))), "SELECT 'a' AS x")
    with duckdb.connect(":memory:") as one_, duckdb.connect(":memory:") as other:
        one_.execute("CREATE VIEW resource_0 AS SELECT 'b' AS x")
        other.execute("CREATE VIEW resource_0 AS SELECT CAST(NULL AS VARCHAR) AS x")
        from apertura.quality import expectations_of

        expected = [item for item in expectations_of(ctx.dataset) if "row_count" not in item.type]
        expected = [item for item in expected if "_hold_no_" not in item.type]  # these need the vocabulary
        sessions = Session(one_), Session(other)
        assert [len(s.evaluate("resource_0", expected)) for s in sessions] == [len(expected)] * 2
    validate(ctx)
    assert list(ctx.settings.scratch.iterdir()) == []
