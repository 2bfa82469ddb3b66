"""Expectations of our own: no value of a column holds personal data, one type for each detector.

Great Expectations has no type that checks a CUI's digit or knows a name. What these expect has been counted
before, in one pass over all columns (`apertura.quality.gate`), and comes with them: `evaluated` values, of
which `hits` hold one, `allowed` that may. Like every other type they answer counts. Importing this module
defines and thereby registers them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations.expectation import BatchExpectation

from apertura.quality.identifiers import RULES


class _HoldsNo(BatchExpectation):
    """Counted before; the column must be there. Without counts it fails: nobody looked."""

    column: str
    evaluated: int = 0
    hits: int = 1
    allowed: int = 0

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.columns",)
    success_keys: ClassVar[tuple[str, ...]] = ("column", "evaluated", "hits", "allowed")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        there = self.column in metrics["table.columns"]
        return {
            "success": there and self.hits <= self.allowed,
            "result": {"element_count": self.evaluated, "unexpected_count": self.hits},
        }


def _declare(kind: str) -> type[_HoldsNo]:
    name = "".join(part.capitalize() for part in kind.split("_"))
    return type(name, (_HoldsNo,), {"__module__": __name__, "__doc__": kind, "__qualname__": name})


DECLARED = [_declare(kind) for kind in RULES]
"""One class each: Great Expectations knows a type by its class."""
