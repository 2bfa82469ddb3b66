"""Tables held against each other: what a person's record in one table finds in another one.

Columns of two tables tell of one thing when the contract links them (`privacy.links`) or when they have the
same name. They are compared at the finest form that both have: an event's date, say, as the quarter that
stands with a person.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from apertura.contract import FieldSpec, Resource
from apertura.contract.privacy import Level, Link, Microdata, Privacy, Sensitive
from apertura.errors import PrivacyError
from apertura.prepare.disclosure.hierarchy import depth, label, label_of
from apertura.prepare.disclosure.linkage import Found, Prepared, attack, levels_of, prepare
from apertura.prepare.engine import quoted, run


@dataclass(frozen=True)
class Pair:
    """A column here and one there that tell of one thing; what each becomes so that they can be compared."""

    here: FieldSpec
    there: FieldSpec
    compare_here: Level | None = None
    compare_there: Level | None = None


def pairs(links: Sequence[Link], here: Resource, there: Resource) -> list[Pair]:
    """Columns of two tables that tell of one thing: linked ones, then those of one name."""
    found = [
        Pair(
            here.field(link.columns[here.name]),
            there.field(link.columns[there.name]),
            link.compare.get(here.name),
            link.compare.get(there.name),
        )
        for link in links
        if here.name in link.columns and there.name in link.columns
    ]
    used = {one.here.name for one in found} | {one.there.name for one in found}
    for field in here.published_fields:
        twin = next((one for one in there.published_fields if one.name == field.name), None)
        states = field.state_of is not None or (twin is not None and twin.state_of is not None)
        if twin is not None and not states and field.name not in used:
            found.append(Pair(field, twin))
    return found


def sensitive_names(table: Microdata) -> set[str]:
    """Columns that some adversary of a table must not learn."""
    return {one.field for one in table.sensitive} | {
        one.field for adversary in table.also_against for one in adversary.sensitive
    }


def linked_names(privacy: Privacy, resources: Mapping[str, Resource], table: Microdata) -> list[str]:
    """Columns of a table that another table of the dataset tells of too, in the contract's order."""
    here = resources[table.resource]
    named = {
        pair.here.name
        for other in resources.values()
        if other.name != here.name
        for pair in pairs(privacy.links, here, other)
    }
    hidden = sensitive_names(table)
    return [field.name for field in here.published_fields if field.name in named and field.name not in hidden]


def cross(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    published: Mapping[str, str],
    resources: Mapping[str, Resource],
) -> Iterator[tuple[str, str, list[str], Found]]:
    """Each raw record of each table against each other published table of people.

    Answers (table of the record, table attacked, columns attacked with, how it went).
    """
    for table in privacy.tables:
        if not isinstance(table, Microdata):
            continue
        for name in resources:
            if name == table.resource:
                continue
            there, here = resources[table.resource], resources[name]
            hidden = sensitive_names(table)
            shared = [one for one in pairs(privacy.links, here, there) if one.there.name not in hidden]
            if not shared:
                continue
            found = Found(0, 0, None)
            asked: list[Sensitive | None] = [None, *table.sensitive]
            for sensitive in asked:
                prepared = _prepare(
                    connection,
                    shared,
                    (raw[name], raw[table.resource], published[table.resource]),
                    there,
                    sensitive.field if sensitive else None,
                )
                found += attack(connection, prepared, table.k, sensitive)
            yield name, table.resource, [one.there.name for one in shared], found


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    shared: Sequence[Pair],
    relations: tuple[str, str, str],
    there: Resource,
    sensitive: str | None,
) -> Prepared:
    """Both sides over common keys. `relations`: raw here, raw there, published there."""
    raw_here, raw_there, published = relations
    levels = levels_of(connection, published, there, [one.there.name for one in shared])
    known_items: list[str] = []
    seen_items: list[str] = []
    known_joins: list[str] = []
    seen_joins: list[str] = []
    for number, pair in enumerate(shared):
        mine = f"CAST(r.{quoted(pair.here.name)} AS VARCHAR)"
        theirs = f"CAST(p.{quoted(pair.there.name)} AS VARCHAR)"
        form = _common_form(connection, pair, raw_here, raw_there)
        if form is None:
            _refuse_incomparable(connection, pair, there.name, raw_here, raw_there)
            continue
        if (
            form == (0, 0)
            and pair.compare_here is None
            and pair.compare_there is None
            and not levels[pair.there.name]
        ):
            known_items.append(f"{mine} AS {quoted(f'attack:{number}')}")
            seen_items.append(f"{theirs} AS {quoted(f'attack:{number}')}")
            continue
        _key_maps(connection, number, pair, (raw_here, raw_there), form, levels[pair.there.name])
        for items, joins, text, side in (
            (known_items, known_joins, mine, "here"),
            (seen_items, seen_joins, theirs, "there"),
        ):
            items.append(f"m{number}.key AS {quoted(f'attack:{number}')}")
            joins.append(f"LEFT JOIN attack_{side}_{number} m{number} ON m{number}.text = {text}")
    value = f", p.{quoted(sensitive)} AS {quoted(sensitive)}" if sensitive else ""
    names = [item.rpartition(" AS ")[2] for item in known_items]
    items = [f"{name} AS q{number}" for number, name in enumerate(names)] or ["0 AS q0"]
    known = f"(SELECT {', '.join(known_items) or '0'} FROM {raw_here} r {' '.join(known_joins)})"
    seen = f"(SELECT {', '.join(seen_items) or '0'}{value} FROM {published} p {' '.join(seen_joins)})"
    return prepare(connection, items, known, items, seen, sensitive)


