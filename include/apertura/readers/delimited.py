"""Delimited text: read in place by DuckDB where that is safe, by our own rules where it is not.

Memory is bounded whatever the size. A first pass decides the encoding on the whole file and counts its
records (`survey`); DuckDB must then find as many rows. Text in another encoding than UTF-8 is
transcoded into the scratch folder first; what DuckDB cannot be trusted with (mixed line ends, a bare
CR, quotes inside values) is split by `records` and staged as text Parquet.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from apertura.contract.intake import DelimitedReader
from apertura.errors import EngineError, ReaderError
from apertura.prepare.engine import literal, quoted
from apertura.readers.encoding import (
    MisfitError,
    candidates,
    foreign_format,
    looks_like_web_page,
    no_encoding_fits,
    open_text,
    utf8_blocks,
)
from apertura.readers.records import records
from apertura.readers.sheet import joined
from apertura.readers.survey import Lines, Survey
from apertura.readers.table import DAMAGED, Part, TextParquet, checked_header, selection

HEAD = 1 << 16


@dataclass(frozen=True)
class _File:
    """One file as declared, and what its first lines told."""

    path: Path
    reader: DelimitedReader
    place: str
    encoding: str
    newline: str
    header: list[str]
    header_start: int
    header_end: int

    @property
    def width(self) -> int:
        """Values in a data row."""
        return len(self.header) + (1 if self.reader.trailing_separator else 0)

    @property
    def row_columns(self) -> list[str]:
        """Names for all values of a row, the empty one after a trailing separator included."""
        extra = "after the last separator"
        while extra in self.header:
            extra += "_"
        return [*self.header, extra] if self.reader.trailing_separator else self.header

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and values of each data row, by our own rules; blank lines passed over."""
        with open_text(self.path, self.encoding, self.newline) as stream:
            reader = self.reader
            for line, _, values in records(
                stream, reader.separator, reader.quote, self.place, skip=self.header_end
            ):
                if values is not None:
                    yield line, values
                elif self.width == 1:
                    yield line, [""]


def header(reader: DelimitedReader, path: Path, place: str) -> list[str]:
    """The column names exactly as they stand, from the first lines alone."""
    try:
        return _open(reader, path, place, _start(reader, path, place)).header
    except MisfitError:
        pass
    raise no_encoding_fits(place, reader.encodings)


def read_file(
    reader: DelimitedReader, path: Path, scratch: Path, connection: duckdb.DuckDBPyConnection, place: str
) -> Part:
    """One file of delimited text. `scratch` is a folder for this file alone."""
    for encoding in _start(reader, path, place):
        try:
            file = _open(reader, path, place, [encoding])
            survey, in_place, target = _survey(file, scratch)
        except MisfitError:
            continue
        if survey.plain and in_place:
            skip = file.header_end if target == path else 0
            return _by_engine(file, survey, _safe_name(target, scratch), skip, connection)
        return _by_our_rules(file, survey, scratch)
    raise no_encoding_fits(place, reader.encodings)


