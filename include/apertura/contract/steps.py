"""How a contract calls a word of the vocabulary: by its name, or with fixed arguments after the value."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from apertura.contract.words import FieldName, MacroName, Model

Argument = StrictStr | StrictInt | StrictFloat
"""A fixed argument of a macro: the name of a list, a bound, a number of digits."""


class Call(Model):
    """A macro with its arguments: `{macro: point_restored, with: [-10, 50, 1]}`."""

    macro: MacroName
    with_: Annotated[list[Argument], Field(alias="with", min_length=1)]


Step = MacroName | Call
"""One step of `clean`: the macro's name, or a call of it."""


class Derive(Model):
    """A field computed from others of the same row by one macro of the vocabulary."""

    macro: MacroName
    of: Annotated[list[FieldName], Field(min_length=1)]
    with_: list[Argument] = Field(
        default=[], alias="with", description="fixed arguments after the fields, such as the name of a list"
    )
    strict: bool = Field(
        default=False,
        description="a row whose fields are all there and for which the macro has no answer counts as not "
        "interpreted, and is held against `tolerance`",
    )


def macro_of(step: Step) -> str:
    """The name of the macro that a step calls."""
    return step if isinstance(step, str) else step.macro


def arguments_of(step: Step) -> list[Argument]:
    """The fixed arguments that stand after the value."""
    return [] if isinstance(step, str) else step.with_
