"""Delimited text split by our own rules, record by record: for headers, and for what DuckDB cannot read.

A line ends at LF or CRLF (at CR in a file that has no LF). A value that starts with a quote is quoted
to its closing one, `""` inside is one quote; a quote elsewhere in a value is a character like others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from apertura.errors import ReaderError
from apertura.readers.survey import RECORD_LIMIT, record_too_long


def records(
    stream: TextIO, separator: str, quote: str, place: str, *, skip: int = 0
) -> Iterator[tuple[int, int, list[str] | None]]:
    """First and last line of each record (from 1) and its values; None for a blank line.

    `skip` lines are passed over first. ReaderError for a quoted value that never closes, or that text
    follows.
    """
    for _ in range(skip):
        if not _line(stream, place, quote):
            return
    number = skip
    while line := _line(stream, place, quote):
        number += 1
        body = _body(line)
        if not quote or quote not in line:
            yield number, number, body.split(separator) if body else None
            continue
        start, size, values = number, len(line), list[str]()
        unfinished = _split(line, body, separator, quote, values, None)
        while unfinished is not None:
            line = "" if unfinished is _MALFORMED else _line(stream, place, quote)
            number, size = number + 1, size + len(line)
            if not line:
                raise _bad_quotes(place, start)
            if size > RECORD_LIMIT:
                raise record_too_long(place, quote)
            unfinished = _split(line, _body(line), separator, quote, values, unfinished)
        yield start, number, values


_MALFORMED = ["\0"]
"""Answer of `_split` for text after a closing quote; NUL is never in a text we read."""


def _split(
    line: str, body: str, separator: str, quote: str, values: list[str], value: list[str] | None
) -> list[str] | None:
    """Append a line's values; answer the parts of a quoted value that goes on in the next line.

    `value` is such a value, open from the line before; `body` is the line without its end.
    """
    at = 0
    while True:
        if value is None:
            if not body.startswith(quote, at):
                end = body.find(separator, at)
                values.append(body[at:] if end < 0 else body[at:end])
                if end < 0:
                    return None
                at = end + 1
                continue
            value, at = [], at + 1
        end = line.find(quote, at)
        if end < 0:
            value.append(line[at:])
            return value
        if line.startswith(quote, end + 1):
            value.append(line[at : end + 1])
            at = end + 2
            continue
        value.append(line[at:end])
        values.append("".join(value))
        value, at = None, end + 1
        if at == len(body):
            return None
        if body[at] != separator:
            return _MALFORMED
        at += 1


def _line(stream: TextIO, place: str, quote: str) -> str:
    line = stream.readline(RECORD_LIMIT + 1)
    if len(line) > RECORD_LIMIT:
        raise record_too_long(place, quote)
    return line


def _body(line: str) -> str:
    """A line without its end, whichever of LF, CRLF and CR it is."""
    return line.removesuffix("\n").removesuffix("\r")


def _bad_quotes(place: str, line: int) -> ReaderError:
    return ReaderError(
        f"{place}: in the record at line {line} a quoted value never closes, or text follows its end",
        hint="the file is truncated: take it again; or the source does not quote: declare `quote: ''`",
    )
