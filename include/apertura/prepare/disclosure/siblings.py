"""Tables of one population that leave out different rows: what one lacks, another one counts.

Of two tables of the same people each tells how many there are by the columns that both have. Their difference
is the number of rows that only one of them left out: under k, it is a group that suppression was to hide, and
where all other combinations are published, it says which. So tables are suppressed together: a difference is
nothing or k at least (as in `differences`, where the tables are versions).
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Link, Microdata, Privacy
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.joins import pairs
from apertura.prepare.disclosure.recoded import coarser, published_level
from apertura.prepare.engine import quoted, run

_PER_ROW = (1, 2)
"""Rows of the other table for one here: as many, or both spouses of a couple."""

STRAY_PEOPLE, STRAY_PLACES = 0.05, 0.1
"""Tables are of the same people also where one counts some that the other lacks: this share of its people, or
in this share of the places, at most; one row is always too few to tell them apart."""


@dataclass(frozen=True)
class Kin:
    """Two tables of one population and the labels, in SQL, by which both count it.

    `here` and `there`: over the published tables. `times`: rows there for each row here.
    """

    one: Microdata
    other: Microdata
    columns: tuple[str, ...]
    here: tuple[str, ...]
    there: tuple[str, ...]
    raw_here: tuple[str, ...]
    raw_there: tuple[str, ...]
    times: int = 1

    @property
    def k(self) -> int:
        """No difference may tell of fewer people."""
        return max(self.one.k, self.other.k)


def kin(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> list[Kin]:
    """Every two tables of rows of which one counts, by what they share and before any row left, hardly more
    than the other: they are of the same people, or one of them leaves out whom nothing is known of.

    Couples fit their spouses by one row each and by two: every fitting number of rows is held against them.
    """
    tables = [table for table in privacy.tables if isinstance(table, Microdata)]
    found = []
    for one, other in combinations(tables, 2):
        met = _met(connection, privacy.links, (one, other), published, resources)
        if met is None:
            continue
        for times in _PER_ROW:
            made = Kin(one, other, *met, times=times)
            turned = Kin(other, one, met[0], *_turned(met[1:]), times=times)
            fitting = next((k for k in (made, turned) if _within(connection, k, raw)), None)
            if fitting is not None:
                found.append(fitting)
    return found


_Texts = tuple[str, ...]


def _turned(four: tuple[_Texts, _Texts, _Texts, _Texts]) -> tuple[_Texts, _Texts, _Texts, _Texts]:
    here, there, raw_here, raw_there = four
    return there, here, raw_there, raw_here


def _met(
    connection: duckdb.DuckDBPyConnection,
    links: list[Link],
    tables: tuple[Microdata, Microdata],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> tuple[_Texts, _Texts, _Texts, _Texts, _Texts] | None:
    """The shared columns and their labels at the coarser of both levels; None when nothing is shared.

    What is only linked through `compare`, or has another hierarchy there, is left to the attacks that join.
    """
    one, other = (resources[table.resource] for table in tables)
    columns, here, there, raw_here, raw_there = [], [], [], [], []
    for pair in pairs(links, one, other):
        alike = pair.here.hierarchy == pair.there.hierarchy and pair.here.type == pair.there.type
        if not alike or pair.compare_here or pair.compare_there or pair.here.late or pair.there.late:
            continue
        levels = (
            published_level(connection, published[one.name], pair.here),
            published_level(connection, published[other.name], pair.there),
        )
        if levels[0] is None or levels[1] is None:
            continue
        common = max(levels[0], levels[1])
        columns.append(pair.here.name)
        here.append(coarser(pair.here, levels[0], common, quoted(pair.here.name)))
        there.append(coarser(pair.there, levels[1], common, quoted(pair.there.name)))
        raw_here.append(label(pair.here, common, quoted(pair.here.name)))
        raw_there.append(label(pair.there, common, quoted(pair.there.name)))
    if not columns:
        return None
    return tuple(columns), tuple(here), tuple(there), tuple(raw_here), tuple(raw_there)


def _counted(items: _Texts, relation: str) -> str:
    named = ", ".join(f"{one} AS q{n}" for n, one in enumerate(items))
    return f"(SELECT {named}, count(*) AS n FROM {relation} GROUP BY ALL)"


def _keys(count: int) -> str:
    return " AND ".join(f"h.q{n} IS NOT DISTINCT FROM t.q{n}" for n in range(count))


def _within(connection: duckdb.DuckDBPyConnection, one: Kin, raw: Mapping[str, str]) -> bool:
    """Whether the first table counts hardly anywhere, or hardly any, more people than the second."""
    [row] = run(
        connection,
        "SELECT count(*), count(*) FILTER (more > 0), coalesce(sum(n), 0), coalesce(sum(more), 0) FROM "
        f"(SELECT h.n, greatest(0, h.n - coalesce(t.n, 0) / {one.times}) AS more "
        f"FROM {_counted(one.raw_here, raw[one.one.resource])} h "
        f"LEFT JOIN {_counted(one.raw_there, raw[one.other.resource])} t ON {_keys(len(one.here))})",
        doing="comparing the tables of one population",
    ).fetchall()
    places, over, people, more = row
    return bool(more <= max(1, STRAY_PEOPLE * people) or over <= STRAY_PLACES * places)


def apart(
    connection: duckdb.DuckDBPyConnection, one: Kin, raw: Mapping[str, str], published: Mapping[str, str]
) -> str:
    """The temp table of the places (q0, q1 …) where the tables differ by 1 … k-1 people after suppression.

    `short`: which table left out more (1: the first); `lacks`: by how many people; `rest`: how many the other
    one counts. Where neither left anybody out, what they differ by is what the source does not know.
    """
    keys = len(one.here)

    def side(items: _Texts, relation: str, was: _Texts, source: str) -> str:
        return (
            f"(SELECT t.*, coalesce(h.n, 0) AS told FROM {_counted(was, source)} t "
            f"LEFT JOIN {_counted(items, relation)} h ON {_keys(keys)})"
        )

    mine = side(one.here, published[one.one.resource], one.raw_here, raw[one.one.resource])
    theirs = side(one.there, published[one.other.resource], one.raw_there, raw[one.other.resource])
    run(
        connection,
        f"""
        CREATE OR REPLACE TEMP TABLE siblings_apart AS
        SELECT * EXCLUDE (d), CASE WHEN d > 0 THEN 1 ELSE 2 END AS short, abs(d) AS lacks
        FROM (
            SELECT {", ".join(f"h.q{n}" for n in range(keys))}, t.told / {one.times} - h.told AS d,
                greatest(t.told / {one.times}, h.told) AS rest, h.n > h.told OR t.n > t.told AS left_out
            FROM {mine} h JOIN {theirs} t ON {_keys(keys)}
        )
        WHERE left_out AND d <> 0 AND abs(d) < {one.k}
        """,
        doing="comparing the tables of one population",
    )
    return "siblings_apart"


def differ(
    connection: duckdb.DuckDBPyConnection, one: Kin, raw: Mapping[str, str], published: Mapping[str, str]
) -> bool:
    """Whether there is a place where the tables differ by 1 … k-1 people after suppression."""
    table = apart(connection, one, raw, published)
    [row] = run(
        connection, f"SELECT count(*) FROM {table}", doing="comparing the tables of one population"
    ).fetchall()
    return int(row[0]) > 0


def more_to_leave(
    connection: duckdb.DuckDBPyConnection, one: Kin, raw: Mapping[str, str], published: Mapping[str, str]
) -> dict[str, list[tuple[str | None, ...]]]:
    """Resource -> classes (published labels of its quasi-identifiers) that must leave, too.

    In the table that lacks more: its smallest classes in that place, until it lacks k people. Where the other
    one counts fewer, all of both.
    """
    apart(connection, one, raw, published)
    found: dict[str, list[tuple[str | None, ...]]] = {}
    sides = ((1, one.one, one.here, 1), (2, one.other, one.there, one.times))
    for side, table, items, times in sides:
        quasi = [*table.quasi_identifiers, *(n for other in table.also_against for n in other.knows)]
        names = list(dict.fromkeys(quasi))
        classes = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS c{n}" for n, name in enumerate(names))
        keys = ", ".join(f"q{n}" for n in range(len(items)))
        places = ", ".join(f"{text} AS q{n}" for n, text in enumerate(items))
        order = ", ".join(f"c{n}" for n in range(len(names)))
        rows = run(
            connection,
            f"""
            WITH sized AS (
                SELECT {places}, {classes}, count(*) / {times} AS n
                FROM {published[table.resource]}
                GROUP BY ALL
            ),
            running AS (
                SELECT h.*, t.lacks + sum(h.n) OVER (
                    PARTITION BY {", ".join(f"h.q{n}" for n in range(len(items)))}
                    ORDER BY h.n, {", ".join(f"h.c{n}" for n in range(len(names)))}
                ) - h.n AS before, t.rest
                FROM sized h JOIN siblings_apart t
                    ON {_keys(len(items))} AND (t.short = {side} OR t.rest < {one.k})
            )
            SELECT DISTINCT {order} FROM running
            WHERE before < {one.k} OR rest < {one.k}
            ORDER BY ALL
            """,
            doing=f"choosing what leaves {table.resource}, too ({keys})",
        ).fetchall()
        if rows:
            found[table.resource] = [tuple(row) for row in rows]
    return found
