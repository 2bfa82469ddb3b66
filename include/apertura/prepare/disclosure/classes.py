"""Equivalence classes by integer codes: distinct combinations are grouped once in DuckDB, then in numpy.

Values never leave DuckDB: what comes here are codes of values and labels, and counts. A column's code at a
level above 0 is found through an array, so that a coarser grouping costs a lookup and a sum.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import duckdb
import numpy as np
from numpy.typing import NDArray

from apertura.contract import FieldSpec, Resource
from apertura.errors import PrivacyError, ToleranceError
from apertura.prepare.columns import sql_type
from apertura.prepare.disclosure.hierarchy import depth, label
from apertura.prepare.engine import literal, quoted, run

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FEW = 2**17
"""So many counters fit the processor's cache: counting them up is faster than sorting."""

_SPARSE = 4
"""Possible keys for each one there is, up to which an array of them all is faster than sorting."""

_KEYS = 2**62
"""Mixed-radix keys stay below this; beyond it the columns so far are numbered anew."""


@dataclass(frozen=True)
class Column:
    """What a column's values become at each level, by codes in the order of the values.

    maps: for each level, code of the value -> code of its label. shares: for each level, label code ->
    share of the domain's values that carry the label. nulls: for each level, the code that stands for "no
    value", -1 where there is none. between: (finer, coarser) -> array from label codes to label codes.
    """

    name: str
    maps: tuple[Codes, ...]
    shares: tuple[Floats, ...]
    nulls: tuple[int, ...]
    between: dict[tuple[int, int], Codes]

    def size(self, level: int) -> int:
        """Number of labels at a level."""
        return len(self.shares[level])

    @property
    def domain(self) -> int:
        """Number of values of the domain."""
        return len(self.maps[0])


def column(name: str, maps: Sequence[Sequence[int] | NDArray[np.integer]], null: int = -1) -> Column:
    """A column from its levels: for each, the label of every value of the domain as any integers.

    `null` is the position of the missing value in the domain; -1 when there is none. PrivacyError when the
    levels are not nested: what is one label at a level must be one at every coarser level.
    """
    coded: list[Codes] = []
    for labels in maps:
        given = np.asarray(labels, dtype=np.int64)
        _, first, codes = np.unique(given, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int32)
        rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
        coded.append(rank[codes.reshape(-1)].astype(np.int32))
    sizes = [int(codes.max()) + 1 if len(codes) else 0 for codes in coded]
    between: dict[tuple[int, int], Codes] = {}
    for fine, coarse in combinations(range(len(coded)), 2):
        step = np.zeros(sizes[fine], dtype=np.int32)
        step[coded[fine]] = coded[coarse]
        if not np.array_equal(step[coded[fine]], coded[coarse]):
            raise PrivacyError(
                f"column {name}: level {coarse} of its hierarchy splits what level {fine} has put together",
                hint="each level must be coarser than the one before it",
            )
        between[fine, coarse] = step
    domain = max(1, len(coded[0]))
    shares = tuple(np.bincount(c, minlength=s) / domain for c, s in zip(coded, sizes, strict=True))
    nulls = tuple(_null(codes, null) for codes in coded)
    return Column(name, tuple(coded), shares, nulls, between)


def _null(codes: Codes, null: int) -> int:
    """The label code of the missing value; where it shares its label with a value it is no longer one."""
    if null < 0 or np.count_nonzero(codes == codes[null]) > 1:
        return -1
    return int(codes[null])


class Table:
    """Distinct combinations: one array of codes for each column, and how many rows have each combination.

    What was sorted by keys keeps the keys and makes codes of them when they are asked for: many tables of a
    search are only counted.
    """

    def __init__(
        self, codes: Sequence[Codes], counts: Ints, key: Ints | None = None, sizes: Sequence[int] = ()
    ) -> None:
        """Of codes; or of mixed-radix keys over columns of these sizes."""
        self.counts = counts
        self._codes = tuple(codes)
        self._key = key
        self._sizes = tuple(sizes)
        self.rows = int(counts.sum())
        """Number of rows they stand for."""

    @property
    def codes(self) -> tuple[Codes, ...]:
        """The codes of each column."""
        if self._key is not None:
            rest, found = self._key, []
            for size in reversed(self._sizes):
                whole = rest // size
                found.append((rest - whole * size).astype(np.int32))
                rest = whole
            self._codes, self._key = tuple(reversed(found)), None
        return self._codes


