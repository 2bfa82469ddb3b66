"""HTML tables, often named .xls: the cells of one table of a page, every blank kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from apertura.contract.intake import HtmlTableReader
from apertura.errors import ReaderError
from apertura.readers.encoding import MisfitError, candidates, foreign_format, no_encoding_fits, strict_text
from apertura.readers.table import DAMAGED, Part, TextParquet, checked_header

PAGE_LIMIT = 200 << 20
"""Bytes of a page; it is held in memory whole."""

_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL)


def header(reader: HtmlTableReader, path: Path, place: str) -> list[str]:
    """The column names: the text of the first row's cells."""
    table = _largest_table(_parsed(_page(reader, path, place), place), place)
    return checked_header([_cell_text(cell) for cell in _cells(_table_rows(table)[0])], place)


def read_file(reader: HtmlTableReader, path: Path, scratch: Path, place: str) -> Part:
    """One page's table. Rows of blank cells are kept, and not counted as rows of data."""
    text = _page(reader, path, place)
    page = _parsed(text, place)
    table = _largest_table(page, place)
    _check_closed(text, place)
    rows = _table_rows(table)
    columns = checked_header([_cell_text(cell) for cell in _cells(rows[0])], place)
    filled = 0
    with TextParquet(scratch / "table.parquet", columns) as target:
        for number, row in enumerate(rows[1:], start=2):
            values = _row_values(row, len(columns), number, place)
            filled += any(value.strip() for value in values)
            target.append(values)
    if not filled:
        raise ReaderError(f"{place}: the table has a header and no rows", hint=DAMAGED)
    if reader.count_pattern is not None:
        _check_count(reader.count_pattern, page, table, filled, place)
    empty = target.rows - filled
    counts = {"rows of blank cells": empty} if empty else {}
    return Part(target.relation, columns, target.rows, counts=counts)


def _page(reader: HtmlTableReader, path: Path, place: str) -> str:
    """The page's text in the first declared encoding that fits all of it."""
    size = path.stat().st_size
    if not size:
        raise ReaderError(f"{place}: the file is empty", hint=DAMAGED)
    if size > PAGE_LIMIT:
        raise ReaderError(
            f"{place}: the page has {size} bytes, more than the {PAGE_LIMIT} that are read",
            hint="ask the source for smaller pages, or for another format",
        )
    data = path.read_bytes()
    if foreign := foreign_format(data[:16]):
        raise ReaderError(
            f"{place}: this is {foreign}, not a web page", hint="declare the reader of that format"
        )
    for encoding in candidates(data[:4], reader.encodings, place):
        try:
            return strict_text(data, encoding)
        except MisfitError:
            continue
    raise no_encoding_fits(place, reader.encodings)


def _parsed(text: str, place: str) -> Any:
    """The page as a tree: entities decoded, scripts and comments left out, `<br>` become a line end."""
    parser = lxml_html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    failure = ""
    page: Any = None
    try:
        page = lxml_html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        failure = type(error).__name__
    if failure:
        raise ReaderError(f"{place}: the file holds no web page ({failure})", hint=DAMAGED)
    for element in list(page.iter("script", "style")):
        element.drop_tree()
    for element in page.iter("br"):
        element.tail = "\n" + (element.tail or "")
    return page


def _largest_table(page: Any, place: str) -> Any:
    """Of the tables that hold no other, the one with most cells in its first row; the first of equals."""
    best, width = None, 1
    for table in page.iter("table"):
        if next(table.iterdescendants("table"), None) is not None:
            continue
        rows = _table_rows(table)
        if rows and len(_cells(rows[0])) > width:
            best, width = table, len(_cells(rows[0]))
    if best is None:
        raise ReaderError(
            f"{place}: the page has no table with two columns or more",
            hint="open the source's address in a browser: it may show an error, or ask for a login",
        )
    return best


def _table_rows(table: Any) -> list[Any]:
    """The rows that have cells."""
    return [row for row in table.iterdescendants("tr") if _cells(row)]


def _cells(row: Any) -> list[Any]:
    return [child for child in row if child.tag in ("td", "th")]


def _row_values(row: Any, width: int, number: int, place: str) -> list[str]:
    cells = _cells(row)
    if any(cell.get(span, "1").strip() != "1" for cell in cells for span in ("colspan", "rowspan")):
        raise ReaderError(
            f"{place}: row {number} of the table has a cell that spans several",
            hint="such a table has no plain rows; ask the source for another format",
        )
    if len(cells) != width:
        raise ReaderError(
            f"{place}: row {number} of the table has {len(cells)} cells, the header {width}",
            hint="the page may be truncated: take it again; otherwise see it in a browser",
        )
    return [_cell_text(cell) for cell in cells]


def _cell_text(cell: Any) -> str:
    """The text as it came, blanks and no-break spaces kept."""
    return "".join(cell.itertext())


def _check_closed(text: str, place: str) -> None:
    """ReaderError when no table ends after the last cell: the page was cut."""
    folded = _SCRIPT.sub("", text.lower())
    last_cell = max(folded.rfind("<td"), folded.rfind("<th"))
    if folded.find("</table", last_cell) < 0:
        raise ReaderError(f"{place}: the page is truncated: its table never ends", hint=DAMAGED)


def _check_count(pattern: str, page: Any, table: Any, filled: int, place: str) -> None:
    """Hold the page's own statement of how many rows it has against those found.

    The pattern is searched in the text outside the table, with every run of blanks made one. The stated
    number is not told: a pattern too wide could take another number of the page for it.
    """
    table.drop_tree()
    text = " ".join(" ".join(page.itertext()).split())
    failure = ""
    found, stated = None, -1
    try:
        found = re.search(pattern, text)
        if found is not None:
            stated = int(re.sub(r"[,.\s]", "", found["n"]))
    except (re.error, IndexError, ValueError, TypeError) as error:
        failure = type(error).__name__
    if failure:
        raise ReaderError(
            f"{place}: count_pattern does not give a number ({failure})",
            hint="it is a regular expression with a group `n` that takes the digits",
        )
    if found is None:
        raise ReaderError(
            f"{place}: the page does not state how many rows it has, or not in the words of count_pattern",
            hint="the page may be truncated or an error page: take it again; or the source changed its words",
        )
    if stated != filled:
        raise ReaderError(
            f"{place}: the page holds {filled} rows and states {'more' if stated > filled else 'fewer'}: "
            "it is truncated, or not the page it was",
            hint="take it again (a busy source may stop in the middle), or see count_pattern",
        )
