"""What a file is, by its first bytes, and with which of the project's readers it is read whole."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from apertura.contract.intake import HtmlTableReader, JsonReader, Reader, SavReader
from apertura.draft.text import delimited, html_table
from apertura.draft.workbook import workbook
from apertura.errors import ReaderError
from apertura.readers import RawTable, header, read, sav
from apertura.readers.encoding import foreign_format, looks_like_web_page
from apertura.readers.json_table import Paths


@dataclass(frozen=True)
class Recognised:
    """A reader that reads the files to their end, and the table it gave.

    `notes` are for the person who drafts and hold no text of the files. `sheet` is a workbook's sheet by
    position, for a name that may not be told.
    """

    reader: Reader
    table: RawTable
    notes: list[str] = field(default_factory=list)
    sheet: int | None = None


def recognise(
    paths: Sequence[Path],
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    *,
    sheet: int | None = None,
    place: str = "draft",
) -> Recognised:
    """Find the reader of one or several files of one layout, and read them with it.

    ReaderError when a file is of a format that is not read, when no row names the columns, or when every
    candidate fails: then with the words of the likeliest.
    """
    kinds = [_kind(path, where(place, number, len(paths))) for number, path in enumerate(paths, start=1)]
    for number, kind in enumerate(kinds, start=1):
        if kind != kinds[0]:
            raise ReaderError(
                f"{where(place, number, len(paths))}: is {kind}, where the first file is {kinds[0]}",
                hint="draft files of one format and layout together, others by themselves",
            )
    # The files' own names stay out of what readers say and sort by.
    files = [(f"{number:06d}", path) for number, path in enumerate(paths, start=1)]
    match kinds[0]:
        case "a workbook":
            return _workbook(paths, files, sheet, scratch, connection, place)
        case "an SPSS file":
            return _sav(paths, files, scratch, connection, place)
        case "JSON":
            return _json(paths, files, scratch, connection, place)
        case "a web page":
            plain = html_table(paths, None, place)
            table = read(plain, files, scratch, connection, where=place)
            stated = _with_count(plain, paths, scratch, connection, place)
            return Recognised(stated, table, table.notes)
    failure: ReaderError | None = None
    for candidate in delimited(paths, place):
        try:
            table = read(candidate, files, scratch, connection, where=place)
        except ReaderError as error:
            failure = failure or error
            continue
        return Recognised(candidate, table, table.notes)
    raise failure or ReaderError(f"{place}: no reader reads the file")


def _sav(
    paths: Sequence[Path],
    files: Sequence[tuple[str, Path]],
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    place: str,
) -> Recognised:
    """An SPSS file: codes as they are; how many variables have labels is noted."""
    reader = SavReader(format="sav")
    table = read(reader, files, scratch, connection, where=place)
    _, about = sav._read(reader, paths[0], place)
    labelled = sum(1 for labels in about.variable_value_labels.values() if labels)
    note = f"{labelled} variables have labels: name those that are wanted in `reader.labels`"
    return Recognised(reader, table, [note, *table.notes] if labelled else table.notes)


def _json(
    paths: Sequence[Path],
    files: Sequence[tuple[str, Path]],
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    place: str,
) -> Recognised:
    """JSON: the scalars of each record are columns; lists inside a record are noted by number."""
    reader = JsonReader(format="json")
    found = header(reader, paths[0], where=place)
    plain = [name for name in found if "[]" not in name]
    heads = Counter(name.partition("[]")[0] for name in found if "[]" in name)
    if _is_object(paths[0]) and heads and heads.most_common(1)[0][1] > len(plain):
        inner = heads.most_common(1)[0][0]
        reader = JsonReader(format="json", records=[f"{inner}[]"])
        found = header(reader, paths[0], where=place)
        plain = [name for name in found if "[]" not in name]
    if not plain:
        raise ReaderError(f"{place}: no record of the document has a value of its own", hint="write by hand")
    table = read(reader, files, scratch, connection, where=place, nested=Paths(tuple(plain)))
    inside = len(found) - len(plain)
    note = (
        f"{inside} paths lie in lists inside a record and are not drafted: each list is a resource of its own"
    )
    return Recognised(reader, table, [note, *table.notes] if inside else table.notes)


def _is_object(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(1024).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def _workbook(
    paths: Sequence[Path],
    files: Sequence[tuple[str, Path]],
    sheet: int | None,
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    place: str,
) -> Recognised:
    failure: ReaderError | None = None
    for candidate in workbook(paths[0], sheet, place):
        try:
            table = read(candidate.reader, files, scratch, connection, where=place)
        except ReaderError as error:
            failure = failure or error
            continue
        notes = [f"sheet {candidate.position} is drafted"]
        if candidate.others:
            notes[0] += f"; sheets {', '.join(str(other) for other in candidate.others)} hold cells, too"
        return Recognised(candidate.reader, table, [*notes, *table.notes], candidate.position)
    raise failure or ReaderError(f"{place}: no sheet is read")


def where(place: str, number: int, count: int) -> str:
    """How a file is named in messages: by its position among those given, never by its name."""
    return place if count == 1 else f"{place}: file {number} of {count}"


def _kind(path: Path, place: str) -> str:
    with path.open("rb") as stream:
        head = stream.read(1024)
    if not head:
        raise ReaderError(f"{place}: the file is empty", hint="take it again from the source")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "a workbook"
    if looks_like_web_page(head):
        return "a web page"
    if head.startswith((b"$FL2", b"$FL3")):
        return "an SPSS file"
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"["):
        return "JSON"
    if foreign := foreign_format(head):
        raise ReaderError(
            f"{place}: this is {foreign}, which `draft` does not read",
            hint="ask the institution for text or .xlsx, or write the contract by hand",
        )
    return "text"


def _with_count(
    reader: HtmlTableReader,
    paths: Sequence[Path],
    scratch: Path,
    connection: duckdb.DuckDBPyConnection,
    place: str,
) -> HtmlTableReader:
    """The reader with the page's own statement of its rows, where every page makes it and it holds."""
    filled = []
    for path in paths:
        table = read(reader, [("page", path)], scratch, connection, where=place)
        cells = " || ".join(f"coalesce({name}, '')" for name in _quoted(table.columns))
        sql = f"SELECT count(*) FROM {table.relation} WHERE trim({cells}, chr(160) || ' ' || chr(10) || chr(9)) <> ''"  # noqa: S608, E501
        row = connection.execute(sql).fetchone()
        filled.append(int(row[0]) if row else 0)
    stated = html_table(paths, filled, place)
    if stated.count_pattern is None:
        return reader
    try:
        for path in paths:
            read(stated, [("page", path)], scratch, connection, where=place)
    except ReaderError:
        return reader
    return stated


def _quoted(columns: Sequence[str]) -> list[str]:
    return ['"' + name.replace('"', '""') + '"' for name in columns]
