"""Workbooks as they are: which sheet holds the table, in which rows its header stands."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apertura.contract.intake import XlsReader, XlsxReader
from apertura.draft.rows import LOOKED_AT, header_row, rows_above, width_of
from apertura.errors import ReaderError
from apertura.readers import xls, xlsx
from apertura.readers.sheet import Rows, cell_text

_COUNTED = 2_000
"""Rows of a sheet that are counted: with so many it is no list of codes beside the table."""


@dataclass(frozen=True)
class _Sheet:
    title: str
    first: list[list[str | None]]
    rows: int


@dataclass(frozen=True)
class Candidate:
    """A sheet that may be the table: its reader, its position from 1, the other sheets with cells."""

    reader: XlsxReader | XlsReader
    position: int
    others: list[int]


def workbook(path: Path, sheet: int | None, place: str) -> list[Candidate]:
    """The sheet asked for, or all that have a row which names columns, the one with most rows first.

    ReaderError when there is none.
    """
    old = _is_old(path)
    sheets = {
        position: seen
        for position, seen in enumerate(_old_sheets(path, place) if old else _sheets(path, place), start=1)
        if seen.rows
    }
    if not sheets:
        raise ReaderError(
            f"{place}: the workbook has no sheet with cells", hint="see whether it is the right one"
        )
    if sheet is not None and sheet not in sheets:
        raise ReaderError(
            f"{place}: there is no sheet {sheet} with cells",
            hint="there are " + ", ".join(str(position) for position in sheets),
        )
    found: list[Candidate] = []
    for position, seen in sheets.items():
        reader = _reader(seen, position, old)
        if reader is not None and sheet in (None, position):
            found.append(Candidate(reader, position, [other for other in sheets if other != position]))
    if not found:
        raise ReaderError(
            f"{place}: no row of {'the workbook' if sheet is None else f'sheet {sheet}'} names the columns",
            hint="name another sheet with --sheet, or ask the institution for a table with a header",
        )
    return sorted(found, key=lambda one: -sheets[one.position].rows)


def _reader(seen: _Sheet, position: int, old: bool) -> XlsxReader | XlsReader | None:
    width = width_of(seen.first)
    number = header_row(seen.first, width)
    if number is None:
        return None
    above = rows_above(seen.first, number, width)
    declared = {
        "format": "xls" if old else "xlsx",
        "sheet": seen.title if position != 1 else None,
        "header_row": number - above,
        "header_rows": 1 + above,
    }
    return (XlsReader if old else XlsxReader).model_validate(declared)


def _is_old(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\xd0\xcf\x11\xe0"


def _sheets(path: Path, place: str) -> Iterator[_Sheet]:
    xlsx._check_archive(path, place)
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl's warnings quote cells
        book = xlsx._opened(stream, place)
        try:
            for cells in book.worksheets:
                cells.reset_dimensions()  # the stated range is often wrong
                yield _seen(cells.title, xlsx._rows(cells, place))
        finally:
            book.close()


def _old_sheets(path: Path, place: str) -> Iterator[_Sheet]:
    xls._check_file(path, place)
    with Path(os.devnull).open("w", encoding="utf-8") as silence:
        book: Any = xls._opened(path, silence, place)
        try:
            for name in book.sheet_names():
                yield _seen(name, xls._rows(book, xls._loaded(book, name, place), place))
        finally:
            book.release_resources()


def _seen(title: str, rows: Rows) -> _Sheet:
    first: list[list[str | None]] = []
    count = 0
    for _, row in rows:
        count += _filled(row)
        if len(first) < LOOKED_AT:
            first.append([cell_text(cell) for cell in row])
        if count == _COUNTED:
            break
    return _Sheet(title, first, count)


def _filled(row: Sequence[object]) -> bool:
    return any(cell is not None for cell in row)
