"""The attack of two tables of the same people by their margins: what one lacks and the other counts.

Shares no rule with `siblings`, which suppresses so that it fails. It takes more tables for those of the
same people, also by what everybody sees: two published tables that nearly agree in most of what both count.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Link, Microdata, Privacy
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.joins import Pair, pairs
from apertura.prepare.disclosure.linkage import Found
from apertura.prepare.disclosure.recoded import coarser, published_level
from apertura.prepare.engine import quoted, run

_RATIOS = ((1, 1), (2, 1), (1, 2))
"""What a row of each table weighs: people, or couples in one and spouses in the other."""

_MORE_PEOPLE, _MORE_PLACES = 0.07, 0.2
"""A table that counts at most this share of its people, or in this share of places, beyond the other."""
_MORE_ROWS = 3
_AGREE, _NEARLY, _PLACES = 0.5, 0.1, 3
"""Share of those both count who are where the tables differ by a share at most; the fewest such places."""


def attack(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> Iterator[tuple[str, str, list[str], Found]]:
    """Every two tables that may be of the same people: names, columns that both have, how it went.

    Tried are the places that both count, found are those where they differ by 1 … k-1 people of whom one
    of them left somebody out.
    """
    tables = [table for table in privacy.tables if isinstance(table, Microdata)]
    for one, two in combinations(tables, 2):
        here, there = resources[one.resource], resources[two.resource]
        columns = _counted(
            connection, privacy.links, (here, there),
            (raw[here.name], published[here.name]), (raw[there.name], published[there.name]),
        )  # fmt: skip
        if not columns:
            continue
        found = None
        for ratio in _RATIOS:
            tried, suspected, won = _subtracted(connection, ratio, max(one.k, two.k))
            if suspected:
                found = Found(tried, won, None) + (found or Found(0, 0, None))
        if found is not None:
            yield here.name, there.name, columns, found


def _counted(
    connection: duckdb.DuckDBPyConnection,
    links: Sequence[Link],
    resources: tuple[Resource, Resource],
    mine: tuple[str, str],
    theirs: tuple[str, str],
) -> list[str]:
    """Make the temp table `margins`: by place a and b, rows here before and after; c and d, those there.

    `mine`, `theirs`: raw and published. Answers the columns that make a place; none: there is no such table.
    """
    names: list[str] = []
    sides: list[list[str]] = [[], [], [], []]
    for pair in pairs(links, *resources):
        labels = _labels(connection, pair, mine, theirs)
        if labels is not None:
            for side, text in zip(sides, labels, strict=True):
                side.append(f"{text} AS q{len(names)}")
            names.append(pair.here.name)
    if not names:
        return []
    rows = " UNION ALL ".join(
        f"SELECT {', '.join(side)}, {number} AS source FROM {relation}"
        for number, (side, relation) in enumerate(zip(sides, (*mine, *theirs), strict=True))
    )
    counts = ", ".join(f"count(*) FILTER (source = {number}) AS {name}" for number, name in enumerate("abcd"))
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE margins AS "
        f"SELECT {', '.join(f'q{n}' for n in range(len(names)))}, {counts} FROM ({rows}) GROUP BY ALL",
        doing="adding up the tables of one population",
    )
    return names


def _labels(
    connection: duckdb.DuckDBPyConnection, pair: Pair, mine: tuple[str, str], theirs: tuple[str, str]
) -> tuple[str, str, str, str] | None:
    """What a value is in the raw and the published table here, and in those there; None: not comparable."""
    here, there = pair.here, pair.there
    if pair.compare_here or pair.compare_there or here.late or there.late:
        return None
    if here.hierarchy != there.hierarchy or here.type != there.type:
        return None
    one = published_level(connection, mine[1], here)
    two = published_level(connection, theirs[1], there)
    if one is None or two is None:
        return None
    level = max(one, two)
    first, second = quoted(here.name), quoted(there.name)
    return (
        label(here, level, first),
        coarser(here, one, level, first),
        label(there, level, second),
        coarser(there, two, level, second),
    )


def _subtracted(
    connection: duckdb.DuckDBPyConnection, ratio: tuple[int, int], k: int
) -> tuple[int, bool, int]:
    """Places that both tables count, whether they may be of the same people, places that tell of few."""
    unit = max(ratio)
    few, room = k * unit, _MORE_ROWS * unit

    def near(one: str, two: str) -> str:
        return f"abs({one} - {two}) < least({few}, {_NEARLY} * greatest({one}, {two}) + 1)"

    def beyond(one: str, two: str) -> str:
        # The first counts hardly more than the second.
        return (
            f"sum(greatest({one} - {two}, 0)) <= greatest({room}, {_MORE_PEOPLE} * sum({one})) "
            f"OR count(*) FILTER ({one} > {two}) <= {_MORE_PLACES} * count(*) FILTER ({one} > 0)"
        )

    def agree(one: str, two: str) -> str:
        # Most of what both count is where they nearly agree.
        both, alike = f"sum(least({one}, {two}))", f"{near(one, two)} AND {one} > 0"
        return f"count(*) FILTER ({alike}) >= {_PLACES} AND {both} FILTER ({alike}) >= {_AGREE} * {both}"

    # Couples are within their spouses, of whom more may be known; the other way round it says nothing.
    within = [one for one, (mine, theirs) in (((beyond("x", "y")), ratio), (beyond("y", "x"), ratio[::-1]))
              if mine >= theirs]  # fmt: skip
    alike = " OR ".join(f"({one})" for one in (*within, agree("x", "y"), agree("u", "v")))
    [(tried, suspected, won)] = run(
        connection,
        f"""
        SELECT
            count(*) FILTER (x > 0 AND y > 0),
            {alike},
            count(*) FILTER (x > 0 AND y > 0 AND (x > u OR y > v) AND u <> v AND abs(u - v) < {few})
        FROM (
            SELECT a * {ratio[0]} AS x, b * {ratio[0]} AS u, c * {ratio[1]} AS y, d * {ratio[1]} AS v
            FROM margins
        )
        """,
        doing="subtracting the tables of one population",
    ).fetchall()
    return int(tried), bool(suspected), int(won)
