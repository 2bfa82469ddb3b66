"""Counts of the same people belong in one dataset: suppression works over its sums, and over no others.

Two datasets that count the same people, each protected by itself, give each other's small counts away by
subtraction. So every dataset with counts says whom it counts, where its institution has another one.
"""

from __future__ import annotations

from collections.abc import Callable

from apertura.contract.model import Contract
from apertura.contract.privacy import Counts
from apertura.contract.project import Dataset, Project
from apertura.errors import ContractError


def refuse_counts_apart(dataset: Dataset, *, public: Callable[[str], bool] = lambda _: False) -> None:
    """ContractError when another dataset of the institution counts the same people, or may do so.

    An unfinished contract tells nothing; one that cannot be read and of which something is `public` stops.
    """
    if not _counts(dataset.contract):
        return
    for other in Project(dataset.home).others(dataset, public=public):
        if _counts(other):
            _refuse(dataset.contract, other)


def _counts(contract: Contract) -> bool:
    privacy = contract.privacy
    return privacy is not None and any(isinstance(table, Counts) for table in privacy.tables)


def _refuse(one: Contract, other: Contract) -> None:
    mine, theirs = _whom(one), _whom(other)
    for contract, whom in ((one, mine), (other, theirs)):
        if whom is None:
            raise ContractError(
                f"{one.id} and {other.id} both publish counts, and {contract.id} does not say of whom",
                hint="say in privacy.counts_of of each whom it counts; counts of the same people are tables "
                "of one dataset",
            )
    if mine == theirs:
        raise ContractError(
            f"{one.id} and {other.id} count the same people: what one hides the other may tell",
            hint="make them tables of one dataset, so that they are protected together",
        )


def _whom(contract: Contract) -> str | None:
    said = contract.privacy.counts_of if contract.privacy else None
    return " ".join(said.casefold().split()) if said else None
