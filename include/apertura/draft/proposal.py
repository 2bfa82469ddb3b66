"""A proposal for each column of a table, put together from all that was counted."""

# ruff: noqa: S608 (columns are named by us, or through quoted())

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from apertura.contract.open import OPEN
from apertura.detect import Column, Count, count_kinds
from apertura.draft import evidence, profile
from apertura.draft.evidence import Judgement, judge, together
from apertura.draft.keys import candidate_keys, repeated_rows
from apertura.draft.naming import field_names, masked_names, words_of
from apertura.draft.profile import Facts
from apertura.draft.telling import told
from apertura.draft.territory import Territory, territory
from apertura.draft.types import Type, pattern_of, type_of
from apertura.draft.wide import Wide, wide
from apertura.prepare import engine
from apertura.prepare.engine import quoted

ENUM = 12
"""Categories that are written out at most, each of one word and of five rows or more."""


@dataclass(frozen=True)
class Proposed:
    """One column of the source, or all that a pattern takes (`source` is None, `position` the first's).

    `source` is the column's name, OPEN when it may not be repeated. `column` is our name of it in the staged
    table.
    """

    position: int
    column: str
    source: str | None
    name: str
    facts: Facts
    kind: Type
    judgement: Judgement
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """What is proposed for a table. `keys` are names of fields; `masked` positions of hidden names."""

    rows: int
    columns: list[Proposed]
    territory: Territory
    wide: Wide | None = None
    keys: list[list[str]] = field(default_factory=list)
    repeated: int = 0
    masked: tuple[int, ...] = ()
    empty_rows: int = 0


def propose(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str], rows: int, home: Path
) -> Table:
    """Profile a raw table of texts and propose what the contract says of it.

    `home` is the project's folder; its vocabulary is loaded in the connection.
    """
    pattern = wide(columns)
    taken = set(pattern.positions) if pattern else set()
    kept = [at for at in range(1, len(columns) + 1) if at not in taken]
    masked = {kept[at - 1] for at in masked_names(connection, [columns[at - 1] for at in kept], home)}
    staged = {f"c{at}": columns[at - 1] for at in range(1, len(columns) + 1)}
    items = ", ".join(
        f"nullif(trim_text({quoted(name)}), '') AS {quoted(ours)}" for ours, name in staged.items()
    )
    engine.run(
        connection, f"CREATE OR REPLACE TEMP TABLE drafted AS SELECT {items} FROM {relation}", doing="staging"
    )
    names = field_names(columns, masked)
    empty = _empty_rows(connection, list(staged))
    rows -= empty
    facts = {f"c{at}": profile.profile(connection, f"c{at}", rows) for at in kept}
    words = {f"c{at}": [] if at in masked else words_of(columns[at - 1]) for at in kept}
    kinds = {ours: type_of(facts[ours], words[ours]) for ours in facts}
    counts = _scan(connection, words, kinds)
    texts = [
        ours
        for ours in facts
        if kinds[ours].type == "string" and not kinds[ours].code and facts[ours].present
    ]
    places = territory(connection, texts)
    single = {}
    for ours in facts:
        mine = [
            count
            for count in counts
            if count.column == ours and not _explained(ours, count.kind, kinds, places)
        ]
        single[ours] = judge(facts[ours], kinds[ours], words[ours], mine)
        if ours in (places.department, places.municipality):
            single[ours] = Judgement("publica", "none", "keep", place_or_time=True)
        if int(ours[1:]) in masked and single[ours].treatment != "drop":
            single[ours] = Judgement(said=("the column's name looks like a person's data",))
    judged = _apart_from_persons(connection, together(single), kinds, facts)
    proposed = [
        _proposed(
            connection,
            at,
            names[at - 1],
            OPEN if at in masked else columns[at - 1],
            facts,
            kinds,
            judged,
            places,
        )
        for at in kept
    ]
    if pattern:
        proposed.append(_wide(connection, pattern, rows, judged))
    found = candidate_keys(connection, _key_parts(proposed, rows), rows)
    by_column = {one.column: _key_name(one, places) for one in proposed}
    more = [pattern.group] if pattern else []
    return Table(
        rows=rows,
        columns=proposed,
        territory=places,
        wide=pattern,
        keys=[[*(by_column[column] for column in key), *more] for key in found],
        repeated=0 if found or pattern else repeated_rows(connection, list(staged), rows),
        masked=tuple(sorted(masked)),
        empty_rows=empty,
    )


def _apart_from_persons(
    connection: duckdb.DuckDBPyConnection,
    judged: dict[str, Judgement],
    kinds: dict[str, Type],
    facts: dict[str, Facts],
) -> dict[str, Judgement]:
    """Leave open what repeats words of the columns that hold persons: a surname alone no detector knows."""
    persons = [ours for ours, one in judged.items() if one.personal == "personal"]
    result = dict(judged)
    for ours, one in judged.items():
        listed = one.harmless and kinds[ours].type == "string" and not kinds[ours].code and _few(facts[ours])
        if not listed or not persons:
            continue
        within = " UNION ALL ".join(f"SELECT DISTINCT {quoted(name)} AS v FROM drafted" for name in persons)
        sql = f"""
            SELECT count(*)
            FROM (SELECT DISTINCT fold_text({quoted(ours)}) AS word FROM drafted)
            WHERE word IN (
                SELECT unnest(regexp_extract_all(fold_text(v), '[A-Z]+')) FROM ({within}) WHERE v IS NOT NULL
            )
        """
        row = engine.run(connection, sql, doing="comparing categories with columns of persons").fetchone()
        if row and row[0]:
            said = (*one.said, "its values are words of columns that hold persons")
            result[ours] = Judgement(said=said, place_or_time=one.place_or_time)
    return result


