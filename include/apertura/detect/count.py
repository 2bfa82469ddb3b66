"""How many values of text columns hold data of a person, by kind: counts only, computed inside DuckDB.

Distinct values are looked at once where there are few; where there are many, rows are streamed, so memory
does not grow with the table. Every macro has a cheap first look: a value costs little unless it may hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from apertura.detect.chance import CUI_CHANCE, CUI_ODDS, NIT_CHANCE, above_chance, upper_tail
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

FEW = 500_000
"""Up to about so many distinct values are grouped first."""
SMALL = 20_000
"""Columns of up to about so many distinct values are searched in one query."""

FAR_ABOVE_CHANCE = 0.2
"""Share of bare numbers that must pass a NIT's check to be taken for NITs; by chance 0.09 do."""

_ASKS_EXPECTED = {"phone", "plate", "passport", "account", "coordinates", "birth_date", "name", "address"}
_WITHOUT_DIGITS = {"email", "name", "address"}
_MANY_DIGITS = {"cui", "cui_doubtful", "phone", "passport", "account", "coordinates"}
_BARE_IF_LIKELY = {"phone", "passport", "account"}
_BARE_ANYWHERE = {"landline", "birth_date"}
_LOOKS = {
    "digits": "regexp_matches(v, '[0-9０-９]')",
    "many": "regexp_matches(v, '([0-9][^0-9]{0,3}){5}[0-9]|[0-9][Ee][+]?12|%[0-9A-Fa-f]{2}|[０-９]')",
    "bare": "(strlen(v) < 13 AND regexp_full_match(v, ' *[0-9]+ *'))",
}
"""First looks at a value, for all kinds: any digit; six of them near each other, or what may be read as such
(an escape, an exponent: see as_read); only a short number. Each lets through whatever a macro could find."""
SAMPLED = 16
"""One in so many bare numbers of a long column is asked first whether it is a NIT."""
SAMPLED_FROM = 100_000
"""Rows of a long column."""
_SHORTEST = {
    "cui": 8, "cui_doubtful": 8, "nit": 5, "phone": 8, "plate": 6, "passport": 6, "account": 6,
    "coordinates": 7, "birth_date": 6, "landline": 3,
}  # fmt: skip
"""Characters of the shortest value that may hold one."""
_BARE = ("bare", "passed", "passed_rows")
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
    sizes = _sizes(connection, relation, columns)
    found: dict[int, dict[str, int]] = {}
    for batch in _batches(sizes):
        possible = [kind for kind in kinds if any(sizes[number].may_hold(kind) for number in batch)]
        parts = [
            _values(relation, number, columns[number], possible, few=sizes[number].few) for number in batch
        ]
        if possible:
            found |= _search(connection, parts, possible, sampled=_sampled(columns, sizes, batch))
    return [
        one
        for number, column in enumerate(columns)
        for one in _counts(column, kinds, sizes[number].rows, found.get(number, {}))
    ]


@dataclass(frozen=True)
class _Size:
    """Values that are not null, about how many different ones, and a first look at all of them."""

    rows: int
    distinct: int
    longest: int
    digits: bool
    at: bool

    def may_hold(self, kind: str) -> bool:
        """Whether any value could hold one of this kind: what cannot be is not asked, nor planned."""
        if kind in _WITHOUT_DIGITS:
            return self.longest >= 2 and (self.at or kind != "email")
        return self.digits and self.longest >= _SHORTEST.get(kind, 1)

    @property
    def few(self) -> bool:
        """Whether looking at each distinct value once saves more than grouping costs."""
        return self.distinct <= FEW and self.distinct * 2 <= self.rows


def _batches(sizes: Sequence[_Size]) -> list[list[int]]:
    """Columns by their number: small ones together, for planning all these rules costs more than they do;
    those whose values fill much memory, or none, each alone."""
    small = [number for number, size in enumerate(sizes) if size.distinct <= SMALL]
    return [batch for batch in [small, *([n] for n in range(len(sizes)) if n not in small)] if batch]


