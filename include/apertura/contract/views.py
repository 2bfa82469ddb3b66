"""Views: the charts and maps that a dataset's page shows, each made of published columns.

They are the portal's matter: a change of them makes new pages and no new release.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from apertura.contract.words import FieldName, Model, Slug, Text

if TYPE_CHECKING:
    from apertura.contract.model import Resource

DEPARTMENT = "departamento_codigo"


class View(Model):
    """One chart. What is added up must be amounts: sums of rates, indexes or averages mean nothing."""

    name: Slug
    title: Text = Field(description="en español: qué se ve")
    kind: Literal["line", "bar", "map"] = Field(
        description="line: over time; bar: by category; map: of the 22 departments"
    )
    resource: Slug | None = Field(default=None, description="the table; the dataset's first when left out")
    x: FieldName = Field(
        default=DEPARTMENT,
        description="line: a date, a year, or a text AAAA, AAAA-MM, AAAA-T1; bar: a category; "
        "map: the department's code",
    )
    measure: Literal["count", "sum", "mean"] = Field(
        default="count", description="count: rows; sum and mean: of `y`, never of suppressed cells"
    )
    y: FieldName | None = None
    unit: Text | None = Field(
        default=None, description="what is counted, in Spanish, plural: `vehículos`; else the column's unit"
    )
    by: FieldName | None = Field(default=None, description="line: one for each of its values, four at most")
    step: Literal["day", "month", "year"] | None = Field(
        default=None, description="line over a date: what its days are put together to"
    )
    order: Literal["value", "x"] = Field(default="value", description="bar: largest first, or as x is sorted")
    top: Annotated[int, Field(ge=2, le=30)] = Field(default=12, description="bar: how many are shown")
    filters: dict[FieldName, Text] = Field(default={}, description="only rows with these values")
    labels: dict[Text, Text] = Field(
        default={},
        description="how codes of a bar's `x` or a line's `by` are called in Spanish: goods: Bienes",
    )
    note: Text | None = Field(default=None, description="what must be known to read it, in Spanish")

    @model_validator(mode="after")
    def _holds_together(self) -> View:
        if (self.measure == "count") != (self.y is None):
            raise ValueError("measure: sum and mean take `y`; count takes none")
        if self.kind == "map" and self.x != DEPARTMENT:
            raise ValueError(f"a map's `x` is {DEPARTMENT}")
        if self.kind != "line" and (self.by is not None or self.step is not None):
            raise ValueError("`by` and `step` go with kind: line")
        if self.kind != "bar" and {"order", "top"} & self.model_fields_set:
            raise ValueError("`order` and `top` go with kind: bar")
        if self.labels and self.kind != "bar" and self.by is None:
            raise ValueError("`labels` name the values of a bar's `x` or a line's `by`")
        if len(set(self.labels.values())) != len(self.labels):
            raise ValueError("two of the `labels` are one name")
        return self


def refuse_unfit_views(views: Sequence[View], resources: Sequence[Resource]) -> None:
    """ValueError when a view names what is not published, adds up what is no number, or two have one name."""
    names = [view.name for view in views]
    if len(set(names)) != len(names):
        raise ValueError("two views share a name")
    tables = {one.name: one for one in resources}
    for view in views:
        table = tables.get(view.resource or resources[0].name)
        if table is None:
            raise ValueError(f"view {view.name}: there is no resource {view.resource}")
        published = {field.name: field for field in table.published_fields}
        wanted = [view.x, *filter(None, (view.y, view.by)), *view.filters]
        if unknown := [name for name in wanted if name not in published]:
            raise ValueError(f"view {view.name}: {table.name} does not publish {unknown[0]}")
        if view.y is not None and published[view.y].published_type not in ("integer", "number"):
            raise ValueError(f"view {view.name}: {view.y} is no number")
        if view.step is not None and published[view.x].published_type not in ("date", "datetime"):
            raise ValueError(f"view {view.name}: `step` needs a date, and {view.x} is none")
