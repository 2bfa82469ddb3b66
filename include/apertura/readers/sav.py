"""SPSS system files (.sav, .zsav): each variable as text, its codes or its value labels as declared.

A file says its encoding and its labels itself; the contract may overrule the encoding, and says for which
variables labels are wanted. Cells are read in pieces, so memory does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apertura.contract.intake import SavReader
from apertura.errors import ReaderError
from apertura.readers.sheet import cell_text
from apertura.readers.table import DAMAGED, Part, TextParquet, checked_header

CELLS = 1_000_000
"""Cells in memory at a time; each piece passes over the ones before it again."""

LEAST_ROWS = 1_000
"""Rows of a piece, however many variables there are."""

_MAGIC = (b"$FL2", b"$FL3")
_ICONV = {"utf-8": "UTF-8", "cp1252": "WINDOWS-1252", "latin-1": "ISO-8859-1"}


def header(reader: SavReader, path: Path, place: str) -> list[str]:
    """The names of the variables, in the file's order."""
    _, about = _read(reader, path, place)
    return _names(about, place)


def read_file(reader: SavReader, path: Path, scratch: Path, place: str) -> Part:
    """One file.

    Whole numbers have no decimals, other numbers are plain decimal notation (shortest that gives the same
    double), dates and times ISO 8601, texts without the blanks that SPSS fills them with; a system-missing
    value is null, a value that the file only declares as missing stays. A variable of `reader.labels` gives
    the label of each value that has one. ReaderError when the bytes are no such file or hold fewer rows than
    they state.
    """
    _, about = _read(reader, path, place)
    columns = _names(about, place)
    labels = [_labels(about, name) if name in reader.labels else {} for name in columns]
    with TextParquet(scratch / "table.parquet", columns) as table:
        for cells in _pieces(reader, path, place, len(columns)):
            for row in zip(*(cells[name] for name in columns), strict=True):
                table.append([_text(value, known) for value, known in zip(row, labels, strict=True)])
    stated = about.number_rows
    if not table.rows:
        raise ReaderError(f"{place}: the file has variables and no rows", hint=DAMAGED)
    if stated is not None and stated >= 0 and stated != table.rows:
        raise ReaderError(
            f"{place}: the file states {stated} rows and holds {table.rows}",
            hint=DAMAGED,
        )
    return Part(table.relation, columns, table.rows)


def _pieces(reader: SavReader, path: Path, place: str, columns: int) -> Iterator[dict[str, list[Any]]]:
    """The file's cells by variable, so many rows at a time."""
    offset, most = 0, max(LEAST_ROWS, CELLS // columns)
    while True:
        cells, _ = _read(reader, path, place, rows=most, offset=offset)
        found = len(next(iter(cells.values()), []))
        if found:
            yield cells
        if found < most:
            return
        offset += found


def _read(
    reader: SavReader, path: Path, place: str, *, rows: int = 0, offset: int = 0
) -> tuple[dict[str, list[Any]], Any]:
    """Some rows' cells by variable, and what the file says of itself; only that where `rows` is 0."""
    import pyreadstat  # with pandas, which takes a second: only where such a file is read

    with path.open("rb") as file:
        if file.read(4) not in _MAGIC:
            raise ReaderError(
                f"{place}: this is not an SPSS system file (.sav)",
                hint="see whether the source sent another format, or an error page",
            )
    failure = ""
    try:
        cells, about = pyreadstat.read_sav(
            str(path),
            encoding=_ICONV[reader.encoding] if reader.encoding else None,
            metadataonly=rows == 0,
            user_missing=True,
            row_limit=rows,
            row_offset=offset,
            output_format="dict",
        )
        return dict(cells), about
    except Exception as error:  # its errors quote what they met, a value outside the calendar too
        failure = type(error).__name__
    raise ReaderError(
        f"{place}: the SPSS file cannot be read ({failure})",
        hint="take the file again; when its texts are in another encoding than it says, declare the "
        "reader's `encoding`",
    )


def _names(about: Any, place: str) -> list[str]:
    return checked_header([str(name) for name in about.column_names], place)


def _labels(about: Any, name: str) -> dict[Any, str]:
    known: dict[Any, str] = about.variable_value_labels.get(name, {})
    return known


def _text(value: object, labels: dict[Any, str]) -> str | None:
    if value is None or value != value:  # a number that is none
        return None
    label = labels.get(value)
    return cell_text(value) if label is None else label
