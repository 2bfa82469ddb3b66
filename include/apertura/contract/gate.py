"""What a contract exempts from the gate: a column, or some rows of it, from one detector, with the reason.

An exemption is a decision of a person that what the detector finds may be published. It is written into the
privacy certificate. There is none for a valid CUI.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from apertura.contract.words import FieldName, MacroName, Model

if TYPE_CHECKING:
    from apertura.contract.model import FieldSpec

Detector = Literal[
    "cui", "nit", "phone", "email", "plate", "passport", "account", "coordinates", "birth_date", "name",
    "address", "cui_doubtful",
]  # fmt: skip


class ExemptRows(Model):
    """The rows for which a macro over published fields is true: only these are exempt."""

    macro: MacroName
    of: Annotated[list[FieldName], Field(min_length=1)]


class Exemption(Model):
    """What one detector finds in this column may leave, and why."""

    detector: Detector
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=20)] = Field(
        description="in Spanish, for the privacy certificate"
    )
    rows: ExemptRows | None = Field(
        default=None, description="only these rows, such as those of legal persons; without it, all"
    )

    @field_validator("detector")
    @classmethod
    def _never_a_cui(cls, detector: str) -> str:
        if detector == "cui":
            raise ValueError("a valid CUI is never published in any column: it cannot be exempt")
        return detector

    @model_validator(mode="after")
    def _rows_are_told(self) -> Exemption:
        if self.rows is not None and len(set(self.rows.of)) != len(self.rows.of):
            raise ValueError("`rows.of` names a field twice")
        return self


def refuse_unfit_exemptions(fields: Sequence[FieldSpec]) -> None:
    """ValueError when an exemption is of a column that is not published, is given twice, or looks at one."""
    published = {field.name for field in fields if field.published}
    for field in fields:
        detectors = [one.detector for one in field.exempt]
        if field.exempt and not field.published:
            raise ValueError(f"field {field.name} has `exempt`, and is not published")
        if len(set(detectors)) != len(detectors):
            raise ValueError(f"field {field.name} exempts one detector twice")
        for one in field.exempt:
            if one.rows is not None and not set(one.rows.of) <= published:
                raise ValueError(f"field {field.name}: `exempt` looks at a field that is not published")
