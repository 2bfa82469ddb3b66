"""A workbook's sheet, whichever its format, as text in one canonical form: header rows, data, empty tail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from apertura.contract.intake import Workbook
from apertura.errors import ReaderError
from apertura.readers.table import DAMAGED, Part, TextParquet, checked_header

Rows = Iterable[tuple[int, Sequence[object]]]
"""Row numbers from 1, and the values of the row's cells."""


def header_of(reader: Workbook, rows: Rows, place: str) -> list[str]:
    """The column names, of the first rows alone."""
    return _header(reader, iter(rows), place)


def staged(reader: Workbook, rows: Rows, scratch: Path, place: str) -> Part:
    """The rows under the header as text Parquet in `scratch`; empty rows after the last with data left out.

    ReaderError, by position, when a row has a value past the last column that the header names.
    """
    left = iter(rows)
    columns = _header(reader, left, place)
    width = len(columns)
    blank: list[None] = [None] * width
    empty = 0
    with TextParquet(scratch / "table.parquet", columns) as table:
        for number, cells in left:
            values = without_tail([cell_text(cell) for cell in cells])
            if len(values) > width:
                raise ReaderError(
                    f"{place}: row {number} has a value in column {len(values)}, "
                    f"past the {width} that the header names",
                    hint="see whether header_row is right; a column without a name cannot be declared",
                )
            if not values:
                empty += 1
                continue
            for _ in range(empty):
                table.append(blank)
            empty = 0
            table.append([*values, *blank[len(values) :]])
    if not table.rows:
        raise ReaderError(f"{place}: the sheet has a header and no rows", hint=DAMAGED)
    counts = {"empty rows after the last row with data left out": empty} if empty else {}
    return Part(table.relation, columns, table.rows, counts=counts)


def _header(reader: Workbook, rows: Iterator[tuple[int, Sequence[object]]], place: str) -> list[str]:
    """Take the header rows, and what stands above them, off `rows`."""
    last = reader.header_row + reader.header_rows - 1
    found = []
    for number, cells in rows:
        if number >= reader.header_row:
            found.append(without_tail([cell_text(cell) for cell in cells]))
        if number == last:
            return checked_header(joined(found), place)
    raise ReaderError(f"{place}: the sheet ends before row {last}, declared as a header row", hint=DAMAGED)


def joined(rows: Sequence[Sequence[str | None]]) -> list[str | None]:
    """One header of several rows: each column's texts from above to below with a blank between them.

    Above the last row an empty cell takes the text to its left, as merged cells show it.
    """
    width = max(len(row) for row in rows)
    filled = [_carried(row, width) for row in rows[:-1]]
    filled.append([*rows[-1], *[None] * (width - len(rows[-1]))])
    columns = zip(*filled, strict=True)
    return without_tail([" ".join(text for text in texts if text is not None) or None for texts in columns])


def _carried(row: Sequence[str | None], width: int) -> list[str | None]:
    result: list[str | None] = []
    for column in range(width):
        text = row[column] if column < len(row) else None
        result.append(text if text is not None or not result else result[-1])
    return result


def without_tail(values: list[str | None]) -> list[str | None]:
    """The values up to the last that is there."""
    while values and values[-1] is None:
        values.pop()
    return values


def cell_text(value: object) -> str | None:
    """A cell's value in its canonical form.

    Whole numbers have no decimals, other numbers are plain decimal notation without exponent (shortest
    that gives the same double), booleans TRUE or FALSE, dates and times ISO 8601; an empty cell is null.
    """
    match value:
        case None:
            return None
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return value
        case int():
            return str(value)
        case float():
            return format(Decimal(repr(value)), "f").removesuffix(".0")
        case dt.datetime():
            midnight = value.time() == dt.time()
            return value.date().isoformat() if midnight else value.isoformat()
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            seconds = round(value.total_seconds())
            sign, seconds = "-" if seconds < 0 else "", abs(seconds)
            return f"{sign}{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return str(value)
