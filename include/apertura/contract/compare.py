"""What a contract says of quality beside its constraints: changes that are tolerated, warnings for users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from apertura.contract.words import FieldName, Fraction, Model, Slug, Text

if TYPE_CHECKING:
    from apertura.contract.model import Resource


class Tolerated(Model):
    """How much a figure may change against the previous release, and what follows when it changes more."""

    tolerance: Annotated[float, Field(ge=0)]
    severity: Literal["critical", "warning", "info"] = "warning"


class ToleratedShare(Tolerated):
    """As `Tolerated`, for a change between two shares: 0.05 is five percentage points."""

    tolerance: Fraction


class CompareColumn(Model):
    """What holds for one column in place of what holds for all; null: this is not compared."""

    nulls: ToleratedShare | None = None
    shares: ToleratedShare | None = None
    totals: Tolerated | None = None


class Compare(Model):
    """Changes against the previous release that are tolerated; null switches a comparison off.

    Rows and totals of a partitioned dataset are compared per partition, so that it may grow.
    """

    rows: Tolerated | None = Field(
        default=Tolerated(tolerance=0.3), description="relative change in rows, up or down"
    )
    nulls: ToleratedShare | None = Field(
        default=ToleratedShare(tolerance=0.05), description="rise in a column's share of empty cells"
    )
    shares: ToleratedShare | None = Field(
        default=ToleratedShare(tolerance=0.1),
        description="share of rows that changed category in a column of few categories: half the sum of "
        "the differences between the shares (total variation distance)",
    )
    totals: Tolerated | None = Field(
        default=Tolerated(tolerance=0.5), description="relative change in the total of a column of measures"
    )
    columns: dict[FieldName, CompareColumn] = Field(
        default={}, description="by column, in place of the above: `monto: {totals: {tolerance: 0.1}}`"
    )

    def of(self, measure: Literal["nulls", "shares", "totals"], column: str) -> Tolerated | None:
        """What is tolerated of a measure of a column; None when it is not compared."""
        own = self.columns.get(column)
        if own is not None and measure in own.model_fields_set:
            return getattr(own, measure)  # type: ignore[no-any-return]
        return getattr(self, measure)  # type: ignore[no-any-return]


class UsageWarning(Model):
    """A warning to whoever uses the data, by its code in include/reference/usage_warnings.yaml."""

    code: Slug
    note: Text | None = Field(default=None, description="qué significa en estos datos, en español")


def refuse_unfit_quality(compare: Compare, warnings: list[UsageWarning], resources: list[Resource]) -> None:
    """ValueError when a comparison names what is not published, or a warning stands twice."""
    published = {field.name for resource in resources for field in resource.published_fields}
    if strange := sorted(set(compare.columns) - published):
        raise ValueError(f"guards.compare.columns names {', '.join(strange)}, which is not published")
    codes = [warning.code for warning in warnings]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(f"usage_warnings: {', '.join(twice)} stands twice")
