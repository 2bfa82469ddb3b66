"""The header row of a table whose first rows are known: told from titles above it and from data below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from apertura.draft.wide import wide

Row = Sequence[str | None]

LOOKED_AT = 200
"""Rows of a file's beginning that decide where its header stands."""
_DEPTH = 30
"""The header stands among the first so many rows, or there is none."""

_VALUE = re.compile(
    r"[-+(]?(Q\.?|GTQ)? ?[-(]?\d[\d.,' ]*[)%]?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d\d(:\d\d)?)?",
    re.IGNORECASE,
)


def is_value(cell: str | None) -> bool:
    """Whether a cell is a number, an amount or a date, as data are and names of columns seldom."""
    return cell is not None and _VALUE.fullmatch(cell.strip()) is not None


def width_of(rows: Sequence[Row]) -> int:
    """The commonest number of cells, counted to the last that is filled; the larger of equals."""
    widths = Counter(_filled_to(row) for row in rows if _filled_to(row))
    return max(widths, key=lambda width: (widths[width], width), default=0)


def header_row(rows: Sequence[Row], width: int) -> int | None:
    """The number (from 1) of the row that names the columns; None when the first full row looks like data.

    A header fills its row; it has a text where the column below holds numbers or dates, or it is of a wide
    table: dates or years over what are none. Where no column holds numbers or dates, the first full row is a
    header unless a cell of it occurs again below, in its own column.
    """
    for number, row in enumerate(rows[:_DEPTH], start=1):
        cells = [(cell or "").strip() for cell in row][:width]
        if len(cells) < width or not all(cells):
            continue
        return number if _names(cells, rows[number:], width) else None
    return None


def rows_above(rows: Sequence[Row], number: int, width: int) -> int:
    """How many rows just above the header row name columns, too: full of texts, wide as it is."""
    above = 0
    while number - above >= 2:
        cells = [(cell or "").strip() for cell in rows[number - above - 2]][:width]
        texts = sum(bool(cell) and not is_value(cell) for cell in cells)
        if len(cells) < width or texts < width / 2:
            break
        above += 1
    return above


def _names(cells: Sequence[str], below: Sequence[Row], width: int) -> bool:
    measured = False
    for at, cell in enumerate(cells):
        values = [row[at] for row in below if at < len(row) and (row[at] or "").strip()]
        if values and sum(map(is_value, values)) > len(values) / 2:
            measured = True
            if cell and not is_value(cell):
                return True
    if measured:
        return _names_of_a_wide_table(cells, below)
    again = any(
        cell and any(at < len(row) and (row[at] or "").strip() == cell for row in below)
        for at, cell in enumerate(cells)
    )
    return not again and not any(map(is_value, cells))


def _names_of_a_wide_table(cells: Sequence[str], below: Sequence[Row]) -> bool:
    taken = wide(cells)
    if taken is None:
        return False
    values = [row[at - 1] or "" for row in below for at in taken.positions if at <= len(row)]
    alike = sum(re.fullmatch(taken.pattern, value.strip()) is not None for value in values)
    return alike < len(values) / 2


def _filled_to(row: Row) -> int:
    """Cells up to the last that holds something."""
    return max((at for at, cell in enumerate(row, start=1) if (cell or "").strip()), default=0)