@dataclass(frozen=True)
class Grouped:
    """A relation's distinct combinations at level 0, with its columns and DuckDB's tables of codes.

    coded: by column, the temp table (v, c0, c1 …) that holds each value with its codes.
    """

    columns: tuple[Column, ...]
    table: Table
    coded: tuple[str, ...]

    def position(self, name: str) -> int:
        """Where a column stands."""
        return [one.name for one in self.columns].index(name)


def group(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    resource: Resource,
    names: Sequence[str],
    levels: dict[str, int],
) -> Grouped:
    """Group a relation by these fields. `levels` are the fixed ones; only levels in use are looked at.

    ToleranceError when a value has no label at a level that may be used: as a missing value it would be a
    lie, as itself a leak.
    """
    made = [_coded(connection, relation, resource, name, levels) for name in names]
    items = ", ".join(f"k{i}.c0 AS c{i}" for i in range(len(names)))
    joins = " ".join(
        f"JOIN {table} AS k{i} ON r.{quoted(name)} IS NOT DISTINCT FROM k{i}.v"
        for i, (name, (_, table)) in enumerate(zip(names, made, strict=True))
    )
    arrays = run(
        connection,
        f"SELECT {items}, count(*) AS n FROM {relation} AS r {joins} GROUP BY ALL",
        doing=f"grouping the combinations of {resource.name}",
    ).fetchnumpy()
    codes = tuple(np.ascontiguousarray(arrays[f"c{i}"], dtype=np.int32) for i in range(len(names)))
    columns = tuple(one for one, _ in made)
    # DuckDB answers in any order; grouping once more makes it the order of the codes.
    table = grouped(Table(codes, np.asarray(arrays["n"], dtype=np.int64)), [c.domain for c in columns])
    return Grouped(columns, table, tuple(name for _, name in made))


def _coded(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    resource: Resource,
    name: str,
    levels: dict[str, int],
) -> tuple[Column, str]:
    """The codes of one column: a temp table for DuckDB, arrays for numpy."""
    field = resource.field(name)
    table = quoted(f"codes:{resource.name}:{name}")
    used = {0, levels[name]} if name in levels else set(range(depth(field) + 1))
    doing = f"coding column {name} of {resource.name}"
    labels = "".join(
        f", {label(field, level, 'v')} AS l{level}" for level in range(1, depth(field) + 1) if level in used
    )
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *{labels}, row_number() OVER "
        f"(ORDER BY v NULLS LAST) - 1 AS c0 FROM ({_domain(relation, field)})",
        doing=doing,
    )
    items = ["c0", "v IS NULL AS missing"]
    for level in used - {0}:
        items.append(f"v IS NOT NULL AND l{level} IS NULL AS lost{level}")
        items.append(f"dense_rank() OVER (ORDER BY l{level} NULLS LAST) - 1 AS l{level}")
    arrays = run(connection, f"SELECT {', '.join(items)} FROM {table} ORDER BY c0", doing=doing).fetchnumpy()
    for level in used - {0}:
        if np.any(arrays[f"lost{level}"]):
            raise ToleranceError(
                f"resource {resource.name}, column {name}: some values have no label at level {level} of "
                "its hierarchy",
                hint="let the hierarchy name every value (a code list, a lower bound), or clean such values "
                "to missing before",
            )
    missing = np.flatnonzero(np.asarray(arrays["missing"], dtype=bool))
    # A level that is not in use repeats the one before it, so that levels keep their numbers.
    maps = [np.asarray(arrays["c0"], dtype=np.int64)]
    for level in range(1, depth(field) + 1):
        maps.append(np.asarray(arrays[f"l{level}"], dtype=np.int64) if level in used else maps[-1])
    return column(name, maps, int(missing[0]) if len(missing) else -1), table


