"""Two versions of one table held against each other: nobody's record may follow from their difference.

Rows: class counts at the finest level that both versions have must differ by nothing or by k at least, and
what was added to a class may not all have one sensitive value (Xiao and Tao 2007, m-invariance, for the
attack). Counts: a cell that one version hides may not follow from what the other tells.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Counts, Microdata
from apertura.prepare.disclosure.joins import sensitive_names
from apertura.prepare.disclosure.recoded import coarser, published_level
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
) -> Difference:
    """Compare the classes of two versions. `weight`: SQL of how many rows one row of `old` stands for.

    `new_columns`: those of which a person says that the older version had them under no name.
    """
    there = names_of(connection, old)
    new_ones = new_columns - there
    knows = [name for name in known_names(table) if name not in new_ones]
    watched = sorted(sensitive_names(table) - new_ones)
    # A column that is not there may have had another name: leaving it out would compare too little.
    gone = [name for name in [*knows, *watched] if name not in there]
    if gone:
        return Difference(0, 0, gone=tuple(dict.fromkeys(gone)))
    before, after, unfit = [], [], []
    for name in knows:
        field = resource.field(name)
        levels = published_level(connection, old, field), published_level(connection, new, field)
        if levels[0] is None or levels[1] is None:
            unfit.append(name)
            continue
        common = max(levels[0], levels[1])
        before.append(coarser(field, levels[0], common, quoted(name)))
        after.append(coarser(field, levels[1], common, quoted(name)))
    if unfit:
        return Difference(0, 0, tuple(unfit))
    compared, telling = 0, 0
    for value in [*watched, None]:
        one = _classes(connection, (before, after), (old, new), value, table.k, weight)
        compared, telling = max(compared, one[0]), max(telling, one[1])
    return Difference(compared, telling)


def _classes(
    connection: duckdb.DuckDBPyConnection,
    labels: tuple[list[str], list[str]],
    relations: tuple[str, str],
    value: str | None,
    k: int,
    weight: str,
) -> tuple[int, int]:
    """Classes compared by one sensitive column, and those that tell of 1 … k-1 people or of one value."""
    sensitive = f"CAST({quoted(value)} AS VARCHAR)" if value else "CAST(NULL AS VARCHAR)"

    def side(expressions: list[str], relation: str, weighted: str) -> str:
        items = ", ".join(f"{one} AS q{n}" for n, one in enumerate(expressions)) or "0 AS q0"
        return f"SELECT {items}, {sensitive} AS value, {weighted} AS n FROM {relation}"

    width = max(len(labels[0]), 1)
    keys = ", ".join(f"q{n}" for n in range(width))
    [row] = run(
        connection,
        f"""
        WITH both_versions AS (
            SELECT {keys}, value, n AS old, 0 AS new FROM ({side(labels[0], relations[0], weight)})
            UNION ALL
            SELECT {keys}, value, 0, n FROM ({side(labels[1], relations[1], "1")})
        ),
        valued AS (
            SELECT {keys}, value, sum(old) AS old, sum(new) - sum(old) AS change FROM both_versions
            GROUP BY {keys}, value
        ),
        classes AS (
            SELECT
                sum(old) AS old,
                abs(sum(change)) AS difference,
                coalesce(sum(change) FILTER (WHERE change > 0), 0) AS added,
                coalesce(-sum(change) FILTER (WHERE change < 0), 0) AS removed,
                count(*) FILTER (WHERE change > 0) AS kinds_added,
                count(*) FILTER (WHERE change > 0 AND value IS NOT NULL) AS told_added
            FROM valued
            GROUP BY {keys}
        )
        SELECT count(*), count(*) FILTER (WHERE
            difference BETWEEN 1 AND {k - 1}
            OR added BETWEEN 1 AND {k - 1}
            OR removed BETWEEN 1 AND {k - 1}
            OR (old > 0 AND added > 0 AND kinds_added = 1 AND told_added = 1)
        )
        FROM classes
        """,
        doing="comparing the classes of two versions",
    ).fetchall()
    return int(row[0]), int(row[1])


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
