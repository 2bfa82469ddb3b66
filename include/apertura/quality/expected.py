"""One expectation, as data: derived from the contract or read from a suite, before any engine sees it."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from apertura.contract import Dataset, FieldSpec
from apertura.quality.kinds import KINDS, STRUCTURAL, Kind

Severity = Literal["critical", "warning", "info"]
"""critical blocks publication; warning and info are published with the data."""


@dataclass(frozen=True)
class Expected:
    """What is expected of one resource.

    `kwargs` are those of Great Expectations; `description` is one Spanish sentence for analysts; `place`
    says to a maintainer where it is written.
    """

    resource: str
    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    origin: Literal["contract", "suite"]
    description: str
    place: str

    @property
    def kind(self) -> Kind:
        """What the type takes and what its result may tell."""
        return KINDS.get(self.type) or STRUCTURAL[self.type]

    @property
    def column(self) -> str | None:
        """The column or columns it is about, None for the whole table."""
        if self.type == "expect_table_columns_to_match_ordered_list":
            return None
        names = [str(self.kwargs[key]) for key in self.kind.columns]
        names += [str(name) for key in self.kind.lists for name in self.kwargs[key]]
        return ", ".join(names) or None


def in_type_of(field: FieldSpec, value: Any) -> Any:
    """`value`, as a contract or suite writes it, in the published type of `field`; ValueError if it is not.

    Exact: numbers become int or Decimal, dates become dates. Datetimes stay ISO text, because Great
    Expectations would cut a datetime object to its date.
    """
    kind = field.published_type
    if kind == "string":
        if isinstance(value, str):
            return value
        raise ValueError("text is expected")
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise ValueError("true or false is expected")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("one value is expected")
    if kind == "date":
        return dt.date.fromisoformat(str(value))
    if kind == "datetime":
        return dt.datetime.fromisoformat(str(value)).isoformat(sep="T", timespec="seconds")
    try:
        number = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        raise ValueError("a number is expected") from None
    if not number.is_finite() or (kind == "integer" and number != number.to_integral_value()):
        raise ValueError("a whole number is expected" if kind == "integer" else "a number is expected")
    return int(number) if kind == "integer" else number


def expectations_of(dataset: Dataset) -> list[Expected]:
    """Everything expected of the dataset: what its contract implies, then its suite, in written order.

    ContractError when either cannot be held (unknown column, wrong type of bound, no such expectation).
    """
    from apertura.quality.derived import derive
    from apertura.quality.suites import load_suite

    return [*derive(dataset), *load_suite(dataset)]


def check_suite(dataset: Dataset) -> None:
    """ContractError when the contract's constraints or the suite could not be held. Imports nothing heavy."""
    expectations_of(dataset)
