"""What a dataset's links tell of: columns of its tables of people that another dataset may tell of too.

Tables of two datasets are held against each other by rows, for of an older version nothing but counts of rows
is kept (and nobody's number may be). Where several rows may be of one person (`unit.columns`) that says
nothing of how many people they are, so such a table is linked with no other dataset.
"""

from __future__ import annotations

from collections.abc import Iterator

from apertura.contract.model import Contract
from apertura.contract.privacy import Microdata
from apertura.contract.project import Dataset, Project
from apertura.errors import ContractError

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


def by_people(contract: Contract) -> set[str]:
    """Tables of which several rows may be of one person."""
    return {table.resource for table in rows_of(contract) if table.unit and table.unit.columns}


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


def refuse_people_linked(dataset: Dataset) -> None:
    """ContractError when a table whose rows are not people has a link in common with another dataset.

    An unfinished contract tells nothing; protect and publish look at it once something of it is public.
    """
    mine = dataset.contract
    for theirs in Project(dataset.home).others(dataset) if told_by(mine) else ():
        for here, there, columns in meetings(mine, theirs):
            for contract, table in ((mine, here), (theirs, there)):
                if table.resource in by_people(contract):
                    raise ContractError(
                        f"{mine.id} has a link in common with {theirs.id}, and {table.resource} of "
                        f"{contract.id} may have several rows of one person (`unit.columns`): rows would be "
                        "taken for people",
                        hint=way_out([column for column, _ in columns], here.resource),
                    )


def way_out(columns: list[str], resource: str) -> str:
    """What to do about it."""
    return (
        f"publish {', '.join(columns)} of {resource}, and what it is linked with, in one of both datasets "
        "only; where they tell of different people and things, give their links another `about`"
    )
