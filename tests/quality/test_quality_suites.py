"""Suites: what may be written in one, and how each mistake is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from quality_scene import ID, PLACE, contract, field, one, personal, resource, write_project

from apertura.contract import Dataset
from apertura.errors import ContractError
from apertura.quality import check_suite, expectations_of

COLUMNS = (
    field("texto"),
    field("numero", "integer"),
    field("monto", "number"),
    field("fecha", "date"),
    personal("nombre"),
)
NOT_ONE = "not an expectation that may be used"
WHEN = {"type": "comparison", "column": {"name": "texto"}, "operator": "==", "parameter": "a"}


def dataset_with(home: Path, suite: Any) -> Dataset:
    return write_project(home, contract(resource("cosas", *COLUMNS)), suite)


def refusal(home: Path, suite: Any) -> ContractError:
    with pytest.raises(ContractError) as caught:
        check_suite(dataset_with(home, suite))
    assert caught.value.hint
    return caught.value


def test_a_dataset_may_have_no_suite(home: Path) -> None:
    assert {item.origin for item in expectations_of(dataset_with(home, None))} == {"contract"}


def test_what_a_suite_says_is_kept_with_its_place(home: Path) -> None:
    suite = [
        one("column_values_to_be_between", "warning", column="fecha", min_value="2020-02-29", mostly=0.9)
    ]
    (item,) = (i for i in expectations_of(dataset_with(home, suite)) if i.origin == "suite")
    assert (item.resource, item.column, item.severity) == ("cosas", "fecha", "warning")
    assert item.place == f"{PLACE}: resources.cosas[0]"
    assert str(item.kwargs["min_value"]) == "2020-02-29" and not isinstance(item.kwargs["min_value"], str)


@pytest.mark.parametrize(
    ("suite", "place", "problem"),
    [
        ("{", "", "not JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
        ('{"name": "a", "name": "b"}', "", "a key stands twice"),
        ("[]", "", "a suite is an object"),
        ({"name": ID}, "", "a suite is an object with `name` and `resources`"),
        ({"name": "otra/cosa", "resources": {}}, " name", f"must be {ID}"),
        ({"name": ID, "resources": []}, " resources", "must be an object"),
        ({"name": ID, "resources": {"otra": []}}, " resources.otra", "no such resource"),
        ({"name": ID, "resources": {"cosas": {}}}, " resources.cosas", "must be a list"),
        ([3], " resources.cosas[0]", "an expectation is an object"),
    ],
)
def test_the_file_itself(home: Path, suite: Any, place: str, problem: str) -> None:
    assert refusal(home, suite).message.startswith(f"{PLACE}:{place}{':' if place else ''} {problem}")


def test_a_suite_that_is_not_utf8(home: Path) -> None:
    dataset = dataset_with(home, "{}")
    (home / PLACE).write_bytes(b'{"name": "\xf1"}')
    with pytest.raises(ContractError, match="not UTF-8"):
        check_suite(dataset)


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        ({"type": "expect_column_values_to_be_lovely"}, ".type", NOT_ONE),
        ({"type": ["x"]}, ".type", NOT_ONE),
        ({"type": "unexpected_rows_expectation"}, ".type", NOT_ONE),
        (
            {"type": "expect_query_results_to_match_comparison"},
            ".type",
            NOT_ONE,
        ),
        ({"type": "expect_column_quantile_values_to_be_between"}, ".type", NOT_ONE),
        (
            {"type": "expect_table_columns_to_match_ordered_list"},
            ".type",
            "the contract implies this already",
        ),
        ({"severity": "fatal"}, ".severity", "must be one of critical, warning, info"),
        ({"severity": None}, ".severity", "must be one of critical, warning, info"),
        ({"description": "  "}, ".description", "must be one sentence in Spanish"),
        ({"meta": 3}, ".meta", "must be an object"),
        ({"kwargs": None}, ".kwargs", "must be an object"),
        ({"columna": "texto"}, "", "unknown key columna"),
    ],
)
def test_each_key_of_an_expectation(home: Path, change: dict[str, Any], where: str, problem: str) -> None:
    fine = one("column_values_to_not_be_null", column="texto")
    message = refusal(home, [fine, {**fine, **change}]).message
    assert message.startswith(f"{PLACE}: resources.cosas[1]{where}: {problem}")


def test_a_key_that_lacks(home: Path) -> None:
    item = one("column_values_to_not_be_null", column="texto")
    del item["severity"]
    assert "resources.cosas[0]: lacks severity" in refusal(home, [item]).message


@pytest.mark.parametrize(
    ("item", "where", "problem"),
    [
        (
            one("column_values_to_not_be_null", column="nada"),
            ".column",
            "no such column; published are texto",
        ),
        (one("column_values_to_not_be_null", column=7), ".column", "no such column"),
        (
            one("column_values_to_not_be_null", column="nombre"),
            ".column",
            "nombre is not published (treatment: drop)",
        ),
        (one("column_values_to_not_be_null"), "", "lacks column"),
        (one("column_values_to_be_in_set", column="texto"), "", "lacks value_set"),
        (
            one("column_values_to_be_in_set", column="texto", value_set=[]),
            ".value_set",
            "must be a list that is not empty",
        ),
        (
            one("column_values_to_be_in_set", column="texto", value_set=[1]),
            ".value_set",
            "texto is published as string",
        ),
        (
            one("column_values_to_be_in_set", column="numero", value_set=["a"]),
            ".value_set",
            "numero is published as integer",
        ),
        (
            one("column_values_to_be_in_set", column="fecha", value_set=["29/02/2020"]),
            ".value_set",
            "fecha is published as",
        ),
        (one("column_values_to_be_between", column="texto", min_value=1), "", "texto is published as string"),
        (one("column_values_to_be_between", column="numero"), "", "needs min_value, max_value or both"),
        (
            one("column_values_to_be_between", column="numero", min_value=0.5),
            ".min_value",
            "numero is published as integer",
        ),
        (one("column_values_to_be_between", column="numero", min_valor=0), "", "min_valor not known"),
        (
            one("column_values_to_match_regex", column="numero", regex="a"),
            "",
            "numero is published as integer",
        ),
        (
            one("column_values_to_match_regex", column="texto", regex="(?<=a)b"),
            ".regex",
            "not a regular expression",
        ),
        (one("column_values_to_match_regex", column="texto", regex=5), ".regex", "not a regular expression"),
        (
            one("column_values_to_match_regex_list", column="texto", regex_list=["a", "("]),
            ".regex_list",
            "not a regular",
        ),
        (one("column_values_to_not_be_null", column="texto", mostly=0), ".mostly", "must be a share"),
        (one("column_values_to_not_be_null", column="texto", mostly=90), ".mostly", "must be a share"),
        (
            one("column_values_to_not_be_null", column="texto", result_format="COMPLETE"),
            "",
            "result_format not known",
        ),
        (
            one("column_values_to_not_be_null", column="texto", row_condition="texto = 'a'"),
            ".row_condition",
            "not a row",
        ),
        (
            one("compound_columns_to_be_unique", column_list=["texto"]),
            ".column_list",
            "must be a list of at least two",
        ),
        (
            one("compound_columns_to_be_unique", column_list=["texto", "nombre"]),
            ".column_list",
            "nombre is not published",
        ),
        (
            one("multicolumn_sum_to_equal", column_list=["texto", "numero"], sum_total=1),
            "",
            "texto is published as",
        ),
        (
            one("column_pair_values_to_be_equal", column_A="texto", column_B="numero"),
            "",
            "the columns are published as",
        ),
        (
            one(
                "column_pair_values_to_be_in_set",
                column_A="texto",
                column_B="numero",
                value_pairs_set=[["a"]],
            ),
            ".value_pairs_set",
            "must be a list of pairs",
        ),
        (one("column_value_lengths_to_equal", column="texto", value="3"), ".value", "must be a number"),
        (one("table_row_count_to_be_between", min_value="3"), ".min_value", "must be a number"),
        (
            one("table_row_count_to_be_between", min_value=3, row_condition=WHEN),
            "",
            "row_condition not known",
        ),
    ],
)
def test_each_argument(home: Path, item: dict[str, Any], where: str, problem: str) -> None:
    assert refusal(home, [item]).message.startswith(f"{PLACE}: resources.cosas[0].kwargs{where}: {problem}")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"operator": "LIKE"}, "operator must be one of"),
        ({"parameter": 5}, "texto is published as string"),
        ({"operator": "IN"}, "must be a list that is not empty"),
        ({"column": {"name": "nombre"}}, "nombre is not published"),
        ({"column": "texto"}, "no such column"),
        ({"type": "pass_through"}, "not a row condition"),
        ({"sql": "1=1"}, "not a row condition"),
    ],
)
def test_each_part_of_a_row_condition(home: Path, change: dict[str, Any], problem: str) -> None:
    both = {"type": "and", "conditions": [WHEN, {**WHEN, **change}]}
    item = one("column_values_to_not_be_null", column="monto", row_condition=both)
    assert problem in refusal(home, [item]).message


def test_a_row_condition_takes_values_of_the_columns_type(home: Path) -> None:
    either = {
        "type": "or",
        "conditions": [
            {"type": "nullity", "column": {"name": "monto"}, "is_null": False},
            {
                "type": "comparison",
                "column": {"name": "fecha"},
                "operator": "IN",
                "parameter": ["2020-01-01"],
            },
        ],
    }
    suite = [one("column_values_to_not_be_null", column="texto", row_condition=either)]
    item = expectations_of(dataset_with(home, suite))[-1]
    assert item.kwargs["row_condition"]["conditions"][1]["parameter"][0].year == 2020


def test_refusals_quote_no_value_of_the_suite(home: Path) -> None:
    item = one("column_values_to_be_in_set", column="numero", value_set=["Rosalinda Canario"])
    assert "Rosalinda" not in str(refusal(home, [item]))
    assert "Rosalinda" in json.dumps(item)
