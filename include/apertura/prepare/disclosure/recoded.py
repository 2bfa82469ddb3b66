"""Published labels read back as an attacker reads them: at which level a column stands, what is coarser.

Nothing here needs the raw table: releases that are compared have only their labels left.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from itertools import pairwise

import duckdb

from apertura.contract import FieldSpec
from apertura.contract.privacy import Level
from apertura.prepare.disclosure.hierarchy import ALL, COUNTRY, depth, label, level_of
from apertura.prepare.engine import literal, quoted, run

_SHAPES = {
    "month": r"\d{4}-(0[1-9]|1[0-2])",
    "quarter": r"\d{4}-T[1-4]",
    "year": r"\d{4}",
    "department": r"\d{2}",
    "region": r"R\d+",
    "country": COUNTRY,
}
_TYPES = {"integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP", "number": "DECIMAL(38, 9)"}


def published_level(connection: duckdb.DuckDBPyConnection, relation: str, field: FieldSpec) -> int | None:
    """The level that all labels of a published column are of; None when there is no such level.

    The coarsest one, where labels are of several: there they mean the same. 0 for a field without
    hierarchy. `relation` is anything that can stand after FROM.
    """
    if not field.hierarchy:
        return 0
    name = f"CAST({quoted(field.name)} AS VARCHAR)"
    levels = range(depth(field), -1, -1)
    misfits = ", ".join(
        f"count(*) FILTER (WHERE v IS NOT NULL AND ({_fits(field, level)}) IS NOT TRUE)" for level in levels
    )
    [row] = run(
        connection,
        f"SELECT {misfits} FROM (SELECT DISTINCT {name} AS v FROM {relation})",
        doing=f"reading the level of {field.name}",
    ).fetchall()
    return next((level for level, count in zip(levels, row, strict=True) if count == 0), None)


def _fits(field: FieldSpec, number: int) -> str:
    level = level_of(field, number)
    if level is None:
        return _fits_itself(field)
    if level.all:
        return f"v = {literal(ALL)}"
    if level.bands is not None:
        return f"v IN ({', '.join(literal(text) for text in band_labels(level.bands))})"
    if level.prefix is not None:
        return f"length(v) <= {level.prefix}"
    if level.map is not None:
        return f"v IN ({', '.join(literal(text) for text in sorted(set(level.map.values())))})"
    return f"regexp_full_match(v, {literal(_SHAPES[str(level.to)])})"


def _fits_itself(field: FieldSpec) -> str:
    first = field.hierarchy[0]
    if field.type in _TYPES:
        return f"TRY_CAST(v AS {_TYPES[field.type]}) IS NOT NULL"
    if first.map is not None:
        return f"v IN ({', '.join(literal(text) for text in first.map)})"
    if first.to in ("region", "country"):  # both can be told of a department's code too
        return r"regexp_full_match(v, '\d{4}|0[1-9]|1\d|2[0-2]')"
    if first.to is not None:
        return r"regexp_full_match(v, '\d{4}')"
    return "true"


def band_labels(bounds: list[int]) -> list[str]:
    """The labels of bands, as the macro band_label writes them."""
    labels = [str(low) if above - 1 == low else f"{low}-{above - 1}" for low, above in pairwise(bounds)]
    return [*labels, f"{bounds[-1]}+"]


def coarser(field: FieldSpec, before: int, after: int, column: str) -> str:
    """SQL text: the label at level `after` of what has the label `column` at level `before`.

    Levels are nested, so any value with that label will do: the expression labels one of them.
    """
    if before == after:
        return f"CAST({column} AS VARCHAR)"
    coarse = level_of(field, after)
    text = f"CAST({column} AS VARCHAR)"
    if coarse is not None and (coarse.all or coarse.to == "country"):
        return f"CASE WHEN {text} IS NOT NULL THEN {literal(ALL if coarse.all else COUNTRY)} END"
    return label(field, after, _one_value(field, level_of(field, before), text))


def in_order(field: FieldSpec, level: int, column: str) -> str:
    """SQL text: what the labels at `level` are ordered by, as the values themselves are.

    It is a value that has the label, of the field's type; NULL where the label is no such value.
    """
    return _one_value(field, level_of(field, level), f"CAST({column} AS VARCHAR)")


def _one_value(field: FieldSpec, level: Level | None, text: str) -> str:
    """SQL: a value of the field's type that has the label `text` at `level`."""
    if level is None:
        return f"TRY_CAST({text} AS {_TYPES[field.type]})" if field.type in _TYPES else text
    if level.bands is not None:
        return f"TRY_CAST(regexp_extract({text}, '^(-?[0-9]+)', 1) AS BIGINT)"
    if level.map is not None:
        one: dict[str, str] = {}
        for value, to in level.map.items():
            one.setdefault(to, value)
        return f"CASE {text} {' '.join(f'WHEN {literal(a)} THEN {literal(b)}' for a, b in one.items())} END"
    if level.to == "month":
        return f"TRY_CAST({text} || '-01' AS DATE)"
    if level.to == "quarter":
        month = (
            f"CASE right({text}, 1) WHEN '1' THEN '01' WHEN '2' THEN '04' WHEN '3' THEN '07' ELSE '10' END"
        )
        return f"TRY_CAST(left({text}, 4) || '-' || {month} || '-01' AS DATE)"
    if level.to == "year":
        return f"TRY_CAST({text} || '-01-01' AS DATE)"
    if level.to == "department":
        return f"({text} || '01')"
    return text