def _forms(field: FieldSpec, compare: Level | None) -> list[str]:
    """SQL of what a raw value may be compared as, the finest first."""
    name = quoted(field.name)
    first = label_of(compare, name) if compare is not None else label(field, 0, name)
    above = range(1, depth(field) + 1) if compare is None else ()
    return [first, *(label(field, level, name) for level in above if not field.hierarchy[level - 1].all)]


def _common_form(
    connection: duckdb.DuckDBPyConnection, pair: Pair, raw_here: str, raw_there: str
) -> tuple[int, int] | None:
    """The finest forms in which values of both columns are the same texts; None when there are none."""
    mine = _forms(pair.here, pair.compare_here)
    theirs = _forms(pair.there, pair.compare_there)
    choices = sorted(
        ((i, j) for i in range(len(mine)) for j in range(len(theirs))), key=lambda one: (sum(one), one)
    )
    for i, j in choices:
        [row] = run(
            connection,
            f"SELECT count(*) FROM (SELECT {mine[i]} AS v FROM {raw_here} INTERSECT "
            f"SELECT {theirs[j]} FROM {raw_there}) WHERE v IS NOT NULL",
            doing="comparing linked columns",
        ).fetchall()
        if row[0]:
            return i, j
    return None


def _refuse_incomparable(
    connection: duckdb.DuckDBPyConnection, pair: Pair, there: str, raw_here: str, raw_there: str
) -> None:
    """PrivacyError when both columns have values: then nobody has tried what they tell together.

    Where one of them has none, there is nothing to compare.
    """
    [row] = run(
        connection,
        f"SELECT (SELECT count({quoted(pair.here.name)}) FROM {raw_here}) > 0 "
        f"AND (SELECT count({quoted(pair.there.name)}) FROM {raw_there}) > 0",
        doing="comparing linked columns",
    ).fetchall()
    if row[0]:
        raise PrivacyError(
            f"{pair.there.name} of {there} and {pair.here.name} of another table tell of one thing, and "
            "have no value in common at any level: they cannot be held against each other",
            hint="declare in privacy.links, under `compare`, what their values become so that they agree; "
            "give the columns different names where they tell of different things",
        )


def _key_maps(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    pair: Pair,
    raws: tuple[str, str],
    form: tuple[int, int],
    level: int,
) -> None:
    """Tables attack_here_<n> and attack_there_<n>: value here, label there -> key.

    What has equal keys may be one thing.

    Keys are connected components of (value here) - (common form) - (label there): where one side is coarser
    than the other they are that side's labels.
    """
    here, there = quoted(pair.here.name), quoted(pair.there.name)
    mine = _forms(pair.here, pair.compare_here)[form[0]]
    theirs = _forms(pair.there, pair.compare_there)[form[1]]
    edges_here = _edges(connection, f"CAST({here} AS VARCHAR)", mine, raws[0])
    edges_there = _edges(connection, label(pair.there, level, there), theirs, raws[1])
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for side, edges in (("here", edges_here), ("there", edges_there)):
        for text, common in edges:
            first, second = sorted((root((side, text)), root(("form", common))))
            parent[second] = first
    numbers: dict[tuple[str, str], int] = {}
    for side, edges in (("here", edges_here), ("there", edges_there)):
        texts = sorted({text for text, _ in edges})
        keys = [numbers.setdefault(root((side, text)), len(numbers)) for text in texts]
        table = pa.table({"text": pa.array(texts, pa.string()), "key": pa.array(keys, pa.int64())})
        connection.register("attack_keys", table)
        run(
            connection,
            f"CREATE OR REPLACE TEMP TABLE attack_{side}_{number} AS SELECT * FROM attack_keys",
            doing="keeping the keys of linked columns",
        )
        connection.unregister("attack_keys")


def _edges(
    connection: duckdb.DuckDBPyConnection, text: str, common: str, relation: str
) -> list[tuple[str, str]]:
    rows = run(
        connection,
        f"SELECT DISTINCT {text} AS a, {common} AS b FROM {relation} WHERE a IS NOT NULL AND b IS NOT NULL",
        doing="comparing linked columns",
    ).fetchall()
    return [(str(a), str(b)) for a, b in rows]
