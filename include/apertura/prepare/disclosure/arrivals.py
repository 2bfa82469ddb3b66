"""Who came to a class, or left it, between two versions: a smaller crowd inside of it, which both tell of.

Whoever knows that somebody came with the newer version looks for them among the newcomers alone. So these are
k at least, counted by people where the table says whose its rows are, and as unlike each other as the model
asks of a class (Xiao and Tao 2007, m-invariance, for the attack); so are those who left a class that stays.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); numbers are the contract's)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from apertura.contract.privacy import Microdata, Sensitive, Unit
from apertura.prepare.disclosure.models import EXACT
from apertura.prepare.engine import quoted, run


@dataclass(frozen=True)
class Labels:
    """SQL text of a column at the level that both versions have: in the older, the newer, the raw one."""

    old: str
    new: str
    raw: str


@dataclass(frozen=True)
class Versions:
    """What is compared, each as it can stand after FROM; `weight`: how many rows one row of `old` stands for.

    `raw`: the rows of `new` at level 0; None where nobody has them. `labels`: by name of the column.
    """

    old: str
    new: str
    weight: str
    raw: str | None
    labels: Mapping[str, Labels]


@dataclass(frozen=True)
class Look:
    """What somebody knows, and the sensitive column that they look at; `asked`: what its model asks there."""

    knows: tuple[str, ...]
    k: int
    value: str | None = None
    asked: Sensitive | None = None


def looks(table: Microdata, knows: Sequence[str], watched: Sequence[str]) -> Iterator[Look]:
    """All known columns together, then each adversary's own: who knows less may be certain of more.

    `knows` and `watched` are those columns that both versions have.
    """
    own = {one.field: one for one in table.sensitive}
    yield Look(tuple(knows), table.k)
    for name in watched:
        yield Look(tuple(knows), table.k, name, own.get(name))
    adversaries = [(table.quasi_identifiers, table.k, table.sensitive)]
    adversaries += [(one.knows, one.k, one.sensitive) for one in table.also_against]
    for names, k, sensitive in adversaries if table.also_against else []:
        known = tuple(name for name in names if name in knows)
        yield Look(known, k)
        for asked in sensitive:
            if asked.field in watched:
                yield Look(known, k, asked.field, asked)


def classes(
    connection: duckdb.DuckDBPyConnection, versions: Versions, look: Look, unit: Unit | None
) -> tuple[int, int]:
    """Classes compared, and those whose newcomers or leavers are too few, or too much alike."""
    keys = ", ".join(_keys(look))
    telling = [f"{moved} BETWEEN 1 AND {look.k - 1}" for moved in ("difference", "added", "removed")]
    telling += [_alike("added", "old", look.asked), _alike("removed", "new", look.asked)]
    crowd = ""
    if unit is not None and unit.columns:
        # Whose the rows were that left, no version tells: they may all have been somebody's.
        telling.append("(new > 0 AND removed > 0)")
        telling.append(
            f"(old > 0 AND added > 0{' AND added <= coalesce(few, added)' if versions.raw else ''})"
        )
        if versions.raw:
            on = " AND ".join(f"c.{key} IS NOT DISTINCT FROM p.{key}" for key in _keys(look))
            crowd = f"LEFT JOIN ({_few(versions, look, unit)}) p ON {on}"
    [row] = run(
        connection,
        f"""
        WITH both_versions AS (
            SELECT {keys}, value, n AS old, 0 AS new FROM ({_side(versions, look, new=False)})
            UNION ALL
            SELECT {keys}, value, 0, n FROM ({_side(versions, look, new=True)})
        ),
        valued AS (
            SELECT {keys}, value, sum(old) AS old, sum(new) AS new, sum(new) - sum(old) AS change
            FROM both_versions GROUP BY {keys}, value
        ),
        classes AS (
            SELECT
                {keys}, sum(old) AS old, sum(new) AS new, abs(sum(change)) AS difference,
                {_moved("added", "change")}, {_moved("removed", "-change")}
            FROM valued GROUP BY {keys}
        )
        SELECT count(*), count(*) FILTER (WHERE {" OR ".join(telling)}) FROM classes c {crowd}
        """,
        doing="comparing the classes of two versions",
    ).fetchall()
    return int(row[0]), int(row[1])


def _keys(look: Look) -> list[str]:
    return [f"q{number}" for number in range(max(len(look.knows), 1))]


def _side(versions: Versions, look: Look, *, new: bool) -> str:
    """One version's rows: the labels of what is known, the sensitive value, how many rows each stands for."""
    value = "CAST(NULL AS VARCHAR)"
    if look.value is not None:
        one = versions.labels.get(look.value)
        plain = f"CAST({quoted(look.value)} AS VARCHAR)"
        value = plain if one is None else one.new if new else one.old
    known = [versions.labels[name] for name in look.knows]
    texts = [one.new if new else one.old for one in known] or ["0"]
    items = ", ".join(f"{text} AS {key}" for text, key in zip(texts, _keys(look), strict=True))
    relation, weight = (versions.new, "1") if new else (versions.old, versions.weight)
    return f"SELECT {items}, {value} AS value, {weight} AS n FROM {relation}"


def _moved(name: str, change: str) -> str:
    """SQL items: the rows that came (or left), how many known values they have, the rows of the commonest."""
    moved = f"{change} > 0"
    return (
        f"coalesce(sum({change}) FILTER ({moved}), 0) AS {name}, "
        f"count(*) FILTER ({moved} AND value IS NOT NULL) AS kinds_{name}, "
        f"coalesce(max({change}) FILTER ({moved} AND value IS NOT NULL), 0) AS most_{name}"
    )


def _alike(moved: str, stays: str, asked: Sensitive | None) -> str:
    """SQL: of a class that is there before and after, those who moved are more alike than a class may be.

    A missing value is none (`models`). Nobody asks less than that not all have one value.
    """
    rules = [f"most_{moved} >= {moved}"]
    if asked is not None and asked.distinct_l is not None:
        rules.append(f"kinds_{moved} BETWEEN 1 AND {asked.distinct_l - 1}")
    if asked is not None and asked.largest_share is not None:
        rules.append(f"most_{moved} > {asked.largest_share!r} * {moved} + {EXACT!r}")
    return f"({stays} > 0 AND {moved} > 0 AND ({' OR '.join(rules)}))"


def _few(versions: Versions, look: Look, unit: Unit) -> str:
    """SQL: of each class the rows that fewer than k people may have there, with those of nobody known."""
    keys = ", ".join(_keys(look))
    texts = [versions.labels[name].raw for name in look.knows] or ["0"]
    items = ", ".join(f"{text} AS {key}" for text, key in zip(texts, _keys(look), strict=True))
    whose = " || chr(31) || ".join(quoted(name) for name in unit.columns)  # NULL when any is missing
    each = f"SELECT {items}, {whose} AS person, count(*) AS n FROM {versions.raw} GROUP BY ALL"
    placed = (
        f"SELECT *, row_number() OVER (PARTITION BY {keys}, person IS NULL ORDER BY n DESC) AS place "
        f"FROM ({each})"
    )
    return (
        f"SELECT {keys}, coalesce(sum(n) FILTER (person IS NULL OR place < {look.k}), 0) AS few "
        f"FROM ({placed}) GROUP BY {keys}"
    )
