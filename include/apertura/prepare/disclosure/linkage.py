"""Who can be found: every raw record against the published table, on what an adversary knows of it.

A raw record's candidates are the published rows that agree with it on every known column, as labels. Both
conventions for a suppressed cell are tried: it matches only what is missing too (category), and it matches
everything (wildcard). Source: Samarati 2001 for candidate sets; Machanavajjhala 2007 for certainty.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Sensitive
from apertura.errors import PrivacyError
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.recoded import published_level
from apertura.prepare.engine import quoted, run

MOST_KNOWN = 4
"""Columns known by an adversary who knows a little of anything."""

_SETS_AT_ONCE = 200


@dataclass(frozen=True)
class Found:
    """How an attack went: raw records tried, those that it found, the smallest set of candidates (None: no
    record had candidates)."""

    tried: int
    succeeded: int
    smallest: int | None

    def __add__(self, other: Found) -> Found:
        smallest = [one for one in (self.smallest, other.smallest) if one is not None]
        return Found(
            max(self.tried, other.tried), max(self.succeeded, other.succeeded), min(smallest, default=None)
        )


def levels_of(
    connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource, names: Sequence[str]
) -> dict[str, int]:
    """The level each column is published at; PrivacyError when its labels are of no declared level."""
    levels = {}
    for name in names:
        level = published_level(connection, relation, resource.field(name))
        if level is None:
            raise PrivacyError(
                f"{resource.name}: what would be published in {name} is of no level of its hierarchy",
                hint="clear the run from its clean task; if it stays, report it to the maintainers",
            )
        levels[name] = level
    return levels


def known(resource: Resource, levels: dict[str, int], names: Sequence[str]) -> list[str]:
    """SQL items: the labels that an adversary expects for a raw record, as q0, q1 …"""
    return [
        f"{label(resource.field(name), levels[name], quoted(name))} AS q{number}"
        for number, name in enumerate(names)
    ]


def shown(names: Sequence[str]) -> list[str]:
    """SQL items: the published labels, as q0, q1 …"""
    return [f"CAST({quoted(name)} AS VARCHAR) AS q{number}" for number, name in enumerate(names)]


@dataclass(frozen=True)
class Prepared:
    """Two temporary tables: `known` (id, q…, people) and `seen` (q…, value, n), on `width` columns."""

    known: str
    seen: str
    width: int


def prepare(
    connection: duckdb.DuckDBPyConnection,
    known_items: Sequence[str],
    raw: str,
    shown_items: Sequence[str],
    published: str,
    sensitive: str | None = None,
) -> Prepared:
    """Group both sides once: what adversaries know of raw records, and what is published."""
    value = f"CAST({quoted(sensitive)} AS VARCHAR)" if sensitive else "CAST(NULL AS VARCHAR)"
    width = len(known_items)
    columns = ", ".join(f"q{number}" for number in range(width))
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE attack_known AS SELECT row_number() OVER () AS id, * FROM "
        f"(SELECT {columns}, count(*) AS people "
        f"FROM (SELECT {', '.join(known_items)} FROM {raw}) GROUP BY ALL)",
        doing="grouping what adversaries know",
    )
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE attack_seen AS "
        f"SELECT {columns}, value, count(*) AS n FROM "
        f"(SELECT {', '.join(shown_items)}, {value} AS value FROM {published}) GROUP BY ALL",
        doing="grouping what would be published",
    )
    return Prepared("attack_known", "attack_seen", width)


def _patterns(connection: duckdb.DuckDBPyConnection, table: Prepared) -> list[tuple[bool, ...]]:
    """Which columns are missing together in what is published."""
    flags = ", ".join(f"q{number} IS NULL" for number in range(table.width))
    rows = run(
        connection, f"SELECT DISTINCT {flags} FROM {table.seen}", doing="looking for missing cells"
    ).fetchall()
    return sorted(tuple(bool(flag) for flag in row) for row in rows)


def _candidates(connection: duckdb.DuckDBPyConnection, table: Prepared, *, wildcard: bool) -> Iterator[str]:
    """SELECTs of (id, value, n) that together are all candidates of all records."""
    if not wildcard:
        on = " AND ".join(f"k.q{n} IS NOT DISTINCT FROM s.q{n}" for n in range(table.width))
        yield f"SELECT k.id, s.value, s.n FROM {table.known} k JOIN {table.seen} s ON {on}"
        return
    for pattern in _patterns(connection, table):
        match = [f"k.q{n} = s.q{n}" for n, missing in enumerate(pattern) if not missing]
        shape = [f"s.q{n} IS {'' if missing else 'NOT '}NULL" for n, missing in enumerate(pattern)]
        yield (
            f"SELECT k.id, s.value, s.n FROM {table.known} k JOIN {table.seen} s "
            f"ON {' AND '.join([*match, *shape])}"
        )


def has_missing(connection: duckdb.DuckDBPyConnection, table: Prepared) -> bool:
    """Whether any published cell on the known columns is missing, so that the conventions differ."""
    return any(any(pattern) for pattern in _patterns(connection, table))


def attack(
    connection: duckdb.DuckDBPyConnection, table: Prepared, k: int, sensitive: Sensitive | None = None
) -> Found:
    """Try every record under both conventions.

    Without `sensitive` a record is found when it has 1 … k-1 candidates; with it, when some candidates have
    a value and the most frequent among those is surer than `largest_share` (certain, where none is asked) or
    they hold fewer than `distinct_l` values. Candidates without a value are set aside: somebody may know that
    there is one.
    """
    conventions = [False, True] if has_missing(connection, table) else [False]
    found = [_attack(connection, table, k, sensitive, wildcard=one) for one in conventions]
    worst = found[0]
    for one in found[1:]:
        worst = Found(worst.tried, max(worst.succeeded, one.succeeded), (worst + one).smallest)
    return worst


def _attack(
    connection: duckdb.DuckDBPyConnection,
    table: Prepared,
    k: int,
    sensitive: Sensitive | None,
    *,
    wildcard: bool,
) -> Found:
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE attack_candidates(id BIGINT, value VARCHAR, n BIGINT)",
        doing="matching records",
    )
    for select in _candidates(connection, table, wildcard=wildcard):
        run(connection, f"INSERT INTO attack_candidates {select}", doing="matching records")
    won = f"n < {k}"
    if sensitive is not None:
        share = sensitive.largest_share or 1.0
        surer = ">" if sensitive.largest_share else ">="
        of = "n" if sensitive.largest_share else "known"
        sure = f"most {surer} {share!r} * {of} + {1e-9 if sensitive.largest_share else 0.0}"
        few = f" OR kinds < {sensitive.distinct_l}" if sensitive.distinct_l else ""
        won = f"known > 0 AND ({sure}{few})"
    [row] = run(
        connection,
        f"""
        WITH valued AS (SELECT id, value, sum(n) AS n FROM attack_candidates GROUP BY id, value),
        sets AS (
            SELECT
                id,
                sum(n) AS n,
                coalesce(sum(n) FILTER (WHERE value IS NOT NULL), 0) AS known,
                coalesce(max(n) FILTER (WHERE value IS NOT NULL), 0) AS most,
                count(value) AS kinds
            FROM valued
            GROUP BY id
        )
        SELECT sum(people), coalesce(sum(people) FILTER (WHERE sets.id IS NOT NULL AND ({won})), 0), min(n)
        FROM {table.known} LEFT JOIN sets USING (id)
        """,
        doing="counting candidates",
    ).fetchall()
    tried, succeeded, smallest = row
    return Found(int(tried or 0), int(succeeded), None if smallest is None else int(smallest))


def few_columns(
    connection: duckdb.DuckDBPyConnection, published: str, names: Sequence[str], k: int
) -> tuple[int, Found]:
    """Everything that somebody can know of up to four columns: the groups of every combination.

    Each published group is the candidate set of whoever fits it, in the raw table or not. Answers the
    number of combinations, and of groups tried and found (1 … k-1 rows).
    """
    width = len(names)
    run(
        connection,
        "CREATE OR REPLACE TEMP TABLE attack_groups AS "
        f"SELECT *, count(*) AS n FROM (SELECT {', '.join(shown(names))} FROM {published}) GROUP BY ALL",
        doing="grouping what would be published",
    )
    sets = [
        chosen for size in range(1, min(MOST_KNOWN, width) + 1) for chosen in combinations(range(width), size)
    ]
    total = Found(0, 0, None)
    waiting = iter(sets)
    while batch := list(islice(waiting, _SETS_AT_ONCE)):
        written = ", ".join("(" + ", ".join(f"q{n}" for n in chosen) + ")" for chosen in batch)
        [row] = run(
            connection,
            f"SELECT count(*), count(*) FILTER (WHERE n < {k}), min(n) FROM "
            f"(SELECT sum(n) AS n FROM attack_groups GROUP BY GROUPING SETS ({written}))",
            doing="trying combinations of columns",
        ).fetchall()
        tried, succeeded, smallest = row
        part = Found(int(tried), int(succeeded), None if smallest is None else int(smallest))
        total = Found(total.tried + part.tried, total.succeeded + part.succeeded, (total + part).smallest)
    return len(sets), total