def _domain(relation: str, field: FieldSpec) -> str:
    """Every value of the column; where the hierarchy lists values in maps, also those that do not occur."""
    observed = f"SELECT DISTINCT {quoted(field.name)} AS v FROM {relation}"
    listed = next((level.map for level in field.hierarchy if level.map), None)
    if listed is None:
        return observed
    values = ", ".join(f"({literal(value)})" for value in listed)
    cast = f"SELECT TRY_CAST(listed AS {sql_type(field)}) AS v FROM (VALUES {values}) AS t(listed)"
    return f"{observed} UNION SELECT v FROM ({cast}) WHERE v IS NOT NULL"


def keys(codes: Sequence[NDArray[np.integer]], sizes: Sequence[int]) -> tuple[Ints, int]:
    """One mixed-radix key for each row, and how many keys there can be; equal keys mean equal codes."""
    rows = len(codes[0]) if codes else 0
    key, space = np.zeros(rows, dtype=np.int64), 1
    for code, size in zip(codes, sizes, strict=True):
        if space * max(1, size) >= _KEYS:
            _, key = np.unique(key, return_inverse=True)
            space = int(key.max()) + 1 if rows else 1
        if size > 1:
            key *= size
            key += code
            space *= size
    return key, space


def class_ids(codes: Sequence[NDArray[np.integer]], sizes: Sequence[int]) -> tuple[Ints, int]:
    """Number the classes of equal codes 0, 1 … in the order of the codes; how many there are."""
    key, space = keys(codes, sizes)
    if space <= _FEW + len(key):
        present = np.zeros(space, dtype=np.int64)
        present[key] = 1
        numbers = np.cumsum(present)
        return numbers[key] - 1, int(numbers[-1])
    found, ids = np.unique(key, return_inverse=True)
    return ids.reshape(-1), len(found)


def summed(ids: Ints, number: int, counts: NDArray[np.integer]) -> Ints:
    """Sum of counts by class. Exact: counts of rows lie far below 2**53."""
    return np.bincount(ids, weights=counts, minlength=number).astype(np.int64)


def grouped(table: Table, sizes: Sequence[int]) -> Table:
    """The same combinations, each once, in the order of their codes."""
    sizes = [max(1, size) for size in sizes]
    key, space = keys(table.codes, sizes)
    if not len(key):
        return table
    if math.prod(sizes) != space:  # numbered anew on the way: these keys cannot be taken apart
        return _grouped_by_rows(table, key)
    if space <= _FEW + _SPARSE * len(key):
        sums = np.bincount(key, weights=table.counts, minlength=space)
        found = np.flatnonzero(sums != 0)  # of booleans numpy finds them several times faster than of floats
        return Table((), sums[found].astype(np.int64), found, sizes)
    bits = int(table.counts.max()).bit_length()
    if space.bit_length() + bits > 62:
        return _grouped_by_rows(table, key)
    # Sorting keys with their counts packed in is several times faster than sorting places.
    packed = key << bits
    packed |= table.counts
    packed.sort()
    key = packed >> bits
    packed &= (1 << bits) - 1
    starts = _starts(key)
    return Table((), np.add.reduceat(packed, starts), key[starts], sizes)


def _grouped_by_rows(table: Table, key: Ints) -> Table:
    order = np.argsort(key)
    starts = _starts(key[order])
    first = order[starts]
    counts = np.add.reduceat(table.counts[order], starts)
    return Table(tuple(codes[first] for codes in table.codes), counts)


def _starts(ordered: Ints) -> Ints:
    """Where each run of equal keys begins."""
    return np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))


def coarsened(table: Table, columns: Sequence[Column], before: Sequence[int], after: Sequence[int]) -> Table:
    """Roll a table up from levels to levels that are nowhere finer."""
    codes = tuple(
        codes if fine == coarse else one.between[fine, coarse][codes]
        for codes, one, fine, coarse in zip(table.codes, columns, before, after, strict=True)
    )
    sizes = [one.size(level) for one, level in zip(columns, after, strict=True)]
    return grouped(Table(codes, table.counts), sizes)
