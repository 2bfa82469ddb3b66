"""Excel 97-2003 workbooks (BIFF): one sheet, values in the form of new ones, formulas by cached value."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlrd

from apertura.contract.intake import XlsReader
from apertura.errors import ReaderError
from apertura.readers.encoding import looks_like_web_page
from apertura.readers.sheet import header_of, staged
from apertura.readers.table import DAMAGED, Part

SIZE_LIMIT = 256 << 20
"""Bytes of a file: xlrd holds it in memory. A sheet has at most 65,536 rows and 256 columns."""

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def header(reader: XlsReader, path: Path, place: str) -> list[str]:
    """The column names, from the sheet's first rows."""
    with _sheet(reader, path, place) as (book, sheet):
        return header_of(reader, _rows(book, sheet, place), place)


def read_file(reader: XlsReader, path: Path, scratch: Path, place: str) -> Part:
    """One workbook's sheet; values have the same form as those of an .xlsx."""
    with _sheet(reader, path, place) as (book, sheet):
        return staged(reader, _rows(book, sheet, place), scratch, place)


def _rows(book: Any, sheet: Any, place: str) -> Iterator[tuple[int, Sequence[object]]]:
    """Row numbers and cells as Python values."""
    failure = ""
    for number in range(sheet.nrows):
        try:
            cells = [_value(cell, book.datemode) for cell in sheet.row(number)]
        except Exception as error:  # a date that is none, a broken string
            failure = type(error).__name__
            break
        yield number + 1, cells
    if failure:
        raise _unreadable(place, failure)


def _value(cell: Any, datemode: int) -> object:
    """What a cell holds; an error is the text that a workbook shows for it."""
    match cell.ctype:
        case xlrd.XL_CELL_EMPTY | xlrd.XL_CELL_BLANK:
            return None
        case xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        case xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code.get(cell.value, "#ERROR!")
        case xlrd.XL_CELL_DATE:
            moment = xlrd.xldate_as_datetime(cell.value, datemode)
            return moment.time() if 0 <= cell.value < 1 else moment
        case xlrd.XL_CELL_TEXT:
            return cell.value or None
    return cell.value


@contextmanager
def _sheet(reader: XlsReader, path: Path, place: str) -> Iterator[tuple[Any, Any]]:
    """The workbook and its declared sheet, or its first."""
    _check_file(path, place)
    # xlrd tells what it meets on its log file, with cells in it; nobody reads it.
    with Path(os.devnull).open("w", encoding="utf-8") as silence:
        book = _opened(path, silence, place)
        try:
            names = book.sheet_names()
            chosen = [name for name in names if name == reader.sheet] if reader.sheet else names[:1]
            if not chosen:
                raise ReaderError(
                    f"{place}: none of the workbook's {len(names)} sheets is named {reader.sheet!r}",
                    hint="see whether the source renamed its sheet; the contract's reader names it",
                )
            yield book, _loaded(book, chosen[0], place)
        finally:
            book.release_resources()


def _opened(path: Path, silence: Any, place: str) -> Any:
    failure = ""
    try:
        return xlrd.open_workbook(
            file_contents=path.read_bytes(), logfile=silence, on_demand=True, ragged_rows=True
        )
    except Exception as error:  # xlrd raises whatever its records meet
        failure = type(error).__name__
        encrypted = "encrypted" in str(error).lower()
    if encrypted:
        raise ReaderError(
            f"{place}: this is a workbook with a password",
            hint="ask the institution for one without, or save it without and use the inbox",
        )
    raise _unreadable(place, failure)


def _loaded(book: Any, name: str, place: str) -> Any:
    failure = ""
    try:
        return book.sheet_by_name(name)
    except Exception as error:
        failure = type(error).__name__
    raise _unreadable(place, failure)


def _unreadable(place: str, failure: str) -> ReaderError:
    return ReaderError(f"{place}: the workbook cannot be read ({failure})", hint=DAMAGED)


def _check_file(path: Path, place: str) -> None:
    """ReaderError unless the file begins as a compound file does, and is of a sane size."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"PK\x03\x04"):
        raise ReaderError(
            f"{place}: this is a zip archive or a new Excel workbook, not an old one (.xls)",
            hint="declare `reader: {format: xlsx}`, or `unzip` in the source",
        )
    if looks_like_web_page(head):
        raise ReaderError(
            f"{place}: this is a web page, not a workbook",
            hint="an HTML table named .xls is read by `reader: {format: html-table}`; otherwise the source "
            "answered with an error page",
        )
    if not head.startswith(_COMPOUND):
        raise ReaderError(f"{place}: this is no Excel workbook of 1997 to 2003", hint=DAMAGED)
    if path.stat().st_size > SIZE_LIMIT:
        raise ReaderError(f"{place}: the file is larger than an old workbook can be", hint=DAMAGED)
