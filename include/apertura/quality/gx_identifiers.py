"""An expectation of our own: no value of these columns holds personal data.

Great Expectations has no type that checks a CUI's digit or knows a name. What this expects has been counted
before, in one pass over all columns (`apertura.quality.gate`), and comes with it. It is one for a table:
each column and kind of data as one of its own takes the library milliseconds, and there are hundreds. It
answers counts like every other. Importing this module defines and thereby registers it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations.expectation import BatchExpectation

TYPE = "expect_columns_to_hold_no_personal_data"


class ExpectColumnsToHoldNoPersonalData(BatchExpectation):
    """`found`: for each column and kind [column, evaluated values, hits, hits allowed].

    The column must be there; one that nobody counted fails. The result tells in `held`, in that order, which
    of them hold.
    """

    found: list[list[Any]]

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.columns",)
    success_keys: ClassVar[tuple[str, ...]] = ("found",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        there = set(metrics["table.columns"])
        held = [column in there and hits <= allowed for column, _, hits, allowed in self.found]
        return {"success": all(held), "result": {"held": held}}
