"""Who came to a class, or left it, between two versions: a smaller crowd inside of it, which both tell of.

Whoever knows that somebody came with the newer version looks for them among the newcomers alone. So these are
k at least, counted by people where the table says whose its rows are, and as unlike each other as the model
asks of a class (Xiao and Tao 2007, m-invariance, for the attack); so are those who left a class that stays.
t is asked in full, of few newcomers too: to whoever knows that somebody came they are the class.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); numbers are the contract's)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from apertura.contract.privacy import Microdata, Sensitive, Unit
from apertura.prepare.disclosure.classes import Flags, summed
from apertura.prepare.disclosure.models import refused, spread_over
from apertura.prepare.engine import literal, quoted, run


@dataclass(frozen=True)
class Labels:
    """SQL text of a column at the level that both versions have: in the older, the newer, the raw one.

    `order`: what such a label, in a column `value`, is ordered by.
    """

    old: str
    new: str
    raw: str
    order: str


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
    telling = [f"{moved} BETWEEN 1 AND {look.k - 1}" for moved in ("difference", "added", "removed")]
    # Nobody asks less than that not all who moved have one value, where others stay; a missing one is none.
    telling += ["(old > 0 AND added > 0 AND most_added >= added)"]
    telling += ["(new > 0 AND removed > 0 AND most_removed >= removed)"]
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
    _group(connection, versions, look)
    keys = ", ".join(_keys(look))
    found = run(
        connection,
        f"""
        WITH classes AS (
            SELECT
                id, {keys}, sum(old) AS old, sum(new) AS new, abs(sum(change)) AS difference,
                {_moved("added", "change")}, {_moved("removed", "-change")}
            FROM attack_moved GROUP BY id, {keys}
        )
        SELECT ({" OR ".join(telling)}) AS tells, old > 0 AS was, new > 0 AS stays
        FROM classes c {crowd} ORDER BY id
        """,
        doing="comparing the classes of two versions",
    ).fetchnumpy()
    tells, was, stays = (np.asarray(found[name], dtype=np.bool_) for name in ("tells", "was", "stays"))
    if look.asked is not None and look.value is not None:
        labels = versions.labels[look.value]
        raw = f"SELECT {labels.raw} AS value, 1 AS n FROM {versions.raw}"
        everybody = raw if versions.raw else _side(versions, look, new=True)
        tells = tells | (was & _alike(connection, look.asked, labels, "change", everybody, len(tells)))
        everybody = _side(versions, look, new=False)  # of the older table before suppression nothing is left
        tells = tells | (stays & _alike(connection, look.asked, labels, "-change", everybody, len(tells)))
    run(connection, "DROP TABLE attack_moved", doing="comparing the classes of two versions")
    return len(tells), int(np.count_nonzero(tells))


def _group(connection: duckdb.DuckDBPyConnection, versions: Versions, look: Look) -> None:
    """The table attack_moved: each class (numbered 0, 1 …) and value with its rows in both versions."""
    keys = ", ".join(_keys(look))
    run(
        connection,
        f"""
        CREATE OR REPLACE TEMP TABLE attack_moved AS
        SELECT
            dense_rank() OVER (ORDER BY {keys}) - 1 AS id, {keys}, value,
            sum(old) AS old, sum(new) AS new, CAST(sum(new) - sum(old) AS BIGINT) AS change
        FROM (
            SELECT {keys}, value, n AS old, 0 AS new FROM ({_side(versions, look, new=False)})
            UNION ALL
            SELECT {keys}, value, 0, n FROM ({_side(versions, look, new=True)})
        )
        GROUP BY {keys}, value
        """,
        doing="comparing the classes of two versions",
    )


def _keys(look: Look) -> list[str]:
    return [f"q{number}" for number in range(max(len(look.knows), 1))]


def _side(versions: Versions, look: Look, *, new: bool) -> str:
    """One version's rows: the labels of what is known, the sensitive value, how many rows each stands for."""
    value = "CAST(NULL AS VARCHAR)"
    if look.value is not None:
        one = versions.labels[look.value]
        value = one.new if new else one.old
    known = [versions.labels[name] for name in look.knows]
    texts = [one.new if new else one.old for one in known] or ["0"]
    items = ", ".join(f"{text} AS {key}" for text, key in zip(texts, _keys(look), strict=True))
    relation, weight = (versions.new, "1") if new else (versions.old, versions.weight)
    return f"SELECT {items}, {value} AS value, {weight} AS n FROM {relation}"


def _moved(name: str, change: str) -> str:
    """SQL items: the rows that came (or left), and of those with the commonest known value how many."""
    moved = f"{change} > 0"
    return (
        f"coalesce(sum({change}) FILTER ({moved}), 0) AS {name}, "
        f"coalesce(max({change}) FILTER ({moved} AND value IS NOT NULL), 0) AS most_{name}"
    )


def _alike(
    connection: duckdb.DuckDBPyConnection,
    asked: Sensitive,
    labels: Labels,
    change: str,
    everybody: str,
    number: int,
) -> Flags:
    """Of each of `number` classes: are those who moved more alike, or less like all, than a class may be.

    They are judged as a class is (`models`), by rows. `everybody`: SELECT of (value, n) whose distribution
    t compares with.
    """
    order = [labels.order]
    if asked.order is not None:
        listed = ", ".join(literal(value) for value in asked.order)
        order.insert(0, f"nullif(list_position([{listed}], value), 0)")
    by = ", ".join(f"{one} NULLS LAST" for one in ["CAST(value IS NULL AS INTEGER)", *order, "value"])
    moved = f"FROM attack_moved WHERE {change} > 0"
    run(
        connection,
        f"""
        CREATE OR REPLACE TEMP TABLE attack_places AS
        SELECT value, CAST(n AS BIGINT) AS n, row_number() OVER (ORDER BY {by}) - 1 AS place
        FROM (
            SELECT value, sum(n) AS n
            FROM (SELECT value, n FROM ({everybody}) UNION ALL SELECT DISTINCT value, 0 {moved})
            GROUP BY value
        )
        """,
        doing="ordering what may be learned",
    )
    doing = "looking at who came and who left"
    values = run(
        connection, "SELECT n, value IS NULL AS missing FROM attack_places ORDER BY place", doing=doing
    ).fetchnumpy()
    pairs = run(
        connection,
        f"SELECT id, place, {change} AS n FROM (SELECT * {moved}) m "
        "JOIN attack_places p ON m.value IS NOT DISTINCT FROM p.value",
        doing=doing,
    ).fetchnumpy()
    run(connection, "DROP TABLE attack_places", doing=doing)
    ids, places, counts, total = (
        np.asarray(one, dtype=np.int64) for one in (pairs["id"], pairs["place"], pairs["n"], values["n"])
    )
    missing = np.flatnonzero(np.asarray(values["missing"], dtype=np.bool_))
    found = spread_over(
        ids, places, counts, number, total / max(1, total.sum()), asked,
        missing=int(missing[0]) if len(missing) else -1,
    )  # fmt: skip
    return np.asarray(refused(found, asked, only_distinct=False) & (summed(ids, number, counts) > 0))


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
