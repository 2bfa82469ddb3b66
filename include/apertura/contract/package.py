"""A package: the dataset's tables put together again as one nested JSON document, beside the tables.

It is made of what is published and of nothing else: whatever treatment a column had, the document has too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from apertura.contract.words import FieldName, Model, Slug, Text

if TYPE_CHECKING:
    from apertura.contract.model import Resource

_PATH = r"^[^.\[\]]+(\.[^.\[\]]+)*(\[\])?$"


class PackageTable(Model):
    """Where one table's rows go in a record, and which column goes where in each of them."""

    resource: Slug
    rows: Annotated[str, StringConstraints(pattern=r"^([^.\[\]]+(\.[^.\[\]]+)*\[\](\.[^.\[\]]+\[\])?)?$")] = (
        Field(default="", description="the list that the rows make: `tender.items[]`, `awards[].suppliers[]`")
    )
    key: Annotated[list[FieldName], Field(min_length=1, max_length=2)] = Field(
        description="columns that say which record a row belongs to, and which element of the outer list"
    )
    paths: dict[Annotated[str, StringConstraints(pattern=_PATH)], FieldName] = Field(
        min_length=1, description="path in the row -> column; `[]` at the end makes a list of what `; ` parts"
    )


class Package(Model):
    """One document `<name>.json`: what stands around the records, and the tables they are made of."""

    name: Slug
    title: Text
    description: Text
    standard: Text = Field(description="which standard it follows, with its version")
    head: dict[str, Any] = Field(
        description="what stands around the records; texts may hold {version} and {taken}"
    )
    records: Text = Field(description="key of `head` under which the records go")
    utc_offset: Annotated[str, StringConstraints(pattern=r"^[+-]\d\d:\d\d$")] = Field(
        default="-06:00", description="the offset in which the dataset's times are"
    )
    tables: Annotated[list[PackageTable], Field(min_length=1)]

    @model_validator(mode="after")
    def _records_first(self) -> Package:
        if self.tables[0].rows or any(not table.rows for table in self.tables[1:]):
            raise ValueError("the first table has no `rows`: it makes the records; every other one has")
        for table in self.tables:
            if len(table.key) != 1 + (table.rows.count("[]") == 2):
                raise ValueError(f"{table.resource}: `key` has one column for each level above its rows")
        if self.records in self.head:
            raise ValueError("`records` names a key that `head` does not have")
        return self


def refuse_unfit_packages(packages: Sequence[Package], resources: Sequence[Resource]) -> None:
    """ValueError when a package names a table or column that is not published, or two have one name."""
    published = {one.name: {field.name for field in one.published_fields} for one in resources}
    names = [package.name for package in packages]
    if len(set(names)) != len(names) or set(names) & set(published):
        raise ValueError("a package has a name of its own: no other package's, no resource's")
    for package in packages:
        for table in package.tables:
            if table.resource not in published:
                raise ValueError(f"package {package.name}: there is no resource {table.resource}")
            unknown = sorted({*table.key, *table.paths.values()} - published[table.resource])
            if unknown:
                raise ValueError(f"package {package.name}: {table.resource} does not publish {unknown[0]}")
