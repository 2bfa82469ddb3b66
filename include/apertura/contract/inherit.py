"""What a column may not shed on its way: its class follows a value through copies and derivations.

A value that is personal under one name is personal under every other one. The model calls these rules; they
raise ValueError with the names of the fields, and the loader says file and line.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apertura.contract.model import FieldSpec, Resource

REDUCING: dict[str, str] = {
    "department_code": "one of 22 codes of INE's list, or nothing",
    "department_named": "one of 22 names of INE's list, or nothing",
    "department_of": "one of 22 codes of INE's list, or nothing",
    "municipality_code": "one of 340 codes of INE's list, or nothing",
    "municipality_named": "one of 340 names of INE's list, or nothing",
    "capital_zone": "one of 25 zones, or nothing",
    "year_of": "four digits of an ISO date, or nothing",
    "month_of": "year and month of an ISO date, or nothing",
    "quarter_of": "year and quarter of an ISO date, or nothing",
    "is_minor_at": "yes, no or nothing",
    "crime_named": "one of the crimes that the macro lists, or nothing",
}
"""Macros whose result is one of few, whatever they are given, and why: no text of a source comes through.

Only these may give a column of a lighter class than the columns that it derives from. A macro that changes a
value's form (upper_text, trim_text, code_text, cui, phone ...) never belongs here.
"""

REDUCING_WHEN_GENERALIZED: dict[str, str] = {
    "age_at": "whole years; with both dates near at hand an exact age still singles out, a band does not",
}
"""The same, for a field whose treatment is generalize."""

_ACCESS = ("publica", "confidencial", "reservada")
_PERSONAL = ("none", "personal", "sensible")


def reduces(field: FieldSpec) -> bool:
    """Whether the field derives by a macro that lets no more than one of few values through."""
    if field.derive is None:
        return False
    macro = field.derive.macro
    return macro in REDUCING or (macro in REDUCING_WHEN_GENERALIZED and field.treatment == "generalize")


def refuse_second_names(fields: Iterable[FieldSpec]) -> None:
    """ValueError when two fields of a resource take the same source column in one layout."""
    for one, other in combinations(fields, 2):
        if _share_column(one, other):
            raise ValueError(
                f"fields {one.name} and {other.name} take the same source column; declare it once, "
                "and `derive` the other field from it"
            )


def refuse_lighter_classes(resource: Resource) -> None:
    """ValueError when a derived field, or a reshape, could let a value out under a lighter class.

    Each derived field is held against the fields it derives from, also one that is only a step to another:
    so a class is inherited through any number of steps.
    """
    for field in resource.fields:
        if field.derive is None or reduces(field):
            continue
        for origin in (resource.field(name) for name in field.derive.of):
            _refuse_lighter(field, origin, field.derive.macro)
    _refuse_unfit_reshaped(resource)
    if resource.reshape:
        for field in resource.fields:
            if field.personal == "sensible" and field.treatment not in ("drop", "pseudonymize"):
                raise ValueError(
                    f"field {field.name} is sensible, and a reshape could give it any name: drop it"
                )


def _refuse_unfit_reshaped(resource: Resource) -> None:
    """ValueError when a field that a reshape gives has no reshape, or is lighter than what that may read."""
    read = [f for f in resource.fields if f.treatment not in ("drop", "pseudonymize") and not f.reshaped]
    for field in resource.fields:
        if not field.reshaped:
            continue
        if not resource.reshape or field.treatment in ("drop", "pseudonymize", "transient"):
            raise ValueError(f"field {field.name} is reshaped, so published, and its resource has `reshape`")
        for origin in read:
            _refuse_lighter(field, origin, "the reshape")


def refuse_other_classes(resources: Iterable[Resource]) -> None:
    """ValueError when two resources that read the same files class one source column differently."""
    for one, other in combinations(resources, 2):
        if one.files is not None and other.files is not None and one.files != other.files:
            continue
        for field in one.fields:
            for twin in other.fields:
                same = (field.access, field.personal) == (twin.access, twin.personal)
                if _share_column(field, twin) and not same:
                    raise ValueError(
                        f"fields {one.name}.{field.name} and {other.name}.{twin.name} take the same source "
                        "column and differ in `access` or `personal`"
                    )


def _refuse_lighter(field: FieldSpec, origin: FieldSpec, macro: str) -> None:
    if origin.personal == "sensible":
        raise ValueError(
            f"field {field.name} derives from {origin.name}, which is sensible, by {macro}, which could let "
            f"its text through; only these may read it: {', '.join(sorted(REDUCING))}"
        )
    lighter = []
    if _ACCESS.index(field.access) < _ACCESS.index(origin.access):
        lighter.append(f"access: {origin.access}")
    if _PERSONAL.index(field.personal) < _PERSONAL.index(origin.personal):
        lighter.append(f"personal: {origin.personal}")
    if lighter:
        raise ValueError(
            f"field {field.name} derives from {origin.name} by {macro}, so it is at least "
            f"{' and '.join(lighter)}, too"
        )


def _share_column(one: FieldSpec, other: FieldSpec) -> bool:
    """Whether both name the same source column in some layout; a plain name holds for every layout."""
    if isinstance(one.source, dict) and isinstance(other.source, dict):
        return bool(one.source.items() & other.source.items())
    return bool(_columns(one) & _columns(other))


def _columns(field: FieldSpec) -> set[str]:
    if isinstance(field.source, dict):
        return set(field.source.values())
    return {field.source} if field.source is not None else set()