def _start(reader: DelimitedReader, path: Path, place: str) -> list[str]:
    """The encodings to try; ReaderError when the first bytes are of something else."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head:
        raise ReaderError(f"{place}: the file is empty", hint=DAMAGED)
    if looks_like_web_page(head):
        raise ReaderError(
            f"{place}: this is a web page, not data",
            hint="open the source's address in a browser: it may ask for a login, be moved, or be down",
        )
    if foreign := foreign_format(head):
        raise ReaderError(
            f"{place}: this is {foreign}, not delimited text",
            hint="declare the reader of that format, or `unzip` in the source",
        )
    return candidates(head, reader.encodings, place)


def _open(reader: DelimitedReader, path: Path, place: str, encodings: list[str]) -> _File:
    """Read the header row in the first encoding that fits the lines up to it; MisfitError if none does."""
    for encoding in encodings:
        try:
            with open_text(path, encoding, newline="") as stream:
                beginning = stream.read(HEAD)
            newline = "\r" if "\r" in beginning and "\n" not in beginning else "\n"
            with open_text(path, encoding, newline) as stream:
                rows = records(stream, reader.separator, reader.quote, place, skip=reader.header_row - 1)
                found = list(islice(rows, reader.header_rows))
        except UnicodeError:
            continue
        columns = _joined(reader, [names for _, _, names in found], place)
        if reader.trailing_separator and len(columns) > 1 and not columns[-1]:
            columns = columns[:-1]
        if not columns:
            raise ReaderError(
                f"{place}: line {reader.header_row}, declared as the header row, is blank or not there"
                if reader.header_rows == 1
                else f"{place}: of the {reader.header_rows} lines from {reader.header_row} on, declared as "
                "header rows, one is blank or not there",
                hint="see whether the contract's header_row is that of the file; if so, take the file again",
            )
        start, end = found[0][0], found[-1][1]
        return _File(path, reader, place, encoding, newline, checked_header(columns, place), start, end)
    raise MisfitError


def _joined(reader: DelimitedReader, rows: list[list[str] | None], place: str) -> list[str]:
    """The names of the columns: of one row exactly as they stand, of several joined as in a workbook.

    Empty when one of the rows is blank or not there; ReaderError when they differ in length.
    """
    told = [row for row in rows if row is not None]
    if len(told) < reader.header_rows:
        return []
    if reader.header_rows == 1:
        return told[0]
    if len({len(row) for row in told}) > 1:
        raise ReaderError(
            f"{place}: the {reader.header_rows} header rows from line {reader.header_row} on do not have the "
            "same number of values",
            hint="see whether the contract's header_row and header_rows are those of the file",
        )
    names = joined([[text.strip() or None for text in row] for row in told])
    return [name or "" for name in names] + [""] * (len(told[0]) - len(names))


def _survey(file: _File, scratch: Path) -> tuple[Survey, bool, Path]:
    """Count the data part, and transcode it into scratch unless it is UTF-8 already.

    Answers the counts, whether DuckDB can pass over what stands above the data, and the file to read.
    """
    reader = file.reader
    survey = Survey(reader.separator, reader.quote, file.place)
    blocks = utf8_blocks(file.path, file.encoding)
    if file.newline == "\r":
        for _ in blocks:
            pass  # only to check the encoding: lines that end at CR are read by our own rules
        return survey, False, file.path
    lines = Lines(blocks, file.header_end, file.place, reader.quote)
    if file.encoding == "utf-8":
        for data in lines:
            survey.feed(data)
        survey.finish()
        one_line_each = file.header_end - file.header_start == reader.header_rows - 1
        return survey, one_line_each and survey.like(lines.skipped), file.path
    target = scratch / "utf-8.txt"
    with target.open("wb") as stream:
        stream.write(codecs.BOM_UTF8)  # so that DuckDB takes none of the data for one
        for data in lines:
            survey.feed(data)
            stream.write(data)
    survey.finish()
    return survey, True, target


def _safe_name(target: Path, scratch: Path) -> Path:
    """A name of ours for the file: the source's may hold what DuckDB takes for a pattern."""
    if target.parent == scratch:
        return target
    link = scratch / "source.txt"
    link.symlink_to(target.resolve())
    return link


