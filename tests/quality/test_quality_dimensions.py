"""Quality by dimension: which expectation speaks of which, how old data are, and what shares say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from quality_scene import contract, field, personal, resource, write_project

from apertura.quality.dimensions import age_in_days, dimension_of, dimensions, period_end, share
from apertura.quality.kinds import KINDS, STRUCTURAL
from apertura.quality.profile import Measured, Profile


@pytest.mark.parametrize(
    ("kind", "dimension"),
    [
        ("expect_column_values_to_not_be_null", "completitud"),
        ("expect_table_row_count_to_be_between", "completitud"),
        ("expect_column_values_to_be_in_set", "exactitud"),
        ("expect_column_values_to_not_be_in_set", "exactitud"),
        ("expect_column_pair_values_to_be_equal", "consistencia"),
        ("expect_select_column_values_to_be_unique_within_record", "consistencia"),
        ("expect_table_columns_to_match_ordered_list", "consistencia"),
        ("expect_compound_columns_to_be_unique", "unicidad"),
        ("expect_column_values_to_hold_no_cui", "confidencialidad"),
    ],
)
def test_every_expectation_speaks_of_a_dimension(kind: str, dimension: str) -> None:
    assert dimension_of(kind) == dimension
    assert kind in {*KINDS, *STRUCTURAL}


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2024", dt.date(2024, 12, 31)),
        ("2024-02", dt.date(2024, 2, 29)),
        ("2024-T1", dt.date(2024, 3, 31)),
        ("2024-03-15", dt.date(2024, 3, 15)),
        ("2024-13", None),
        ("2024-02-30", None),
        ("_", None),
        ("", None),
    ],
)
def test_the_end_of_a_period(text: str, end: dt.date | None) -> None:
    assert period_end(text) == end


def test_age_is_of_the_extract_not_of_today(tmp_path: Path) -> None:
    about = write_project(tmp_path, contract(resource("cosas", field("x")), temporal="2020/2025")).contract
    taken = {"taken": "2026-01-15T08:30:00+00:00", "partitions": {"_": "a"}}
    assert age_in_days(about, taken) == 15
    assert age_in_days(about, {**taken, "taken": "2025-06-01T00:00:00+00:00"}) == 0
    assert age_in_days(about, {**taken, "partitions": {"2026-01": "a"}}) == 0
    assert age_in_days(about.model_copy(update={"temporal": None}), taken) is None


def test_shares_of_people_are_made_of_what_is_told(tmp_path: Path) -> None:
    things = write_project(tmp_path, contract(resource("cosas", field("x")))).contract
    assert [share(things, bad, 40) for bad in (0, 1, 40)] == [1.0, 0.975, 0.0]
    assert share(things, 0, 0) is None
    people = write_project(tmp_path, contract(resource("cosas", field("x"), personal("n")))).contract
    assert [share(people, bad, 40) for bad in (0, 1, 4, 5, 6)] == [1.0, 0.875, 0.875, 0.875, 0.875]


def test_what_says_why_a_cell_is_empty_is_not_counted_as_missing(tmp_path: Path) -> None:
    state = field("x_estado", state_of="x")
    del state["source"]
    about = write_project(tmp_path, contract(resource("cosas", field("x"), state))).contract
    profile = Profile(10, {"x": Measured(nulls=2, suppressed=1), "x_estado": Measured(nulls=9)})
    protected: dict[str, Any] = {
        "taken": "2026-01-15T08:30:00+00:00",
        "partitions": {},
        "missing": [],
        "carried": [],
        "cleaning": {},
    }
    found = dimensions(about, protected, {"expectations": [], "comparison": None}, {"cosas": profile})[
        "completitud"
    ]["mediciones"]
    assert [(one["metrica"], one["valor"]) for one in found] == [
        ("celdas_con_valor", round(8 / 9, 6)),
        ("celdas_con_valor_por_columna", round(8 / 9, 6)),
    ]
