"""What a dataset's links tell of: columns of its tables of people that another dataset may tell of too."""

from __future__ import annotations

from collections.abc import Iterator

from apertura.contract.model import Contract
from apertura.contract.privacy import Microdata

Told = tuple[str, str, str]
"""What a link is about, a table of rows, and its column."""


def rows_of(contract: Contract) -> list[Microdata]:
    """The models of tables of rows; of none, where the contract has no `privacy`."""
    tables = contract.privacy.tables if contract.privacy else []
    return [table for table in tables if isinstance(table, Microdata)]


def told_by(contract: Contract) -> set[Told]:
    """Every linked column of a table of rows. Only these are held against other datasets."""
    names = {table.resource for table in rows_of(contract)}
    return {
        (link.about, resource, column)
        for link in (contract.privacy.links if contract.privacy else [])
        for resource, column in link.columns.items()
        if resource in names
    }


def meetings(
    mine: Contract, theirs: Contract
) -> Iterator[tuple[Microdata, Microdata, list[tuple[str, str]]]]:
    """Tables of rows of two datasets that tell of the same things, and by which columns (here, there)."""
    told = sorted(told_by(mine)), sorted(told_by(theirs))
    for here in rows_of(mine):
        for there in rows_of(theirs):
            columns = [
                (column, other)
                for about, resource, column in told[0]
                for about_there, resource_there, other in told[1]
                if (about, resource, resource_there) == (about_there, here.resource, there.resource)
            ]
            if columns:
                yield here, there, columns
