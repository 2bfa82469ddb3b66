"""The expectation types that may be used, and what each takes: what is not listed here is refused.

Left out on purpose: types that run SQL of their own or compare with another query (their results quote
rows), types that parse values in Python (dateutil, strftime, JSON: DuckDB would have to hand out the
values), and statistical tests (their details are samples of the data).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Counted = Literal["rows", "table", "figure"]
"""What a result may tell: rows (evaluated, unexpected, missing), table (its rows), figure (nothing)."""


@dataclass(frozen=True)
class Kind:
    """One expectation type of Great Expectations.

    `columns` are the arguments that name one column, `lists` those that name several; `suits` are the
    published types that its values can be compared as (empty: all).
    """

    counted: Counted
    columns: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    suits: tuple[str, ...] = ()

    @property
    def arguments(self) -> set[str]:
        """Every argument that may be given."""
        conditions = () if self.counted == "table" else ("row_condition",)
        return {*self.columns, *self.lists, *self.required, *self.optional, *conditions}


_TEXT = ("string",)
_ORDERED = ("integer", "number", "date", "datetime")
_NUMERIC = ("integer", "number")
_RANGE = ("min_value", "max_value", "strict_min", "strict_max")


def _of_column(*required: str, optional: tuple[str, ...] = (), suits: tuple[str, ...] = ()) -> Kind:
    return Kind("rows", ("column",), (), required, (*optional, "mostly"), suits)


def _of_pair(*required: str, optional: tuple[str, ...] = ()) -> Kind:
    return Kind("rows", ("column_A", "column_B"), (), required, (*optional, "mostly", "ignore_row_if"))


def _of_list(*required: str, suits: tuple[str, ...] = ()) -> Kind:
    return Kind("rows", (), ("column_list",), required, ("mostly", "ignore_row_if"), suits)


def _of_figure(*required: str, optional: tuple[str, ...] = (), suits: tuple[str, ...] = ()) -> Kind:
    return Kind("figure", ("column",), (), required, optional, suits)


KINDS: dict[str, Kind] = {
    "expect_column_values_to_not_be_null": _of_column(),
    "expect_column_values_to_be_null": _of_column(),
    "expect_column_values_to_be_unique": _of_column(),
    "expect_column_values_to_be_in_set": _of_column("value_set"),
    "expect_column_values_to_not_be_in_set": _of_column("value_set"),
    "expect_column_values_to_match_regex": _of_column("regex", suits=_TEXT),
    "expect_column_values_to_not_match_regex": _of_column("regex", suits=_TEXT),
    "expect_column_values_to_match_regex_list": _of_column("regex_list", optional=("match_on",), suits=_TEXT),
    "expect_column_values_to_not_match_regex_list": _of_column("regex_list", suits=_TEXT),
    "expect_column_values_to_be_between": _of_column(optional=_RANGE, suits=_ORDERED),
    "expect_column_value_lengths_to_be_between": _of_column(optional=("min_value", "max_value"), suits=_TEXT),
    "expect_column_value_lengths_to_equal": _of_column("value", suits=_TEXT),
    "expect_column_pair_values_to_be_equal": _of_pair(),
    "expect_column_pair_values_a_to_be_greater_than_b": _of_pair(optional=("or_equal",)),
    "expect_column_pair_values_to_be_in_set": _of_pair("value_pairs_set"),
    "expect_compound_columns_to_be_unique": _of_list(),
    "expect_select_column_values_to_be_unique_within_record": _of_list(),
    "expect_multicolumn_sum_to_equal": _of_list("sum_total", suits=_NUMERIC),
    "expect_column_min_to_be_between": _of_figure(optional=_RANGE, suits=_ORDERED),
    "expect_column_max_to_be_between": _of_figure(optional=_RANGE, suits=_ORDERED),
    "expect_column_sum_to_be_between": _of_figure(optional=_RANGE, suits=_NUMERIC),
    "expect_column_mean_to_be_between": _of_figure(optional=_RANGE, suits=_NUMERIC),
    "expect_column_median_to_be_between": _of_figure(optional=_RANGE, suits=_NUMERIC),
    "expect_column_unique_value_count_to_be_between": _of_figure(optional=_RANGE),
    "expect_column_proportion_of_unique_values_to_be_between": _of_figure(optional=_RANGE),
    "expect_column_proportion_of_non_null_values_to_be_between": _of_figure(optional=_RANGE),
    "expect_column_distinct_values_to_be_in_set": _of_figure("value_set"),
    "expect_column_distinct_values_to_contain_set": _of_figure("value_set"),
    "expect_column_distinct_values_to_equal_set": _of_figure("value_set"),
    "expect_table_row_count_to_be_between": Kind("table", optional=_RANGE),
    "expect_table_row_count_to_equal": Kind("table", required=("value",)),
}
"""What a suite may use."""

STRUCTURAL: dict[str, Kind] = {
    "expect_table_columns_to_match_ordered_list": Kind("figure", lists=("column_list",)),
    # All of the last ones of a table at once, as Great Expectations is asked for them.
    "expect_columns_to_hold_no_personal_data": Kind("figure", optional=("found",)),
    "expect_column_values_to_be_in_type_list": Kind("figure", columns=("column",), required=("type_list",)),
} | {
    f"expect_column_values_to_hold_no_{one}": Kind(
        "rows", columns=("column",), optional=("evaluated", "hits", "allowed")
    )
    for one in (
        "account", "address", "birth_date", "coordinates", "cui", "cui_doubtful", "email", "mobile", "name",
        "nit", "passport", "plate",
    )
}  # fmt: skip
"""What only the contract derives: a suite that repeated it could contradict it."""

COMPARED_WITH_VALUES = ("value_set", "min_value", "max_value")
"""Arguments that are compared with a column's values, so they must be of its type."""

COMPARED_WITH_EACH_OTHER = (
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_select_column_values_to_be_unique_within_record",
)
"""Types that compare columns of one row, so these must be of one type, or all numbers."""

COUNTS_VALUES = (
    "expect_column_value_lengths_to_be_between",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_proportion_of_non_null_values_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between",
    "expect_column_sum_to_be_between",
)
"""Types whose bounds are numbers whatever the column's type."""
