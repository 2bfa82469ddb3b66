"""How a column may be handled under the law and by hand: bases, reservations, pseudonyms, fixed bands."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from apertura.contract.words import LEGAL_BASIS, Date, FieldName, MacroName, Model, Text


class LegalBasis(Model):
    """Why personal data may leave, or rows must not: a word of the closed list (PRIVACY law file)."""

    basis: Annotated[str, StringConstraints(pattern=LEGAL_BASIS.pattern)]
    law: Text | None = Field(default=None, description="The law by name; required for otra-ley")
    reason: Text

    @model_validator(mode="after")
    def _other_law_has_a_name(self) -> LegalBasis:
        if self.basis == "otra-ley" and not self.law:
            raise ValueError("basis otra-ley needs `law`: the law by its name")
        return self


class Reserve(Model):
    """A reservation under Decreto 57-2008, articles 25-28: at most seven years, published resolution."""

    resolution: Text
    date: Date
    expires: Date

    @model_validator(mode="after")
    def _at_most_seven_years(self) -> Reserve:
        limit = self.date.replace(year=self.date.year + 7, day=min(self.date.day, 28))
        if not self.date < self.expires <= limit + dt.timedelta(days=3):
            raise ValueError("expires must lie after `date` and at most seven years after it (art. 27)")
        return self


class Pseudonym(Model):
    """How a pseudonym is made: where equal values stay equal, for how long, and of what form."""

    domain: Literal["table", "dataset"] | Annotated[str, StringConstraints(pattern=r"^group:[a-z0-9-]+$")]
    form: Literal["nit", "cui", "phone", "person", "text"] = Field(
        description="canonical form applied before hashing; person: NIT or CUI where it is one, else as text"
    )
    rotation: Literal["release", "stable"] = "release"
    reason: Text | None = Field(default=None, description="required for a group domain or stable rotation")

    @model_validator(mode="after")
    def _reasons(self) -> Pseudonym:
        if not self.reason and (self.rotation == "stable" or self.domain.startswith("group:")):
            raise ValueError("a stable pseudonym, or one shared by a group, needs a `reason`")
        if self.rotation == "release" and self.domain.startswith("group:"):
            raise ValueError("pseudonyms that rotate cannot be shared by a group: say rotation: stable")
        return self


class Inside(Model):
    """People inside a text that stays: what `macro` lists of it is replaced, piece by piece, by pseudonyms.

    They are 32 letters. Where the macro gives NULL, or a valid CUI is still there afterwards, the whole text
    is refused.
    """

    macro: MacroName = Field(description="gives the list of pieces, over the field itself and then `of`")
    of: list[FieldName] = []
    pseudonym: Pseudonym


class Generalize(Model):
    """A fixed generalisation: the same in every release, chosen by a person."""

    to: Literal["year", "month", "quarter", "department"] | None = None
    bands: list[int] | None = Field(
        default=None, description="lower bounds: [0, 18, 30, 65] gives 0-17, 18-29, 30-64, 65+"
    )

    @model_validator(mode="after")
    def _one_of(self) -> Generalize:
        if (self.to is None) == (self.bands is None):
            raise ValueError("generalize takes exactly one of `to` and `bands`")
        if self.bands is not None and (
            len(self.bands) < 2 or any(a >= b for a, b in zip(self.bands, self.bands[1:], strict=False))
        ):
            raise ValueError("bands are at least two rising lower bounds")
        return self
