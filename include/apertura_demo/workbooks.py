"""Workbooks of the demonstration institutions: equal cells give equal bytes, formulas keep their values."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import openpyxl

MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5)
_FORMULA = re.compile(rb"(<f>[^<]*</f>)<v\s*/?>(</v>)?")


@dataclass(frozen=True)
class Formula:
    """A cell with a formula, and the value that the program which saved it had worked out."""

    text: str
    value: int | float


Cell = str | int | float | Formula | None


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Cell]]], *, author: str = "", formatted: Sequence[str] = ()
) -> bytes:
    """An .xlsx of these sheets, in their order; the first sheet may have formulas.

    `formatted` are cells of the first sheet that only have a format: they stretch its used range.
    """
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    values: list[int | float] = []
    for number, (title, rows) in enumerate(sheets.items()):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([cell.text if isinstance(cell, Formula) else cell for cell in row])
            values += [cell.value for cell in row if isinstance(cell, Formula)]
        for place in formatted if number == 0 else ():
            sheet[place].number_format = "0.00"
    book.properties.creator = author
    book.properties.created = book.properties.modified = MOMENT
    stream = io.BytesIO()
    book.save(stream)
    return _repacked(stream.getvalue(), values)


def _repacked(data: bytes, values: Sequence[int | float]) -> bytes:
    """The archive with one date on all of its members, and the formulas' values in its first sheet."""
    left = iter(values)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "xl/worksheets/sheet1.xml":
                content = _FORMULA.sub(lambda found: found[1] + f"<v>{next(left)!r}</v>".encode(), content)
            if member.filename == "docProps/core.xml":
                stamp = MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            entry = zipfile.ZipInfo(member.filename, MOMENT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return out.getvalue()
