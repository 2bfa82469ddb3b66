"""How a count may be told: what singles somebody out, or tells of somebody by a difference, is not.

Every count that describes what is not published goes through here on its way to a report, a run record, an
XCom, a log or an error message. Exact numbers stay in the work documents of the private bucket. Rows that
are published may be counted by everybody, so what lies beside the files of one version (release.json,
calidad.json) tells their number as it is. What tells of a protected dataset over time (pages, feeds,
catalogue) rounds it: two exact numbers side by side are a report of the few who came and went.
"""

from __future__ import annotations

from collections.abc import Iterable

from apertura.contract import Contract

THRESHOLD = 5
"""Counts from 1 to 4 are not told for a dataset that holds, or held, personal data."""

STEP = 5
"""Other counts of such a dataset are told to the nearest multiple of this.

Exact ones would give the small counts by subtraction, between two partitions or two releases.
"""

_SMALL = 2
"""What a count told as `<5` adds to a sum."""


def about_people(contract: Contract) -> bool:
    """Whether any column of the source is personal, also one that is dropped; or people are protected."""
    return contract.privacy is not None or any(
        field.personal != "none" for resource in contract.resources for field in resource.fields
    )


def shown(contract: Contract, count: int, *, people: bool = False) -> int | str:
    """The count as it may leave the private bucket: the number, or for people `<5` or a multiple of 5.

    `people`: this counts people, whatever the contract knows of them.
    """
    return rounded(count) if people or about_people(contract) else count


def rounded(count: int) -> int | str:
    """A count of people as it is told: `<5` for 1 to 4, else the nearest multiple of 5."""
    if 0 < count < THRESHOLD:
        return f"<{THRESHOLD}"
    return (count + STEP // 2) // STEP * STEP


def shown_sum(contract: Contract, counts: Iterable[int]) -> int | str:
    """The sum of counts that are told one by one, too: made of what is told of each.

    The exact sum, even rounded, would narrow down its parts: 10 in all of `<5` and `<5` is 4 and 4.
    """
    return rounded_sum(map(rounded, counts)) if about_people(contract) else sum(counts)


def rounded_sum(told: Iterable[int | str]) -> int | str:
    """The sum of counts of which no more is known than what `rounded` told of each."""
    return rounded(sum(map(midpoint, told)))


def midpoint(told: int | str) -> int:
    """What a told count adds to a sum: itself, or 2 for `<5`."""
    return _SMALL if isinstance(told, str) else told


def received(contract: Contract, rows_in: int, excluded: Iterable[int]) -> int | str:
    """Rows that came in, as the sum of those that stayed and of those that left by each legal basis."""
    left = list(excluded)
    return shown_sum(contract, [rows_in - sum(left), *left])
