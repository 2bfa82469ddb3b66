"""The raw table that every reader answers, and the text Parquet that most of them write it to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from apertura.errors import ReaderError
from apertura.prepare.engine import literal, quoted

BATCH = 20_000
"""Rows kept in memory before they are written."""


@dataclass(frozen=True)
class RawTable:
    """A table whose every column is VARCHAR.

    `relation` stands after FROM, as often as wanted, and reads from files in the scratch folder it was
    made with. It may be a read over the source's own bytes: use text functions on it, and stage it
    before any CAST or TRY_CAST (DuckDB pushes them into its CSV reader and then fails on the first bad
    value). `rows` are data rows, `lines` the physical lines of delimited text, `undeclared` the values of a
    nested source at paths that nobody declared: they were dropped.
    """

    relation: str
    columns: list[str]
    rows: int
    lines: int | None = None
    notes: list[str] = field(default_factory=list)
    undeclared: int = 0


@dataclass(frozen=True)
class Part:
    """What one file of an extract gave; `counts` become the table's notes, summed over its files."""

    relation: str
    columns: list[str]
    rows: int
    lines: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    undeclared: int = 0


class TextParquet:
    """A Parquet file of text columns, written in batches of rows."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.rows = 0
        self._schema = pa.schema([(name, pa.string()) for name in columns])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._pending: list[Sequence[str | None]] = []

    def __enter__(self) -> TextParquet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()

    def append(self, row: Sequence[str | None]) -> None:
        """Add a row with one value for each column; null where the format has a missing cell."""
        self._pending.append(row)
        self.rows += 1
        if len(self._pending) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            arrays = [pa.array(column, pa.string()) for column in zip(*self._pending, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self._pending = []

    @property
    def relation(self) -> str:
        """FROM-able SQL over the finished file."""
        return f"read_parquet({literal(str(self.path))})"


def selection(columns: Sequence[str], relation: str) -> str:
    """A SELECT of the columns by name."""
    return f"SELECT {', '.join(quoted(name) for name in columns)} FROM {relation}"  # noqa: S608 (names are quoted)


def checked_header(columns: Sequence[str | None], place: str) -> list[str]:
    """The header as it stands, when every column has a name of its own.

    ReaderError, by position, for a name that is missing or blank, or that repeats another (also when
    they differ in ASCII case only: DuckDB would take them for one).
    """
    names: list[str] = []
    seen: dict[str, int] = {}
    for position, name in enumerate(columns, start=1):
        if name is None or not name.strip():
            raise ReaderError(
                f"{place}: column {position} of {len(columns)} has no name in the header row",
                hint="see whether the contract's header_row and separator are those of the file",
            )
        if "\0" in name:
            raise ReaderError(f"{place}: the name of column {position} holds a NUL character", hint=DAMAGED)
        folded = "".join(c.lower() if c.isascii() else c for c in name)
        if folded in seen:
            raise ReaderError(
                f"{place}: columns {seen[folded]} and {position} have the same name in the header row",
                hint="ask the institution which one is meant; a layout cannot tell them apart",
            )
        seen[folded] = position
        names.append(name)
    if not names:
        raise ReaderError(f"{place}: the header row is empty", hint="see whether header_row is right")
    return names


DAMAGED = "take the file again from the source; if it stays so, ask the institution for a good copy"
