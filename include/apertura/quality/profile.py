"""The figures of a published table: rows, empty cells, totals, shares of categories. Private, exact.

They are of published rows, so whoever has the release can count them; still they are told in reports only
through `quality.counts`, because before a release nobody has.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from apertura.contract import FieldSpec, Resource
from apertura.prepare import engine

FEW_CATEGORIES = 50
"""A text column with more different values has no categories to compare."""

ROWS_PER_CATEGORY = 5
"""Fewer rows for each value, on average, and the values are names rather than categories."""

_SUMMABLE_DIGITS = 30
"""DECIMAL sums are held in 38 digits: up to this precision 10^8 rows cannot overflow them."""

_NUMERIC = ("DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT")
SUPPRESSED, NOT_APPLICABLE = "suprimido", "no_aplica"


@dataclass(frozen=True)
class Measured:
    """One column: cells without value, of these suppressed and not applicable ones; its total as digits."""

    nulls: int
    suppressed: int = 0
    not_applicable: int = 0
    total: str | None = None


@dataclass(frozen=True)
class Profile:
    """One table. `repeated` rows equal another one in every column; None where a key forbids it anyway."""

    rows: int
    columns: dict[str, Measured]
    repeated: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "rows": self.rows,
            "repeated": self.repeated,
            "columns": {name: vars(column).copy() for name, column in self.columns.items()},
        }


def read(document: dict[str, Any], order: list[str]) -> Profile:
    """The profile that `to_json` wrote, its columns in this order: a stored document has lost its own."""
    columns = {name: Measured(**document["columns"][name]) for name in order if name in document["columns"]}
    return Profile(int(document["rows"]), columns, document["repeated"])


def column_types(connection: duckdb.DuckDBPyConnection, relation: str, *, of: str) -> dict[str, str]:
    """Columns of a relation and their SQL types."""
    described = engine.run(connection, f"DESCRIBE SELECT * FROM {relation}", doing=f"describing {of}")
    return {str(row[0]): str(row[1]) for row in described.fetchall()}


def measure(connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource) -> Profile:
    """The profile of a table with (some of) the published columns of `resource`; one pass over it."""
    of = f"the table of {resource.name}"
    types = column_types(connection, relation, of=of)
    fields = [field for field in resource.published_fields if field.name in types]
    states = {field.state_of: field.name for field in fields if field.state_of}
    items = ["count(*)"]
    for field in fields:
        name = engine.quoted(field.name)
        items.append(f"count(*) - count({name})")
        state = engine.quoted(states[field.name]) if field.name in states else None
        for word in (SUPPRESSED, NOT_APPLICABLE):
            test = f"{name} IS NULL AND {state} = {engine.literal(word)}"
            items.append(f"count(*) FILTER (WHERE {test})" if state else "0")
        summed = has_total(field, resource) and types[field.name].startswith(_NUMERIC)
        items.append(f"CAST(sum({name}) AS VARCHAR)" if summed else "NULL")
    if not resource.primaryKey:
        whole = ", ".join(engine.quoted(field.name) for field in fields)
        items.append(f"count(*) - count(DISTINCT hash({whole}))")
    sql = f"SELECT {', '.join(items)} FROM {relation}"
    row = engine.run(connection, sql, doing=f"counting in {of}").fetchone() or ()
    columns = {}
    for number, field in enumerate(fields):
        nulls, suppressed, not_applicable, total = row[1 + 4 * number : 5 + 4 * number]
        columns[field.name] = Measured(int(nulls), int(suppressed), int(not_applicable), total)
    return Profile(int(row[0]), columns, None if resource.primaryKey else int(row[-1]))


def has_total(field: FieldSpec, resource: Resource) -> bool:
    """Whether adding the column up means something: amounts and measures; not codes, years or numbers."""
    if field.name in resource.primaryKey:
        return False
    if field.published_type == "number":
        return field.decimal.precision <= _SUMMABLE_DIGITS
    return field.published_type == "integer" and (field.unit is not None or field.treatment == "suppress")


def has_categories(field: FieldSpec, resource: Resource) -> bool:
    """Whether its values may be categories: not keys, pseudonyms, states or months, which move by nature."""
    if field.name in resource.primaryKey or field.treatment == "pseudonymize" or field.state_of:
        return False
    moves = field.generalize is not None and field.generalize.to in ("year", "month", "quarter")
    moves = moves or any(level.to in ("year", "month", "quarter") for level in field.hierarchy)
    return field.published_type in ("string", "boolean") and not moves


def categories(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str], *, of: str
) -> dict[str, dict[str, int]]:
    """Rows by value of each column that has few values (nulls left out); others are left out."""
    if not columns:
        return {}
    guess = ", ".join(f"approx_count_distinct({engine.quoted(name)})" for name in columns)
    doing = f"counting the categories of {of}"
    about = engine.run(connection, f"SELECT {guess} FROM {relation}", doing=doing).fetchone() or ()
    result: dict[str, dict[str, int]] = {}
    for name, near in zip(columns, about, strict=True):
        if near > 2 * FEW_CATEGORIES:  # the guess is a few per cent off: surely many
            continue
        cell = engine.quoted(name)
        sql = (
            f"SELECT CAST({cell} AS VARCHAR) AS category, count(*) FROM {relation} WHERE {cell} IS NOT NULL "
            f"GROUP BY category ORDER BY category LIMIT {FEW_CATEGORIES + 1}"
        )
        found = engine.run(connection, sql, doing=doing).fetchall()
        if (
            ROWS_PER_CATEGORY * len(found) <= sum(count for _, count in found)
            and len(found) <= FEW_CATEGORIES
        ):
            result[name] = {str(value): int(count) for value, count in found}
    return result