def _scan(
    connection: duckdb.DuckDBPyConnection, words: dict[str, list[str]], kinds: dict[str, Type]
) -> list[Count]:
    """Counts of the detectors; in numbers and dates only what digits can be."""
    texts = [Column(ours, " ".join(words[ours])) for ours in words if kinds[ours].type == "string"]
    digits = [Column(ours, " ".join(words[ours])) for ours in words if kinds[ours].type != "string"]
    return [
        *count_kinds(connection, "drafted", texts, evidence.KINDS),
        *count_kinds(connection, "drafted", digits, evidence.OF_DIGITS),
    ]


def _key_parts(proposed: Sequence[Proposed], rows: int) -> list[tuple[str, int]]:
    """Columns that may be part of a key; measures only where nothing else tells rows apart."""
    full = [
        one
        for one in proposed
        if one.source is not None and one.facts.present == rows and one.judgement.treatment != "drop"
    ]
    named = [
        one for one in full if one.kind.type != "number" and (one.kind.type != "integer" or one.facts.years)
    ]
    parts = (
        named
        if any(one.facts.distinct == rows for one in named)
        else [one for one in full if one.kind.type != "number"]
    )
    return [(one.column, one.facts.distinct) for one in parts]


def _key_name(one: Proposed, places: Territory) -> str:
    """The published field that stands for a column in a key."""
    if one.column == places.department:
        return "departamento_codigo"
    return "municipio_codigo" if one.column == places.municipality else one.name


def _explained(ours: str, kind: str, kinds: dict[str, Type], places: Territory) -> bool:
    """Whether what a detector finds is what the column is: names of places, dates, measures."""
    if ours in (places.department, places.municipality):
        return kind in ("name", "address")
    if kinds[ours].type in ("date", "datetime", "boolean"):
        return kind != "birth_date"
    return kinds[ours].type == "number" and kind not in ("coordinates", "cui")


def _proposed(
    connection: duckdb.DuckDBPyConnection,
    position: int,
    name: str,
    source: str,
    facts: dict[str, Facts],
    kinds: dict[str, Type],
    judged: dict[str, Judgement],
    places: Territory,
) -> Proposed:
    ours = f"c{position}"
    seen, kind, judgement = facts[ours], kinds[ours], judged[ours]
    said = list(kind.said) if seen.present else []
    if (
        seen.low == 1
        and seen.high == seen.rows == seen.distinct
        and seen.rows > 1
        and seen.all("integer_plain")
    ):
        said.append("numbers from 1 to the number of rows: a row number, not a key")
        judgement = Judgement("publica", "none", "drop", judgement.said)
    if ours == places.department:
        said.append(f"{_share(places.department_share)} of the names are departments on INE's list")
    if ours == places.municipality:
        said.append(f"{_share(places.municipality_share)} of the names are municipalities on INE's list")
    said += [
        f'{told(count)} values are {code}: if that means unknown, missingValues: ["", "{code}"]'
        for code, count in seen.unknown.items()
        if judgement.harmless and seen.high == int(code) and seen.distinct > 2
    ]
    enum: tuple[str, ...] = ()
    pattern = None
    if judgement.harmless and source != OPEN:
        if kind.type == "string" and not kind.code and _few(seen):
            found = profile.categories(connection, ours, seen)
            enum = tuple(found) if not _names(connection, ours) else ()
        pattern = pattern_of(seen) if kind.code else None
    return Proposed(position, ours, source, name, seen, kind, judgement, enum, pattern, tuple(said))


def _few(seen: Facts) -> bool:
    """Whether categories are few, plain words, and each of rows enough to single out nobody."""
    return (
        1 <= seen.distinct <= ENUM
        and seen.rarest >= 5
        and seen.one_word == seen.present
        and seen.longest <= 30
    )


def _names(connection: duckdb.DuckDBPyConnection, ours: str) -> bool:
    """Whether a single word among the categories would be a given name in a column of persons."""
    (count,) = count_kinds(connection, "drafted", [Column(ours, "nombre persona")], ("name",))
    return count.hits > 0


def _wide(
    connection: duckdb.DuckDBPyConnection, pattern: Wide, rows: int, judged: dict[str, Judgement]
) -> Proposed:
    """The cells under all columns of the pattern, as one column."""
    names = ", ".join(quoted(f"c{at}") for at in pattern.positions)
    sql = f"CREATE OR REPLACE TEMP TABLE melted AS SELECT unnest([{names}]) AS cell FROM drafted"
    engine.run(connection, sql, doing="staging the cells of a pattern")
    seen = profile.profile(connection, "cell", rows * len(pattern.positions), table="melted")
    counts = count_kinds(connection, "melted", [Column("cell")], evidence.KINDS)
    kind = type_of(seen, [])
    judgement = judge(seen, kind, [], [] if kind.type in ("integer", "number") else counts)
    judgement = together({**judged, "cell": judgement})["cell"]
    said = (f"{len(pattern.positions)} columns of the source become rows",)
    return Proposed(pattern.positions[0], "cell", None, "valor", seen, kind, judgement, said=said)


def _empty_rows(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> int:
    cells = ", ".join(quoted(name) for name in columns)
    sql = f"SELECT count(*) FROM drafted WHERE coalesce({cells}) IS NULL"
    row = engine.run(connection, sql, doing="counting empty rows").fetchone()
    return int(row[0]) if row else 0


def _share(known: float) -> str:
    return ">99 %" if 0.99 < known < 1 else f"{100 * known:.0f} %"
