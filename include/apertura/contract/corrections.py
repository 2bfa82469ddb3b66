"""Corrections: a reviewed list, beside the contract, of values that a source has wrong.

Each says which row, what is found there today, what it ought to be, why, and who says so. The file is public,
so it may only speak of columns without personal data.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from apertura.contract.loader import load_model
from apertura.contract.model import Contract, FieldSpec, Resource
from apertura.contract.private import holds_number_of_person
from apertura.contract.words import Date, FieldName, Model, Slug, Text

_PRIVATE = re.compile(r"@|\d{8}")
"""An address or a long number in words that are published: nobody's contact belongs into the file."""


class Correction(Model):
    """One value of the source that is overridden, in the rows that `key` names."""

    resource: Slug
    partition: Text | None = Field(default=None, description="which partition, where there are any")
    key: dict[FieldName, str | None] = Field(
        min_length=1, description="field: its text as the clean table has it; together they name the rows"
    )
    field: FieldName
    expect: str | None = Field(description="what is found there today; when it is not, the run fails")
    value: str | None = Field(description="what it ought to be; null when that is not known")
    rows: Annotated[int, Field(ge=1)] | Literal["any"] = Field(
        default=1,
        description="how many rows `key` names; `any` where each new file of the source has more of them",
    )
    reason: Text = Field(description="en español: se publica en el informe de calidad")
    reported_by: Text = Field(description="an office or a role, never a person's name")
    date: Date

    @model_validator(mode="after")
    def _says_something(self) -> Correction:
        if self.expect == self.value:
            raise ValueError("`expect` and `value` are the same: nothing is corrected")
        if _PRIVATE.search(self.reason) or _PRIVATE.search(self.reported_by):
            raise ValueError("reason and reported_by hold no address and no number of a person")
        said = [self.reason, self.reported_by, *self.key.values(), self.expect, self.value]
        if any(text is not None and holds_number_of_person(text) for text in said):
            raise ValueError("a correction is public: no text in it holds an address or a number of a person")
        return self


class Corrections(Model):
    """<dataset>.corrections.yaml: the corrections of one dataset, in the order of their numbers."""

    corrections: Annotated[list[Correction], Field(min_length=1)]


def load_corrections(path: Path) -> list[Correction]:
    """The corrections in a file, none when it is not there; ContractError lists what is wrong with it."""
    return load_model(path, Corrections).corrections if path.exists() else []


def unfit(contract: Contract, corrections: Sequence[Correction]) -> list[tuple[int, str]]:
    """(number, what is wrong) of each correction that does not fit the contract; values are never told."""
    found: list[tuple[int, str]] = []
    resources = {resource.name: resource for resource in contract.resources}
    seen: set[tuple[object, ...]] = set()
    for number, correction in enumerate(corrections, start=1):
        resource = resources.get(correction.resource)
        if resource is None:
            found.append((number, f"there is no resource {correction.resource}"))
            continue
        if (correction.partition is None) != (contract.partitions is None):
            found.append((number, "`partition` is said exactly where the dataset has partitions"))
        found += [(number, message) for message in _fields(contract, resource, correction)]
        this = (correction.partition, correction.resource, correction.field, *sorted(correction.key.items()))
        if str(this) in {str(other) for other in seen}:
            found.append((number, "another correction speaks of the same field of the same rows"))
        seen.add(this)
    return found


def _fields(contract: Contract, resource: Resource, correction: Correction) -> list[str]:
    known = {field.name: field for field in resource.fields}
    messages: list[str] = []
    wanted: Mapping[str, list[str | None]] = {name: [text] for name, text in correction.key.items()}
    if correction.field in wanted:
        messages.append(f"{correction.field} is in its own key: say what is found there by `expect`")
    for name, texts in {**wanted, correction.field: [correction.expect, correction.value]}.items():
        field = known.get(name)
        if field is None:
            messages.append(f"{name} is not a field of resource {resource.name}")
        elif field.reshaped:
            messages.append(f"{name} is given by the reshape: what that reads is corrected instead")
        elif field.treatment == "transient" and not resource.reshape:
            messages.append(f"{name} is transient: what is derived from it is corrected instead")
        elif not _open(field):
            messages.append(
                f"{name} is not open data (publica, personal: none, kept): it is never corrected here"
            )
        elif not all(text is None or readable(field, text) for text in texts):
            messages.append(f"{name}: a text does not read as {field.type}, as the clean table writes it")
    if contract.privacy is not None and contract.privacy.table(resource.name) is not None:
        messages.append(
            f"{resource.name} is protected by `privacy`: a correction would point at one of its rows"
        )
    return messages


def _open(field: FieldSpec) -> bool:
    """Whether the field's values may stand in a public file."""
    return field.access == "publica" and field.personal == "none" and field.treatment in ("keep", "transient")


def readable(field: FieldSpec, text: str) -> bool:
    """Whether a text is a value of the field's type, written as the clean table has it."""
    if field.type == "string":
        return True
    if field.type == "boolean":
        return text in ("true", "false")
    if field.type == "integer":
        return re.fullmatch(r"-?\d{1,18}", text) is not None
    try:
        if field.type == "date":
            return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and bool(dt.date.fromisoformat(text))
        if field.type == "datetime":
            return len(text) == 19 and bool(dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S"))
        number = Decimal(text)
    except (ValueError, InvalidOperation):
        return False
    if re.fullmatch(r"-?\d+([.]\d+)?", text) is None:
        return False
    whole = field.decimal.precision - field.decimal.scale
    return abs(number) < Decimal(10) ** whole and len(text.partition(".")[2]) <= field.decimal.scale
