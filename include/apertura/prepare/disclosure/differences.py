"""Two versions of one table held against each other: nobody's record may follow from their difference.

Rows: class counts at the finest level that both versions have must differ by nothing or by k at least, and
those who came to a class, or left it, are held to its models (`arrivals`). Counts: a cell that one version
hides may not follow from what the other tells.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Counts, Microdata
from apertura.prepare.columns import published_type
from apertura.prepare.disclosure import arrivals
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.joins import sensitive_names
from apertura.prepare.disclosure.recoded import coarser, in_order, published_level
from apertura.prepare.engine import quoted, run


@dataclass(frozen=True)
class Difference:
    """Classes or cells compared, those that tell of few people, and columns that cannot be compared.

    `unfit`: their labels are of no level of today's hierarchy. `gone`: the older version does not have them
    under today's name. Either way nothing was compared. `moved`: cells that both versions publish, with
    counts that differ by 1 … threshold-1: in one table alone they tell only that somebody came or went.
    """

    compared: int
    telling: int
    unfit: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    moved: int = 0


def names_of(connection: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    """The columns of a relation."""
    rows = run(connection, f"DESCRIBE SELECT * FROM {relation}", doing="reading the columns of a version")
    return {str(row[0]) for row in rows.fetchall()}


def known_names(table: Microdata) -> list[str]:
    """All columns that some adversary knows, without those that another must not learn."""
    hidden = sensitive_names(table)
    names = [*table.quasi_identifiers, *(name for one in table.also_against for name in one.knows)]
    quasi = set(table.quasi_identifiers)
    return [name for name in dict.fromkeys(names) if name in quasi or name not in hidden]


def of_rows(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    table: Microdata,
    old: str,
    new: str,
    *,
    weight: str = "1",
    new_columns: Set[str] = frozenset(),
    raw: str | None = None,
) -> Difference:
    """Compare the classes of two versions. `weight`: SQL of how many rows one row of `old` stands for.

    `new_columns`: those of which a person says that the older version had them under no name. `raw`: the rows
    of `new` at level 0, where `unit` tells whose each is; without it nobody can be counted.
    """
    there = names_of(connection, old)
    new_ones = new_columns - there
    knows = [name for name in known_names(table) if name not in new_ones]
    watched = sorted(sensitive_names(table) - new_ones)
    # A column that is not there may have had another name: leaving it out would compare too little.
    gone = [name for name in [*knows, *watched] if name not in there]
    if gone:
        return Difference(0, 0, gone=tuple(dict.fromkeys(gone)))
    labels: dict[str, arrivals.Labels] = {}
    unfit = []
    for name in knows:
        field = resource.field(name)
        levels = published_level(connection, old, field), published_level(connection, new, field)
        if levels[0] is None or levels[1] is None:
            unfit.append(name)
            continue
        common = max(levels[0], levels[1])
        labels[name] = arrivals.Labels(
            coarser(field, levels[0], common, quoted(name)),
            coarser(field, levels[1], common, quoted(name)),
            label(field, common, quoted(name)),
            in_order(field, common, "value"),
        )
    if unfit:
        return Difference(0, 0, tuple(unfit))
    for name in set(watched) - set(knows):  # only sensitive: published as it is, without a hierarchy
        field, text = resource.field(name), f"CAST({quoted(name)} AS VARCHAR)"
        told = f"CAST(CAST({quoted(name)} AS {published_type(field)}) AS VARCHAR)"
        labels[name] = arrivals.Labels(text, text, told, in_order(field, 0, "value"))
    versions = arrivals.Versions(old, new, weight, raw, labels)
    compared, telling = 0, 0
    for look in arrivals.looks(table, knows, watched):
        one = arrivals.classes(connection, versions, look, table.unit)
        compared, telling = max(compared, one[0]), max(telling, one[1])
    return Difference(compared, telling)


def lacking(model: Counts, there: set[str]) -> tuple[str, ...]:
    """Columns of a table of counts that a version with the columns `there` does not have under their name."""
    return tuple(
        name for name in (*(one.field for one in model.dimensions), model.count) if name not in there
    )


def of_counts(
    connection: duckdb.DuckDBPyConnection, model: Counts, old: str, new: str, raw: str | None
) -> Difference:
    """Compare the cells of two versions.

    Tells: a cell hidden now that the older version publishes (with `raw`, the true counts: only when it still
    is that count and a small one), and a cell hidden there that is the only one left unknown of a line when
    those that are published now are filled in.
    """
    there = names_of(connection, old)
    gone = lacking(model, there)
    if gone:
        return Difference(0, 0, gone=gone)
    dimensions = [quoted(one.field) for one in model.dimensions]
    count = quoted(model.count)
    items = ", ".join(f"CAST({name} AS VARCHAR) AS q{n}" for n, name in enumerate(dimensions))
    on = " AND ".join(f"o.q{n} IS NOT DISTINCT FROM n.q{n}" for n in range(len(dimensions)))
    state = quoted(f"{model.count}_estado")
    hidden_there = f"{state} = 'suprimido'" if f"{model.count}_estado" in there else f"{count} IS NULL"
    true_counts = f"SELECT {items}, any_value({count}) AS truth FROM {raw or new} GROUP BY ALL"
    run(
        connection,
        f"""
        CREATE OR REPLACE TEMP TABLE attack_cells AS
        SELECT {", ".join(f"o.q{n}" for n in range(len(dimensions)))},
            o.told AS old, o.hidden AS hidden_old, n.told AS new, n.hidden AS hidden_new, t.truth
        FROM (SELECT {items}, {count} AS told, coalesce({hidden_there}, false) AS hidden FROM {old}) o
        JOIN (SELECT {items}, {count} AS told, coalesce({state} = 'suprimido', false) AS hidden FROM {new}) n
            ON {on}
        LEFT JOIN ({true_counts}) t ON {on.replace("n.q", "t.q")}
        """,
        doing="comparing the cells of two versions",
    )
    known = "hidden_new AND old IS NOT NULL"
    if raw is not None:
        known += f" AND old = truth AND truth BETWEEN 1 AND {model.threshold - 1}"
    [row] = run(
        connection,
        f"SELECT count(*), count(*) FILTER (WHERE {known}), "
        f"count(*) FILTER (WHERE abs(new - old) BETWEEN 1 AND {model.threshold - 1}) FROM attack_cells",
        doing="comparing cells",
    ).fetchall()
    compared, telling, moved = (int(count) for count in row)
    for place in range(len(dimensions)):
        others = [f"q{n}" for n in range(len(dimensions)) if n != place]
        [line] = run(
            connection,
            f"""
            SELECT count(*) FROM (
                SELECT
                    count(*) FILTER (WHERE hidden_old AND new IS NOT NULL) AS filled,
                    count(*) FILTER (WHERE hidden_old AND new IS NULL) AS left_over
                FROM attack_cells
                GROUP BY {", ".join(others) if others else "ALL"}
            ) WHERE filled > 0 AND left_over = 1
            """,
            doing="comparing the lines of two versions",
        ).fetchall()
        telling += int(line[0])
    run(connection, "DROP TABLE attack_cells", doing="comparing cells")
    return Difference(compared, telling, moved=moved)
