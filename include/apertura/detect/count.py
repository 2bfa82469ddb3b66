"""How many values of text columns hold data of a person, by kind: counts only, computed inside DuckDB.

Distinct values are looked at once where there are few; where there are many, rows are streamed, so memory
does not grow with the table. Every macro has a cheap first look: a value costs little unless it may hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from apertura.detect.chance import CUI_CHANCE, NIT_CHANCE, above_chance
from apertura.detect.words import expected
from apertura.errors import EngineError
from apertura.prepare.engine import quoted, run

KINDS: tuple[str, ...] = (
    "cui", "nit", "phone", "email", "plate", "passport", "account", "coordinates", "birth_date", "name",
    "address",
)  # fmt: skip
"""What is looked for. `phone` is a mobile; fixed lines are those of offices."""
SECOND: tuple[str, ...] = ("cui_doubtful", "landline")
"""May be asked for, too: a CUI with a wrong check digit; fixed lines and numbers of services."""

FEW = 100_000
"""Up to about so many distinct values are grouped first."""

FAR_ABOVE_CHANCE = 0.2
"""Share of bare numbers that must pass a NIT's check to be taken for NITs; by chance 0.09 do."""

_ASKS_EXPECTED = {"phone", "plate", "passport", "account", "coordinates", "birth_date", "name", "address"}
_MACROS = {kind: f"holds_{kind}" for kind in (*KINDS, *SECOND)} | {"phone": "holds_mobile"}


@dataclass(frozen=True)
class Column:
    """A text column. `words`: its name, title and source's name together; they are its context."""

    name: str
    words: str = ""


@dataclass(frozen=True)
class Count:
    """`rows` values of a column are not null and were looked at; `hits` of them hold one of that kind."""

    column: str
    kind: str
    rows: int
    hits: int


def count_kinds(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    kinds: Sequence[str] = KINDS,
) -> list[Count]:
    """Counts for each column and kind, in that order.

    `relation` is FROM-able SQL; the vocabulary is loaded in the connection. NIT: values after the word, with
    hyphen or K; bare numbers only where the column is named for it or pass far above chance. EngineError when
    a kind is unknown or a column is not there.
    """
    if unknown := set(kinds) - set(_MACROS):
        raise EngineError(f"no such kind of personal data: {', '.join(sorted(unknown))}", hint="see KINDS")
    if not columns or not kinds:
        return []
    distinct = _distinct(connection, relation, columns)
    parts = [
        _values(relation, number, column, kinds, few=count <= FEW)
        for number, (column, count) in enumerate(zip(columns, distinct, strict=True))
    ]
    asked = [f"sum(n) FILTER ({_test(kind)})" for kind in kinds] + _bare_numbers()
    # One query for all columns: to plan all these rules costs more than a small column does.
    select = f"SELECT c, sum(n), {', '.join(asked)} FROM ({' UNION ALL '.join(parts)}) GROUP BY c"  # noqa: S608
    rows = run(connection, select, doing="looking for personal data").fetchall()
    answers = {int(row[0]): [int(count or 0) for count in row[1:]] for row in rows}
    nothing = [0] * (len(asked) + 1)
    return [
        one
        for number, column in enumerate(columns)
        for one in _counts(column, kinds, answers.get(number, nothing))
    ]


def _distinct(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> list[int]:
    asked = ", ".join(f"approx_count_distinct({quoted(column.name)})" for column in columns)
    row = run(connection, f"SELECT {asked} FROM {relation}", doing="counting distinct values").fetchone()  # noqa: S608
    return [int(count) for count in row or ()]


def _values(relation: str, number: int, column: Column, kinds: Sequence[str], *, few: bool) -> str:
    """A column's values `v`, how often each stands there `n`, and what its words make likely."""
    likely = ", ".join(
        f"{'true' if expected(kind, column.words) else 'false'} AS likely_{kind}"
        for kind in kinds
        if kind in _ASKS_EXPECTED
    )
    name = f"CAST({quoted(column.name)} AS VARCHAR)"
    values = f"SELECT {name} AS v, {'count(*)' if few else '1'} AS n FROM {relation} WHERE {name} IS NOT NULL"  # noqa: S608
    values += " GROUP BY 1" if few else ""
    return f"(SELECT {number} AS c, v, n{', ' + likely if likely else ''} FROM ({values}))"  # noqa: S608


def _test(kind: str) -> str:
    return f"{_MACROS[kind]}(v, likely_{kind})" if kind in _ASKS_EXPECTED else f"{_MACROS[kind]}(v)"


def _bare_numbers() -> list[str]:
    """Of a NIT's length, without sign: different ones, those that pass, and in how many rows they stand."""
    bare, passed = "nit_bare(v) IS NOT NULL", "nit_bare(v) IS NOT NULL AND nit(v) IS NOT NULL"
    return [f"count(*) FILTER ({bare})", f"count(*) FILTER ({passed})", f"sum(n) FILTER ({passed})"]


def _counts(column: Column, kinds: Sequence[str], answer: list[int]) -> list[Count]:
    rows, *hits, bare, passed, passed_rows = answer
    found = dict(zip(kinds, hits, strict=True))
    if "nit" in found and (expected("nit", column.words) or _are_nits(bare, passed)):
        found["nit"] += passed_rows
    return [Count(column.name, kind, rows, count) for kind, count in found.items()]


def _are_nits(tried: int, passed: int) -> bool:
    """Whether so many different numbers pass that chance is no explanation. Repeated ones prove nothing."""
    return passed >= tried * FAR_ABOVE_CHANCE and above_chance(tried, passed, NIT_CHANCE)


def cui_above_chance(count: Count) -> bool:
    """Whether a code column holds more valid CUIs than numbers of 13 digits would by chance."""
    return above_chance(count.rows, count.hits, CUI_CHANCE)