def _by_engine(
    file: _File, survey: Survey, path: Path, skip: int, connection: duckdb.DuckDBPyConnection
) -> Part:
    """Let DuckDB read the file, and hold its count of rows against the survey's."""
    reader = file.reader
    columns = file.row_columns
    quote = literal(reader.quote)
    options = {
        "auto_detect": "false",
        "header": "false",
        "skip": str(skip),
        "delim": literal(reader.separator),
        "quote": quote,
        "escape": quote,
        "columns": "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns) + "}",
        "force_not_null": "[" + ", ".join(literal(name) for name in columns) + "]",
        "strict_mode": "true",
        "null_padding": "false",
        "compression": "'none'",
        "parallel": "false" if survey.quoted_newlines else "true",
        # DuckDB's own limit is 2 MB; its buffer of 32 MB takes a record of up to 16.
        "max_line_size": str(max(2 << 20, survey.longest + 16)),
    }
    if survey.longest >= 2 << 20:
        options["buffer_size"] = str(64 << 20)
    source = f"read_csv({literal(str(path))}, {', '.join(f'{k}={v}' for k, v in options.items())})"
    count = "count(*)"
    if reader.trailing_separator:
        count += f", count(*) FILTER (WHERE {quoted(columns[-1])} <> '')"
    expected = survey.rows(file.width)
    if not expected:
        raise _no_rows(file.place)
    failure = ""
    counted: tuple[int, ...] = ()
    try:
        counted = connection.execute(f"SELECT {count} FROM {source}").fetchone() or ()  # noqa: S608
    except duckdb.OutOfMemoryException:
        failure = "memory"
    except duckdb.Error as error:
        failure = type(error).__name__
    if failure == "memory":
        raise EngineError(
            f"{file.place}: DuckDB ran out of memory or scratch disk while reading",
            hint="raise APERTURA_MEMORY_LIMIT, then clear this task",
        )
    if failure or survey.separators != expected * (file.width - 1):
        raise _diagnosed(file, survey, failure)
    if counted[0] != expected:
        raise _not_reconciled(file.place, expected, counted[0])
    if reader.trailing_separator and counted[1]:
        raise _trailing_values(file.place, counted[1])
    relation = f"({selection(file.header, source)})" if reader.trailing_separator else source
    return Part(relation, file.header, expected, file.header_end + survey.lines)


def _by_our_rules(file: _File, survey: Survey, scratch: Path) -> Part:
    """Split the file record by record into a text Parquet."""
    ragged: list[int] = []
    trailing, line = 0, file.header_end
    with TextParquet(scratch / "table.parquet", file.header) as table:
        for line, values in file.rows():
            if len(values) != file.width:
                ragged.append(line)
                continue
            if file.reader.trailing_separator and values.pop():
                trailing += 1
            table.append(values)
    if ragged:
        raise _ragged(file, survey, ragged, line)
    if trailing:
        raise _trailing_values(file.place, trailing)
    if not table.rows:
        raise _no_rows(file.place)
    expected = survey.rows(file.width)
    if not survey.odd_quotes and file.newline == "\n" and table.rows != expected:
        raise _not_reconciled(file.place, expected, table.rows)
    lines = file.header_end + survey.lines if file.newline == "\n" else line
    return Part(table.relation, file.header, table.rows, lines)


def _diagnosed(file: _File, survey: Survey, failure: str) -> ReaderError:
    """Why DuckDB refused the file, found without its message, which quotes lines."""
    ragged: list[int] = []
    line = 0
    for line, values in file.rows():
        if len(values) != file.width:
            ragged.append(line)
    if ragged:
        return _ragged(file, survey, ragged, line)
    return ReaderError(
        f"{file.place}: DuckDB could not read the file ({failure or 'values and separators disagree'})",
        hint="report this to the maintainers with the dataset and the date of the extract",
    )


def _ragged(file: _File, survey: Survey, lines: list[int], last: int) -> ReaderError:
    if lines == [last] and not survey.ends_with_newline:
        return ReaderError(
            f"{file.place}: the file is truncated: its last line, {last}, does not have {file.width} values",
            hint=DAMAGED,
        )
    return ReaderError(
        f"{file.place}: {len(lines)} rows do not have the {file.width} values that the header asks for, "
        f"the first at line {lines[0]}",
        hint="see whether the file is whole, and whether the reader's separator, quote and "
        f"trailing_separator (now {str(file.reader.trailing_separator).lower()}) are those of the file",
    )


def _not_reconciled(place: str, counted: int, read: int) -> ReaderError:
    return ReaderError(
        f"{place}: {counted} records were counted in the file, {read} rows were read",
        hint="see whether the reader's separator and quote are those of the file; if so, report this",
    )


def _trailing_values(place: str, count: int) -> ReaderError:
    return ReaderError(
        f"{place}: {count} rows have a value after the last declared separator, where nothing may be",
        hint="the source has a new column without a name: ask the institution, then declare a layout for it",
    )


def _no_rows(place: str) -> ReaderError:
    return ReaderError(f"{place}: the file has a header and no rows", hint=DAMAGED)
