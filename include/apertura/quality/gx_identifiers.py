"""Expectations of our own: no value of a text holds a CUI, a mobile or an e-mail address.

Great Expectations has no type that can check a CUI's digit. These ask the macros of sql/clean (holds_cui,
holds_mobile, holds_email), which `validate` loads, so the same words say it here and in a contract. Like
every other type they answer counts. Importing this module defines and thereby registers them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine import SqlAlchemyExecutionEngine  # type: ignore[attr-defined]
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (  # type: ignore[attr-defined]
    ColumnMapMetricProvider,
    column_condition_partial,
)


def _text(column: Any) -> Any:
    """Whole numbers as text; a column of a wrong type must fail by its type, not break the query."""
    return sa.cast(column, sa.String)


class ColumnValuesHoldNoCui(ColumnMapMetricProvider):
    """A value without a CUI."""

    condition_metric_name = "column_values.hold_no_cui"

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)
    def _condition(cls, column: Any, **kwargs: Any) -> Any:  # noqa: N805 (the library makes it a class method)
        return sa.not_(sa.func.holds_cui(_text(column)))


class ColumnValuesHoldNoMobile(ColumnMapMetricProvider):
    """A value without a mobile. `expected`: also eight digits without any sign that they are a telephone."""

    condition_metric_name = "column_values.hold_no_mobile"
    condition_value_keys = ("expected",)

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)
    def _condition(cls, column: Any, expected: bool = False, **kwargs: Any) -> Any:  # noqa: N805
        return sa.not_(sa.func.holds_mobile(_text(column), sa.true() if expected else sa.false()))


class ColumnValuesHoldNoEmail(ColumnMapMetricProvider):
    """A value without an e-mail address."""

    condition_metric_name = "column_values.hold_no_email"

    @column_condition_partial(engine=SqlAlchemyExecutionEngine)
    def _condition(cls, column: Any, **kwargs: Any) -> Any:  # noqa: N805
        return sa.not_(sa.func.holds_email(_text(column)))


class ExpectColumnValuesToHoldNoCui(ColumnMapExpectation):
    """expect_column_values_to_hold_no_cui"""

    map_metric: ClassVar[str | None] = "column_values.hold_no_cui"


class ExpectColumnValuesToHoldNoMobile(ColumnMapExpectation):
    """expect_column_values_to_hold_no_mobile"""

    expected: bool = False

    map_metric: ClassVar[str | None] = "column_values.hold_no_mobile"
    success_keys: ClassVar[tuple[str, ...]] = ("expected", "mostly")


class ExpectColumnValuesToHoldNoEmail(ColumnMapExpectation):
    """expect_column_values_to_hold_no_email"""

    map_metric: ClassVar[str | None] = "column_values.hold_no_email"
