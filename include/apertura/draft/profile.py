"""Counts of a column that say what it is: what is missing, which types fit, how values look."""

# ruff: noqa: S608 (columns are our own names, through quoted(); macros are of our own list)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from apertura.prepare import engine

FITS: Mapping[str, tuple[str, str | None]] = {
    "boolean_sino": ("boolean", None),
    "integer_plain": ("integer", None),
    "integer_grouped": ("integer", "grouped"),
    "integer_workbook": ("integer", "workbook"),
    "number_plain": ("number", None),
    "number_gtq": ("number", "gtq"),
    "number_comma": ("number", "comma"),
    "number_percent": ("number", "percent"),
    "date_iso": ("date", None),
    "date_dmy": ("date", "dmy"),
    "date_mdy": ("date", "mdy"),
    "date_spanish": ("date", "spanish"),
    "date_workbook": ("date", "workbook"),
    "date_excel": ("date", "excel"),
    "datetime_iso": ("datetime", None),
}
"""Macros that read a text as a type -> type and format in the contract; the first that fits is proposed."""

MARKERS = ("common", "spreadsheet", "weather")
"""Named sets of missing markers that a draft may propose."""

LITERALS = ("-", "--", "---", "----", ".", "..", "*", "N/A", "S/D", "s/d", "n/a", "NULL")
"""Markers that a draft may write out: our own list, so none is a value of the file."""

UNKNOWNS = ("9", "99", "999", "9999")
"""Codes that often mean unknown."""


@dataclass(frozen=True)
class Facts:
    """Exact counts of one column: private, told only through `telling`.

    `missing` counts by set, `literals` by marker of our list; `sets` and `marks` are those to propose.
    What follows is about values that are none of these: `present` of them, `distinct`, rows of the `rarest`
    one, `fits` by macro, `longest` in characters, digits after the point, `forms` (digits 9, letters A or a)
    while there are few.
    """

    rows: int = 0
    filled: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    literals: Mapping[str, int] = field(default_factory=dict)
    sets: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    present: int = 0
    distinct: int = 0
    rarest: int = 0
    fits: Mapping[str, int] = field(default_factory=dict)
    zeros: int = 0
    negative: int = 0
    years: int = 0
    quetzales: int = 0
    one_word: int = 0
    longest: int = 0
    scale: int = 0
    low: int | None = None
    high: int | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)
    forms: Mapping[str, int] = field(default_factory=dict)

    def all(self, macro: str) -> bool:
        """Whether every value that is there fits the macro."""
        return self.present > 0 and self.fits.get(macro, 0) == self.present


FORMS = 6
"""Forms that are kept; more of them, and the column has none."""


@dataclass(frozen=True)
class _Missing:
    """Counts of markers over all filled cells."""

    filled: int
    sets: Mapping[str, int]
    numeric: int
    short: int
    literals: Mapping[str, int]


def profile(
    connection: duckdb.DuckDBPyConnection, column: str, rows: int, *, table: str = "drafted"
) -> Facts:
    """The facts of one column of a staged table of texts; macros are loaded in the connection."""
    _run(connection, f"CREATE OR REPLACE TEMP TABLE filled AS {_grouped(column, table)}")
    missing = _missing(connection)
    sets, marks = _adopted(missing)
    kept = [f"missing_{name}(v)" for name in sets] + [f"v = {engine.literal(mark)}" for mark in marks]
    wanted = f" WHERE NOT ({' OR '.join(kept)})" if kept else ""
    _run(connection, f"CREATE OR REPLACE TEMP TABLE present AS FROM filled{wanted}")
    facts = _facts(connection)
    if missing.sets["weather"] and "weather" not in sets:
        # A marker such as -99.9 is a number itself: what else is there tells whether numbers are measured.
        other = facts.present - missing.sets["weather"]
        if other > 0 and facts.fits["number_plain"] - missing.numeric >= 0.95 * other:
            sets = (*sets, "weather")
            _run(connection, "DELETE FROM present WHERE missing_weather(v)")
            facts = _facts(connection)
    return replace(
        facts,
        rows=rows,
        filled=missing.filled,
        missing=missing.sets,
        literals=missing.literals,
        sets=sets,
        marks=marks,
    )


def categories(connection: duckdb.DuckDBPyConnection, column: str, facts: Facts) -> list[str]:
    """The values of a column that was judged harmless and has few; only for such a column."""
    kept = [f"missing_{name}(v)" for name in facts.sets]
    kept += [f"v = {engine.literal(mark)}" for mark in facts.marks]
    wanted = f" WHERE NOT ({' OR '.join(kept)})" if kept else ""
    rows = _run(connection, f"SELECT v FROM ({_grouped(column)}){wanted} ORDER BY n DESC, v").fetchall()
    return [str(value) for (value,) in rows]


