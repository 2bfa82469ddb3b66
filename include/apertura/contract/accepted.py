"""What a person has taken upon herself: a difference to an older version that stops a release otherwise."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from apertura.contract.words import Date, FieldName, Model, Slug, Text

VersionName = Annotated[str, StringConstraints(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{8}$")]
Taken = Annotated[str, StringConstraints(pattern=r"^\d{8}T\d{6}Z$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=500)]


class Accepted(Model):
    """One difference of one table to one older version. It holds for exactly what it names.

    revision: between `version` and the release of the extract taken at `taken`, and no later one.
    new_column: `column` is new since `version` and had no other name in it or before; the other columns are
    compared without it.
    """

    what: Literal["revision", "new_column"]
    resource: Slug
    version: VersionName = Field(description="the older version that the release is compared with")
    taken: Taken | None = Field(
        default=None, description="revision: how the name of the version that revises begins"
    )
    column: FieldName | None = Field(default=None, description="new_column: its published name")
    reason: Reason = Field(description="en español, para todos: por qué se publica a pesar de ello")
    by: Text = Field(description="quién lo decidió, por su cargo")
    date: Date

    @model_validator(mode="after")
    def _names_one_thing(self) -> Accepted:
        if (self.what == "revision") != (self.taken is not None):
            raise ValueError("a revision, and nothing else, names `taken`")
        if (self.what == "new_column") != (self.column is not None):
            raise ValueError("a new_column, and nothing else, names `column`")
        if self.taken is not None and self.taken <= self.version.partition("-")[0]:
            raise ValueError("`taken` is of a later version than `version`")
        return self


def revised(accepted: list[Accepted], resource: str, old: str, new: str | None) -> bool:
    """Whether the difference of a table between two versions, by their names, was accepted."""
    return new is not None and any(
        one.what == "revision"
        and (one.resource, one.version, one.taken) == (resource, old, new.partition("-")[0])
        for one in accepted
    )


def new_columns(accepted: list[Accepted], resource: str, old: str) -> set[str]:
    """Columns of a table that are known to be new since a version, or a later one."""
    return {
        one.column
        for one in accepted
        if one.column is not None and one.resource == resource and old <= one.version
    }
