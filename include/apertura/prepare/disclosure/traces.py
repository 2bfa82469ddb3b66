"""What a table tells beside its values: the order of its rows, row numbers, sizes of pseudonyms' groups."""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from apertura.contract import Resource
from apertura.prepare.disclosure.attack import Attack, about, outcome
from apertura.prepare.engine import quoted, run


def row_order(connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource) -> Attack:
    """Whether the order of the written rows tells anything that their published columns do not.

    It does unless they are sorted by the declared key and then all other published columns, missing first.
    `relation` is the table as it was written, such as `read_parquet('…')`.
    """
    names = [quoted(field.name) for field in resource.published_fields]
    first = [quoted(name) for name in resource.primaryKey]
    order = ", ".join(f"{name} NULLS FIRST" for name in [*first, *(n for n in names if n not in first)])
    [row] = run(
        connection,
        f"""
        WITH numbered AS (SELECT *, row_number() OVER () AS "attack:place" FROM {relation}),
        ranked AS (
            SELECT "attack:place" AS place, dense_rank() OVER (ORDER BY {order}) AS rank FROM numbered
        ),
        steps AS (SELECT rank, lag(rank) OVER (ORDER BY place) AS before FROM ranked)
        SELECT count(*), count(*) FILTER (WHERE rank < before) FROM steps
        """,
        doing="looking at the order of rows",
    ).fetchall()
    tried, succeeded = row
    told = (
        "El orden de las filas no es el de sus columnas publicadas."
        if succeeded
        else f"Unas {about(tried)} filas, ordenadas por sus propias columnas: su orden no dice nada más."
    )
    return Attack(
        "row-order",
        "Orden de las filas",
        "El orden en que la institución guarda sus registros.",
        (resource.name,),
        int(tried),
        int(succeeded),
        told,
        passed=not succeeded,
        remedy="clear the run from its protect task; if it stays, report it to the maintainers",
    )


def row_numbers(connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource) -> Attack:
    """Whether a published column numbers the rows: it would tell their order in the source."""
    names = [
        field.name
        for field in resource.published_fields
        if field.treatment == "keep" and field.type in ("integer", "string", "number")
    ]
    guilty = []
    for name in names:
        number = f"TRY_CAST(CAST({quoted(name)} AS VARCHAR) AS BIGINT)"
        [row] = run(
            connection,
            "SELECT count(*), count(DISTINCT v), max(v) - min(v) + 1 "
            f"FROM (SELECT {number} AS v FROM {relation})",
            doing=f"looking for row numbers in {name}",
        ).fetchall()
        if row[0] > 1 and row[0] == row[1] == row[2]:
            guilty.append(name)
    return Attack(
        "row-numbers",
        "Números de fila",
        "El número de un registro en el archivo de la institución, o en otra tabla.",
        (resource.name,),
        len(names),
        len(guilty),
        f"Ninguna de las {len(names)} columnas que podrían hacerlo numera las filas."
        if not guilty
        else f"Numeran las filas: {', '.join(guilty)}.",
        passed=not guilty,
        remedy=f"drop {', '.join(guilty)} of {resource.name}: it numbers the rows" if guilty else "",
    )


def pseudonym_sizes(
    connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource, names: Sequence[str], k: int
) -> list[Attack]:
    """For each pseudonym column: whether knowing how many rows a person has is enough to find them."""
    attacks = []
    for name in names:
        [row] = run(
            connection,
            f"""
            WITH sizes AS (
                SELECT count(*) AS n FROM {relation} WHERE {quoted(name)} IS NOT NULL GROUP BY {quoted(name)}
            ),
            alike AS (SELECT n, count(*) AS candidates FROM sizes GROUP BY n)
            SELECT sum(candidates), coalesce(sum(candidates) FILTER (WHERE candidates < {k}), 0),
                min(candidates)
            FROM alike
            """,
            doing=f"looking at the group sizes of {name}",
        ).fetchall()
        tried, succeeded, smallest = row
        tried, succeeded = int(tried or 0), int(succeeded or 0)
        attacks.append(
            Attack(
                "pseudonym-sizes",
                f"Tamaño de los grupos del seudónimo {name}",
                "Cuántos registros tiene una persona.",
                (resource.name,),
                tried,
                succeeded,
                outcome(tried, succeeded, smallest, "seudónimos"),
                smallest,
                passed=not succeeded,
                remedy=f"drop {name} of {resource.name}, or publish fewer rows of the people who have many",
            )
        )
    return attacks