def _grouped(column: str, table: str = "drafted") -> str:
    name = engine.quoted(column)
    return f"SELECT {name} AS v, count(*) AS n FROM {table} WHERE {name} <> '' GROUP BY v"


def _missing(connection: duckdb.DuckDBPyConnection) -> _Missing:
    conditions = [f"missing_{name}(v)" for name in MARKERS]
    conditions += ["missing_weather(v) AND number_plain(v) IS NOT NULL"]
    conditions += ["missing_common(v) AND regexp_full_match(fold_text(v), '[A-Z]{2}')"]
    conditions += [f"v = {engine.literal(mark)}" for mark in LITERALS]
    filled, *counts = _counts(connection, "filled", ["true", *conditions])
    sets, (numeric, short), literals = (
        counts[: len(MARKERS)],
        counts[len(MARKERS) :][:2],
        counts[-len(LITERALS) :],
    )
    return _Missing(
        filled,
        dict(zip(MARKERS, sets, strict=True)),
        numeric,
        short,
        {mark: count for mark, count in zip(LITERALS, literals, strict=True) if count},
    )


def _adopted(missing: _Missing) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The named sets to propose, and the markers of our list to write out instead.

    The common set holds words of two letters (SI, NE, ND) that may be values: where there are any, only
    markers that are written out are sure.
    """
    common = missing.sets["common"] > 0 and not missing.short
    sets = (("common",) if common else ()) + (("spreadsheet",) if missing.sets["spreadsheet"] else ())
    return sets, () if common else tuple(missing.literals)


def _facts(connection: duckdb.DuckDBPyConnection) -> Facts:
    conditions = [f"{macro}(v) IS NOT NULL" for macro in FITS]
    conditions += [
        r"regexp_full_match(v, '0\d+')",
        r"regexp_full_match(v, '[-(].*\d.*')",
        r"regexp_full_match(v, '(19|20)\d\d')",
        r"regexp_matches(v, '^-? ?(Q|GTQ)')",
        r"regexp_full_match(v, '\pL+')",
    ]
    conditions += [f"v = {engine.literal(code)}" for code in UNKNOWNS]
    present, *counts = _counts(connection, "present", ["true", *conditions])
    fits, rest = counts[: len(FITS)], counts[len(FITS) :]
    measures = _run(
        connection,
        r"""
        SELECT
            count(*),
            coalesce(min(n), 0),
            coalesce(max(length(v)), 0),
            coalesce(max(length(regexp_extract(v, '[.](\d+)$', 1))), 0),
            min(TRY_CAST(v AS BIGINT)),
            max(TRY_CAST(v AS BIGINT))
        FROM present
        """,
    ).fetchone()
    distinct, rarest, longest, scale, low, high = measures or (0, 0, 0, 0, None, None)
    return Facts(
        present=present,
        distinct=distinct,
        rarest=rarest,
        fits=dict(zip(FITS, fits, strict=True)),
        zeros=rest[0],
        negative=rest[1],
        years=rest[2],
        quetzales=rest[3],
        one_word=rest[4],
        longest=longest,
        scale=scale,
        low=low,
        high=high,
        unknown={code: count for code, count in zip(UNKNOWNS, rest[5:], strict=True) if count},
        forms=_forms(connection),
    )


def _forms(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Forms of the values and their rows; none when there are more than a few."""
    form = "regexp_replace(regexp_replace(v, '[0-9]', '9', 'g'), '[A-ZÑ]', 'A', 'g')"
    form = f"regexp_replace({form}, '[a-zñ]', 'a', 'g')"
    found = _run(
        connection,
        f"SELECT f, sum(n)::BIGINT FROM (SELECT {form} AS f, n FROM present) GROUP BY f ORDER BY 2 DESC, 1 "
        f"LIMIT {FORMS + 1}",
    ).fetchall()
    return {str(name): int(count) for name, count in found} if len(found) <= FORMS else {}


def _counts(connection: duckdb.DuckDBPyConnection, table: str, conditions: Sequence[str]) -> list[int]:
    """Rows (not distinct values) for which each condition holds."""
    items = ", ".join(f"coalesce(sum(n) FILTER (WHERE {condition}), 0)::BIGINT" for condition in conditions)
    row = _run(connection, f"SELECT {items} FROM {table}").fetchone() or ()
    return [int(count) for count in row]


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    return engine.run(connection, sql, doing="profiling a column")
