"""What is left to use: how well totals and tables survive the protection, and what each column lost."""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from itertools import combinations
from typing import Any

import duckdb

from apertura.contract import FieldSpec, Resource
from apertura.prepare.disclosure.hierarchy import label
from apertura.prepare.disclosure.recoded import published_level
from apertura.prepare.engine import quoted, run

_MOST_CATEGORIES = 400
"""Columns with more published values are no table that anybody reads."""

_MOST_PAIRS = 45


def measure(
    connection: duckdb.DuckDBPyConnection, raw: str, published: str, resource: Resource
) -> dict[str, Any]:
    """How useful `published` still is beside `raw` (both stand after FROM; raw is typed, at level 0).

    {"rows_kept": share of rows, "columns": {field: {"information_lost": 1 - entropy after / before, 0 … 1,
    "missing_added": share of published rows}}, "one_way": {field: mean relative error of its counts},
    "two_way": {"tables", "error"}, "totals": {field: relative error of the sum}}. Counts of the raw table are
    taken at the published level, so that the error is that of suppression; generalising is in
    `information_lost`. Shares are rounded to four digits and no category is named.
    """
    fields = [field for field in resource.published_fields if not field.late]
    before, after = _rows(connection, raw), _rows(connection, published)
    levels = {field.name: published_level(connection, published, field) or 0 for field in fields}
    shown = {
        field.name: (label(field, levels[field.name], quoted(field.name)), _text(field)) for field in fields
    }
    columns: dict[str, dict[str, float]] = {}
    for field in fields:
        lost, added = _column(connection, raw, published, field)
        columns[field.name] = {"information_lost": lost, "missing_added": added}
    tabled = [
        field
        for field in fields
        if _is_category(field) and _categories(connection, published, field) <= _MOST_CATEGORIES
    ]
    one_way = {field.name: _error(connection, raw, published, [shown[field.name]]) for field in tabled}
    pairs = list(combinations(tabled, 2))[:_MOST_PAIRS]
    errors = [_error(connection, raw, published, [shown[a.name], shown[b.name]]) for a, b in pairs]
    return {
        "rows_kept": round(after / before, 4) if before else 1.0,
        "columns": columns,
        "one_way": one_way,
        "two_way": {"tables": len(pairs), "error": round(sum(errors) / len(errors), 4) if errors else 0.0},
        "totals": {
            field.name: _total(connection, raw, published, field)
            for field in fields
            if field.published_type in ("integer", "number") and not _is_category(field)
        },
    }


def _is_category(field: FieldSpec) -> bool:
    count = field.treatment == "suppress" and field.type in ("integer", "number")
    return not count and field.published_type not in ("number", "datetime")


def _text(field: FieldSpec) -> str:
    return f"CAST({quoted(field.name)} AS VARCHAR)"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    [row] = run(connection, sql, doing="measuring what is left to use").fetchall()
    return tuple(row)


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(_one(connection, f"SELECT count(*) FROM {relation}")[0] or 0)


def _categories(connection: duckdb.DuckDBPyConnection, relation: str, field: FieldSpec) -> int:
    return int(_one(connection, f"SELECT count(DISTINCT {quoted(field.name)}) FROM {relation}")[0] or 0)


def _column(
    connection: duckdb.DuckDBPyConnection, raw: str, published: str, field: FieldSpec
) -> tuple[float, float]:
    name = quoted(field.name)
    entropy = f"SELECT coalesce(entropy({name}), 0), count(*) - count({name}), count(*) FROM "
    before, missing, rows = _one(connection, entropy + raw)
    after, missing_after, rows_after = _one(connection, entropy + published)
    lost = 1 - after / before if before else 0.0
    added = (missing_after / rows_after if rows_after else 0.0) - (missing / rows if rows else 0.0)
    return round(min(1.0, max(0.0, lost)), 4), round(max(0.0, added), 4)


def _error(
    connection: duckdb.DuckDBPyConnection, raw: str, published: str, shown: list[tuple[str, str]]
) -> float:
    """Mean over the raw table's groups of |published - raw| / raw."""
    known = ", ".join(f"{expression} AS q{n}" for n, (expression, _) in enumerate(shown))
    seen = ", ".join(f"{text} AS q{n}" for n, (_, text) in enumerate(shown))
    on = " AND ".join(f"r.q{n} IS NOT DISTINCT FROM p.q{n}" for n in range(len(shown)))
    row = _one(
        connection,
        f"SELECT avg(abs(coalesce(p.n, 0) - r.n) / r.n) FROM "
        f"(SELECT {known}, count(*) AS n FROM {raw} GROUP BY ALL) r LEFT JOIN "
        f"(SELECT {seen}, count(*) AS n FROM {published} GROUP BY ALL) p ON {on}",
    )
    return round(float(row[0] or 0.0), 4)


def _total(connection: duckdb.DuckDBPyConnection, raw: str, published: str, field: FieldSpec) -> float:
    name = quoted(field.name)
    before = _one(connection, f"SELECT CAST(sum({name}) AS DOUBLE) FROM {raw}")[0]
    after = _one(connection, f"SELECT CAST(sum({name}) AS DOUBLE) FROM {published}")[0]
    return round(abs(float(after or 0) - float(before)) / abs(float(before)), 4) if before else 0.0
