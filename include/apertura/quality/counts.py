"""How a count may be shown: small ones single somebody out where a dataset is about people."""

from __future__ import annotations

from apertura.contract import Contract

THRESHOLD = 5
"""Counts from 1 to 4 are not shown for a dataset that holds, or held, personal data."""


def about_people(contract: Contract) -> bool:
    """Whether any column of the source is personal, also one that is dropped."""
    return any(field.personal != "none" for resource in contract.resources for field in resource.fields)


def shown(contract: Contract, count: int) -> int | str:
    """The count as it may leave the private bucket: the number itself, or `<5`."""
    if 0 < count < THRESHOLD and about_people(contract):
        return f"<{THRESHOLD}"
    return count
