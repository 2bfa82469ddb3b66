"""Delimited text and web pages as they are: encoding, separator, quote, header row, stated number of rows."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from apertura.contract.intake import DelimitedReader, HtmlTableReader
from apertura.draft.rows import LOOKED_AT, header_row, rows_above
from apertura.errors import ReaderError
from apertura.readers.encoding import MisfitError, open_text, strict_text, utf8_blocks
from apertura.readers.records import records
from apertura.readers.survey import Lines, Survey

Encoding = Literal["utf-8", "cp1252", "latin-1", "utf-16"]
_SEPARATORS = ",;|\t"
_HEAD = 1 << 18

_COUNT = re.compile(
    r"(?P<n>\d[\d,.]*) (?P<noun>\pL )?".replace(r"\pL ", r"[^\W\d_]{4,30} ")
    + r"(?P<end>encontrad[oa]s|registrad[oa]s|registros|resultados|filas)\b",
    re.IGNORECASE,
)
"""How a page states its number of rows; the noun before `encontrados` is what the table lists."""


def encodings_of(paths: Sequence[Path], place: str) -> list[Encoding]:
    """The encodings to declare for these files, the one that fits first.

    Text that is all UTF-8 may come in another one next month, so the usual ones follow it. Text that is not,
    and has no byte between 80 and 9F, is latin-1; with such bytes it is windows-1252. ReaderError when a
    file is none.
    """
    found = {_encoding(path, place) for path in paths}
    if found == {"utf-16"}:
        return ["utf-16"]
    if "utf-16" in found:
        raise ReaderError(
            f"{place}: some of the files are UTF-16 and others are not", hint="draft each kind by itself"
        )
    if found <= {"ascii", "utf-8"}:
        return ["utf-8", "cp1252", "latin-1"]
    first: list[Encoding] = ["utf-8"] if "utf-8" in found else []
    return [*first, "cp1252", "latin-1"] if "cp1252" in found else [*first, "latin-1", "cp1252"]


def _encoding(path: Path, place: str) -> str:
    with path.open("rb") as stream:
        if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
    tried: Sequence[Encoding] = ("utf-8", "latin-1", "cp1252")
    for encoding in tried:
        try:
            blocks = [block.isascii() for block in utf8_blocks(path, encoding)]
        except MisfitError:
            continue
        return "ascii" if all(blocks) else encoding
    raise ReaderError(
        f"{place}: the file is no text in UTF-8, UTF-16 with its mark, windows-1252 or latin-1",
        hint="see what the file is; ask the institution for text, .xlsx or another format that is read",
    )


def delimited(paths: Sequence[Path], place: str) -> list[DelimitedReader]:
    """The readers that the first file's beginning suggests, the likeliest first.

    ReaderError when no row looks like names of columns: what would be taken for a header is data.
    """
    encodings = encodings_of(paths, place)
    found: list[tuple[float, int, DelimitedReader]] = []
    headless = False
    for separator in _SEPARATORS:
        for quote in _quotes(paths, encodings, separator, place):
            rows = _rows(paths[0], encodings, separator, quote, place)
            lengths = Counter(len(row) for _, row in rows)
            if not lengths:
                continue
            width = max(lengths, key=lambda length: (lengths[length], length))
            if width == 1 and separator != _SEPARATORS[0]:
                continue
            reader = _reader(rows, width, encodings, separator, quote)
            if reader is None:
                headless = headless or lengths[width] / len(rows) > 0.9
                continue
            found.append((lengths[width] / len(rows) if width > 1 else 0.0, width, reader))
    if not found:
        raise _no_header(place) if headless else _no_table(place)
    found.sort(key=lambda one: (round(one[0], 1), one[1]), reverse=True)
    return [reader for _, _, reader in found]


def _reader(
    rows: Sequence[tuple[int, list[str]]],
    width: int,
    encodings: list[Encoding],
    separator: str,
    quote: Literal['"', ""],
) -> DelimitedReader | None:
    """The reader for rows (line number, values) of a width; None when no row names the columns."""
    body = [row for _, row in rows if len(row) == width]
    trailing = width > 1 and all(not row[-1].strip() for row in body[1:]) and len(body) > 1
    named = [row for _, row in rows]
    number = header_row(named, width - 1 if trailing else width)
    if number is None:
        return None
    line, names = rows[number - 1]
    # A last column that is named and always empty is a column like others.
    trailing = trailing and (len(names) == width - 1 or not names[-1].strip())
    if len(names) != width and not (trailing and len(names) == width - 1):
        return None
    declared = {
        "format": "delimited",
        "separator": separator,
        "quote": quote,
        "encodings": encodings,
        "header_row": line,
        "trailing_separator": trailing,
    }
    above = rows_above(named, number, width)
    if above and "header_rows" in DelimitedReader.model_fields:
        declared |= {"header_row": rows[number - 1 - above][0], "header_rows": 1 + above}
    return DelimitedReader.model_validate(declared)


def _rows(
    path: Path, encodings: Sequence[Encoding], separator: str, quote: str, place: str
) -> list[tuple[int, list[str]]]:
    """Line number and values of the first records; none where the quotes do not hold."""
    text = ""
    for encoding in encodings:
        try:
            with open_text(path, encoding, newline="") as stream:
                text = stream.read(_HEAD)
            break
        except UnicodeError:
            continue
    if len(text) == _HEAD:
        text = text[: text.rfind("\n") + 1]
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    rows: list[tuple[int, list[str]]] = []
    try:
        for line, _, values in records(io.StringIO(text, newline=newline), separator, quote, place):
            if values is not None:
                rows.append((line, values))
            if len(rows) >= LOOKED_AT:
                break
    except ReaderError:
        if len(rows) < LOOKED_AT // 10:
            return []
    return rows


def _quotes(
    paths: Sequence[Path], encodings: Sequence[Encoding], separator: str, place: str
) -> list[Literal['"', ""]]:
    """Whether `"` encloses values, the likelier answer first.

    It does not where one stands inside a value or never closes. Where there is none at all, the custom of
    the separator decides: what programs put between bars or tabs they do not quote.
    """
    surveys = [_survey(path, encodings, separator, place) for path in paths]
    if not all(survey is not None and survey[0] for survey in surveys):
        return ["", '"']
    quoted = any(survey is not None and survey[1] for survey in surveys)
    return ['"', ""] if quoted or separator in ",;" else ["", '"']


def _survey(
    path: Path, encodings: Sequence[Encoding], separator: str, place: str
) -> tuple[bool, bool] | None:
    """Whether all quotes of a file are where they may be, and whether it has any; None without lines."""
    for encoding in encodings:
        survey, quoted = Survey(separator, '"', place), False
        try:
            for data in Lines(utf8_blocks(path, encoding), 0, place, ""):
                survey.feed(data)
                quoted = quoted or b'"' in data
        except MisfitError:
            continue
        except ReaderError:
            return None
        return not survey.odd_quotes and not survey.open_quote, quoted
    return None


def html_table(paths: Sequence[Path], rows: Sequence[int] | None, place: str) -> HtmlTableReader:
    """The reader of web pages; with the rows that each holds also how the page states that number."""
    encodings = encodings_of(paths, place)
    if encodings == ["utf-16"]:
        raise ReaderError(f"{place}: a web page in UTF-16 is not read", hint="ask the source for UTF-8")
    reader = HtmlTableReader.model_validate({"format": "html-table", "encodings": encodings})
    if rows is None:
        return reader
    patterns = [_stated(path, reader, count) for path, count in zip(paths, rows, strict=True)]
    common = set.intersection(*patterns)
    return reader.model_copy(update={"count_pattern": min(common)}) if common else reader


def _stated(path: Path, reader: HtmlTableReader, rows: int) -> set[str]:
    """Patterns by which the page's text states that it holds so many rows."""
    data = path.read_bytes()
    text = ""
    for encoding in reader.encodings:
        try:
            text = strict_text(data, encoding)
            break
        except MisfitError:
            continue
    plain = " ".join(re.sub(r"<[^>]*>", " ", text[-_HEAD:] + " " + text[:_HEAD]).split())
    return {
        r"(?P<n>\d+)\s+" + (rf"{found['noun'].strip()}\s+" if found["noun"] else "") + found["end"]
        for found in _COUNT.finditer(plain)
        if re.sub(r"[,.]", "", found["n"]) == str(rows)
    }


def _no_header(place: str) -> ReaderError:
    return ReaderError(
        f"{place}: no row names the columns: the first full row looks like data",
        hint="ask the institution for the file with its header, or put one above the data and draft again",
    )


def _no_table(place: str) -> ReaderError:
    return ReaderError(
        f"{place}: no table is found in the text: no separator of comma, semicolon, bar and tab gives rows "
        "of one width under a row that names the columns",
        hint="see the file in an editor; its first rows may be titles that leave no header",
    )