def _search(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[str], kinds: Sequence[str], *, sampled: bool
) -> dict[int, dict[str, int]]:
    tests = [_test(kind) for kind in kinds]
    tests += _bare_numbers(sampled=sampled) if "nit" in kinds else []
    looks = ", ".join(f"{test} AS {name}" for name, test in _LOOKS.items())
    # Sorted, so that many short columns come in few full pieces: the engine compiles the regular expressions
    # anew for each piece, and a column's would be one.
    whole = f"WITH given AS ({' UNION ALL '.join(parts)}{' ORDER BY c' if len(parts) > 1 else ''})"
    values = f"SELECT *, {looks} FROM given"  # noqa: S608
    # One bit for each test, so that each macro stands in the query once: planning it costs more than running
    # it over a short table.
    bits = " | ".join(f"CASE WHEN {test} THEN {1 << bit} ELSE 0 END" for bit, test in enumerate(tests))
    select = f"{whole} SELECT c, {bits} AS bits, count(*), sum(n) FROM ({values}) GROUP BY ALL"  # noqa: S608
    found: dict[int, dict[str, int]] = {}
    for number, set_, different, rows in run(
        connection, select, doing="looking for personal data"
    ).fetchall():
        _add(found.setdefault(int(number), {}), kinds, int(set_), int(different), int(rows))
    for number, counts in found.items():
        if sampled and "nit" in kinds and _are_nits(counts.get("bare", 0), counts.get("passed", 0)):
            counts |= _search(connection, parts, ["nit"], sampled=False)[number]
    return found


def _add(counts: dict[str, int], kinds: Sequence[str], bits: int, values: int, rows: int) -> None:
    """Add what one combination of answers tells: the rows of each kind; of bare numbers the values, too."""
    told = [*((kind, rows) for kind in kinds), ("bare", values), ("passed", values)]
    for bit, (name, number) in enumerate(told):
        if bits >> bit & 1:
            counts[name] = counts.get(name, 0) + number
    if bits >> len(kinds) + 1 & 1:
        counts["passed_rows"] = counts.get("passed_rows", 0) + rows


def _sampled(columns: Sequence[Column], sizes: Sequence[_Size], batch: Sequence[int]) -> bool:
    """Whether a sample of bare numbers decides first: a long column alone, not said to hold any NIT."""
    alone = sizes[batch[0]]
    return len(batch) == 1 and alone.rows > SAMPLED_FROM and not expected("nit", columns[batch[0]].words)


def _sizes(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> list[_Size]:
    texts = [f"CAST({quoted(column.name)} AS VARCHAR)" for column in columns]
    asked = ", ".join(
        f"count({text}), approx_count_distinct({text}), max(strlen({text})), "
        f"bool_or(regexp_matches({text}, '[0-9０-９]')), bool_or(regexp_matches({text}, '[@＠%]'))"
        for text in texts
    )
    row = run(connection, f"SELECT {asked} FROM {relation}", doing="counting distinct values").fetchone()  # noqa: S608
    answers = [int(answer or 0) for answer in row or ()]
    return [
        _Size(rows, distinct, longest, bool(digits), bool(at))
        for rows, distinct, longest, digits, at in zip(*[iter(answers)] * 5, strict=True)
    ]


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
    arguments = f"v, likely_{kind}" if kind in _ASKS_EXPECTED else "v"
    first = "many" if kind in _MANY_DIGITS else "true" if kind in _WITHOUT_DIGITS else "digits"
    if kind in _BARE_IF_LIKELY:
        first += f" AND (likely_{kind} OR NOT bare)"
    elif kind not in _BARE_ANYWHERE:
        first += " AND NOT bare"
    # CASE and not AND: only CASE leaves out what its condition refuses, wherever it stands.
    return f"CASE WHEN {first} THEN {_MACROS[kind]}({arguments}) ELSE false END"


def _asked(sampled: bool) -> str:
    """Which short numbers are asked whether they are NITs."""
    return f"(bare AND hash(v) % {SAMPLED} = 0)" if sampled else "bare"


def _bare_numbers(*, sampled: bool) -> list[str]:
    """Of a NIT's length, without sign; whether it passes."""
    bare = f"CASE WHEN {_asked(sampled)} THEN nit_bare(v) END"
    return [f"{bare} IS NOT NULL", f"CASE WHEN {bare} IS NOT NULL THEN nit(v) END IS NOT NULL"]


def _counts(column: Column, kinds: Sequence[str], rows: int, answer: dict[str, int]) -> list[Count]:
    found = {kind: answer.get(kind, 0) for kind in kinds}
    bare, passed, passed_rows = (answer.get(name, 0) for name in _BARE)
    if "nit" in found and (expected("nit", column.words) or _are_nits(bare, passed)):
        found["nit"] += passed_rows
    return [Count(column.name, kind, rows, count) for kind, count in found.items()]


def _are_nits(tried: int, passed: int) -> bool:
    """Whether so many different numbers pass that chance is no explanation. Repeated ones prove nothing."""
    return passed >= tried * FAR_ABOVE_CHANCE and above_chance(tried, passed, NIT_CHANCE)


def cui_above_chance(tried: int, passed: int) -> bool:
    """Whether a code column holds more valid CUIs than `tried` different numbers of 13 digits by chance."""
    return passed > tried or upper_tail(tried, passed, CUI_CHANCE) < CUI_ODDS
