"""Generalisation hierarchies as SQL: the label that a value has at each level.

Level 0 is the value itself as text; a missing value stays missing, but for `all`, which tells of nobody
whether there was a value. A value that a level has no label for gives NULL: whoever uses the label refuses
that (`unlabelled`), because a hierarchy that leaves values out would show them as missing.
"""

from __future__ import annotations

from apertura.contract import FieldSpec
from apertura.contract.privacy import Level
from apertura.errors import ContractError
from apertura.prepare.engine import literal

ALL = "*"
"""The label of every value at a level `all`."""

COUNTRY = "GT"


def depth(field: FieldSpec) -> int:
    """The highest level of a field: 0 when it has no hierarchy."""
    return len(field.hierarchy)


def level_of(field: FieldSpec, level: int) -> Level | None:
    """The declaration of a level; None for level 0. ContractError when there is no such level."""
    if not 0 <= level <= depth(field):
        raise ContractError(
            f"field {field.name} has no level {level}",
            hint=f"levels 0 to {depth(field)} are declared; add one to its `hierarchy`",
        )
    return field.hierarchy[level - 1] if level else None


def label(field: FieldSpec, level: int, column: str) -> str:
    """SQL text: the label at `level` over `column`, an SQL expression of the field's typed value.

    The macros of sql/clean are loaded in the connection (`prepare.vocabulary.load`).
    """
    return label_of(level_of(field, level), column)


def label_of(level: Level | None, column: str) -> str:
    """SQL text: what a level makes of `column`, an SQL expression; None is level 0, the value as text."""
    text = f"CAST({column} AS VARCHAR)"
    if level is None:
        return text
    if level.bands is not None:
        return f"band_label({column}, {list(level.bands)})"
    if level.prefix is not None:
        return f"left({text}, {level.prefix})"
    if level.map is not None:
        cases = " ".join(f"WHEN {literal(value)} THEN {literal(to)}" for value, to in level.map.items())
        return f"CASE {text} {cases} END"
    if level.to == "country":
        return f"CASE WHEN region_of({text}) IS NOT NULL THEN {literal(COUNTRY)} END"
    if level.to in ("department", "region"):
        return f"{level.to}_of({text})"
    if level.to is not None:
        return f"{level.to}_of({column})"
    return literal(ALL)


def unlabelled(field: FieldSpec, level: int, column: str) -> str:
    """SQL condition: there is a value, and the level has no label for it."""
    return f"({column} IS NOT NULL AND {label(field, level, column)} IS NULL)"
