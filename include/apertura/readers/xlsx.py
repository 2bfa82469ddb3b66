"""Office Open XML workbooks: one sheet, values as text in one canonical form, formulas by cached value."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
from lxml import etree

from apertura.contract.intake import XlsxReader
from apertura.errors import ReaderError
from apertura.readers.encoding import looks_like_web_page
from apertura.readers.sheet import header_of, staged
from apertura.readers.table import DAMAGED, Part

UNPACKED_LIMIT = 2 << 30
"""Bytes that all members of a workbook may unpack to."""
RATIO_LIMIT = 300
"""Unpacked to packed bytes; sheets reach 50. Workbooks under `SMALL` unpacked are not asked."""
SMALL = 64 << 20
ROW_LIMIT, COLUMN_LIMIT = 1_048_576, 16_384
"""Excel's own."""

_ESCAPED_CONTROL = re.compile(r"_x(00[01][0-9A-Fa-f])_")
_FORMULA = re.compile(rb"[<:]f[ />]")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def header(reader: XlsxReader, path: Path, place: str) -> list[str]:
    """The column names, from the sheet's first rows."""
    _check_archive(path, place)
    with _sheet(reader, path, place) as sheet:
        return header_of(reader, _rows(sheet, place), place)


def read_file(reader: XlsxReader, path: Path, scratch: Path, place: str) -> Part:
    """One workbook's sheet.

    Whole numbers have no decimals, other numbers are plain decimal notation without exponent (shortest
    that gives the same double), booleans TRUE or FALSE, dates and times ISO 8601; an empty cell is null.
    """
    _check_archive(path, place)
    with _sheet(reader, path, place) as sheet:
        _check_formulas(path, sheet, place)
        return staged(reader, _rows(sheet, place), scratch, place)


def _rows(sheet: Any, place: str) -> Iterator[tuple[int, Sequence[object]]]:
    """Row numbers and cells. openpyxl fills gaps between rows, hence the limits."""
    failure = ""
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    while True:
        try:
            number, cells = next(rows)
        except StopIteration:
            return
        except Exception as error:  # openpyxl raises whatever its XML meets
            failure = type(error).__name__
            break
        if number > ROW_LIMIT or len(cells) > COLUMN_LIMIT:
            raise ReaderError(f"{place}: the sheet is larger than a workbook can be", hint=DAMAGED)
        yield number, [_unescaped(cell) for cell in cells]
    raise _unreadable(place, failure)


def _unescaped(cell: object) -> object:
    """A text with its control characters, which the format writes as _x000D_."""
    if isinstance(cell, str) and "_x" in cell:
        return _ESCAPED_CONTROL.sub(lambda found: chr(int(found[1], 16)), cell)
    return cell


@contextmanager
def _sheet(reader: XlsxReader, path: Path, place: str) -> Iterator[Any]:
    """The declared sheet, or the first, in reading mode."""
    # openpyxl's warnings quote cells (a date out of range), and come while rows are read. It takes a
    # stream, because it judges a path by its suffix, and extracts are named by their digest.
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = _opened(stream, place)
        try:
            sheets = book.worksheets
            if not sheets:
                raise ReaderError(f"{place}: the workbook has no sheet with cells", hint=DAMAGED)
            chosen = [s for s in sheets if s.title == reader.sheet] if reader.sheet else sheets[:1]
            if not chosen:
                raise ReaderError(
                    f"{place}: none of the workbook's {len(sheets)} sheets is named {reader.sheet!r}",
                    hint="see whether the source renamed its sheet; the contract's reader names it",
                )
            chosen[0].reset_dimensions()  # the stated range is often wrong, also too small
            yield chosen[0]
        finally:
            book.close()


def _opened(stream: BinaryIO, place: str) -> Any:
    failure = ""
    try:
        return openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its XML meets
        failure = type(error).__name__
    raise _unreadable(place, failure)


def _unreadable(place: str, failure: str) -> ReaderError:
    return ReaderError(f"{place}: the workbook cannot be read ({failure})", hint=DAMAGED)


def _check_archive(path: Path, place: str) -> None:
    """ReaderError unless the file is a zip that unpacks to a sane size, without document types in it."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise ReaderError(
            f"{place}: this is an old Excel workbook (.xls) or an encrypted one, not .xlsx",
            hint="declare `reader: {format: xls}`; an encrypted one must be saved without password first",
        )
    if looks_like_web_page(head):
        raise ReaderError(
            f"{place}: this is a web page, not a workbook",
            hint="an HTML table named .xls is read by `reader: {format: html-table}`; otherwise the source "
            "answered with an error page",
        )
    problem = ""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            packed = sum(member.compress_size for member in members)
            if any(member.flag_bits & 1 for member in members):
                problem = "a zip archive with a password"
            elif unpacked > UNPACKED_LIMIT or unpacked > max(SMALL, RATIO_LIMIT * packed):
                problem = f"an archive that unpacks from {packed} to {unpacked} bytes, more than is safe"
            elif not any(member.filename.endswith("workbook.xml") for member in members):
                problem = "a zip archive, but not a workbook"
            elif any(_has_document_type(archive, member) for member in members):
                problem = "a workbook with a document type in it, which none needs"
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError):
        problem = "not a whole zip archive, which an .xlsx is"
    if problem:
        raise ReaderError(f"{place}: this is {problem}", hint=DAMAGED)


def _has_document_type(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether an XML member declares entities (they could unpack to anything)."""
    if not member.filename.endswith((".xml", ".rels")):
        return False
    with archive.open(member) as part:
        return b"<!DOCTYPE" in part.read(4096)


def _check_formulas(path: Path, sheet: Any, place: str) -> None:
    """ReaderError when a formula has no cached value: what it would show is not in the file."""
    member = str(sheet._worksheet_path)
    count = 0
    failure = ""
    try:
        with zipfile.ZipFile(path) as archive:
            if not _has_formula(archive, member):
                return
            with archive.open(member) as part:
                for _, row in etree.iterparse(
                    part, tag=f"{_MAIN}row", resolve_entities=False, no_network=True, huge_tree=True
                ):
                    count += sum(_lacks_value(cell) for cell in row)
                    row.clear()
                    while row.getprevious() is not None:
                        del row.getparent()[0]
    except (etree.XMLSyntaxError, zipfile.BadZipFile, KeyError, OSError) as error:
        failure = type(error).__name__
    if failure:
        raise _unreadable(place, failure)
    if count:
        raise ReaderError(
            f"{place}: {count} formulas were saved without their values",
            hint="open the workbook in Excel or LibreOffice, recalculate, save it, and use the inbox",
        )


def _lacks_value(cell: Any) -> bool:
    """Whether a cell has a formula, and nothing of what it would show; a text that is empty is something."""
    if cell.find(f"{_MAIN}f") is None:
        return False
    value = cell.find(f"{_MAIN}v")
    return value is None or (not value.text and cell.get("t") != "str")


def _has_formula(archive: zipfile.ZipFile, member: str) -> bool:
    """Whether a sheet's XML has an `f` element, without parsing it."""
    with archive.open(member) as part:
        tail = b""
        while block := part.read(1 << 20):
            if _FORMULA.search(tail + block):
                return True
            tail = block[-4:]
    return False
