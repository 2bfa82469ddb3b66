"""Which reader reads what, and how several files of one extract become one table."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb

from apertura.contract.intake import (
    DelimitedReader,
    HtmlTableReader,
    JsonReader,
    QueryReader,
    Reader,
    SavReader,
    XlsReader,
    XlsxReader,
)
from apertura.errors import ReaderError, in_our_words
from apertura.readers import delimited, html, json_table, query, sav, xls, xlsx
from apertura.readers.json_table import Paths
from apertura.readers.table import Part, RawTable, selection


@in_our_words
def read(
    reader: Reader,
    paths: Sequence[tuple[str, Path]],
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    *,
    where: str,
    nested: Paths | None = None,
) -> RawTable:
    """Read an extract's files, (name, path) each, as the contract's reader declares.

    Several files must have the same header; their rows follow one another in the order of the names.
    `scratch` is an existing folder that must outlive the table; `where` is the dataset's id, for
    messages; `nested` are the declared paths of a JSON source. ReaderError when the bytes are not what is
    declared, and when a file has no rows.
    """
    if not paths:
        raise ReaderError(f"{where}: the extract holds no file", hint="run the extract stage again")
    parts: list[Part] = []
    ordered = sorted(paths, key=lambda pair: pair[0])
    for number, (_, path) in enumerate(ordered, start=1):
        place = where if len(ordered) == 1 else f"{where}: file {number} of {len(ordered)} (by name)"
        folder = Path(tempfile.mkdtemp(prefix="read-", dir=scratch))
        part = _read_file(reader, path, folder, connection, place, nested)
        if parts:
            _same_header(parts[0].columns, part.columns, place)
        parts.append(part)
    columns = parts[0].columns
    if len(parts) == 1:
        relation = parts[0].relation
    else:
        relation = f"({' UNION ALL '.join(selection(columns, part.relation) for part in parts)})"
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    lines = [part.lines for part in parts if part.lines is not None]
    return RawTable(
        relation=relation,
        columns=columns,
        rows=sum(part.rows for part in parts),
        lines=sum(lines) if lines else None,
        notes=[f"{count} {what}" for what, count in counts.items()],
        undeclared=sum(part.undeclared for part in parts),
    )


@in_our_words
def header(reader: Reader, path: Path, *, where: str = "extract") -> list[str]:
    """A file's column names exactly as they stand, reading as little of it as the format allows."""
    match reader:
        case DelimitedReader():
            return delimited.header(reader, path, where)
        case XlsxReader():
            return xlsx.header(reader, path, where)
        case XlsReader():
            return xls.header(reader, path, where)
        case HtmlTableReader():
            return html.header(reader, path, where)
        case JsonReader():
            return json_table.header(reader, path, where)
        case SavReader():
            return sav.header(reader, path, where)
        case QueryReader():
            return query.header(path, where)


def _read_file(
    reader: Reader,
    path: Path,
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    place: str,
    nested: Paths | None,
) -> Part:
    match reader:
        case DelimitedReader():
            return delimited.read_file(reader, path, scratch, connection, place)
        case XlsxReader():
            return xlsx.read_file(reader, path, scratch, place)
        case XlsReader():
            return xls.read_file(reader, path, scratch, place)
        case HtmlTableReader():
            return html.read_file(reader, path, scratch, place)
        case JsonReader():
            return json_table.read_file(reader, path, scratch, place, nested)
        case SavReader():
            return sav.read_file(reader, path, scratch, place)
        case QueryReader():
            return query.read_file(path, scratch, place)


def _same_header(first: list[str], other: list[str], place: str) -> None:
    if len(first) != len(other):
        raise ReaderError(
            f"{place}: {len(other)} columns, where the first file has {len(first)}",
            hint="files of one partition have one layout; see whether one of them is of another period",
        )
    differing = [i for i, (a, b) in enumerate(zip(first, other, strict=True), start=1) if a != b]
    if differing:
        raise ReaderError(
            f"{place}: the header differs from the first file's in column "
            + ", ".join(str(position) for position in differing[:20]),
            hint="files of one partition have one layout; see whether one of them is of another period",
        )
