"""The records of a JSON document, one after the other: only one of them is in memory at a time.

A document is a record itself, a list of records, or a package that holds them under a key. Numbers stay the
text they were written as; a key that stands twice in an object is refused, for nobody knows which one holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from apertura.errors import ReaderError
from apertura.readers.encoding import foreign_format, looks_like_web_page, open_text
from apertura.readers.json_paths import Step, steps_of
from apertura.readers.table import DAMAGED

BLOCK = 1 << 20
VALUE_LIMIT = 64 << 20
"""Characters of one record (or of a whole document that is one)."""

_BLANK = " \t\r\n"


class Number(str):
    """A number as it is written in the document."""

    __slots__ = ()


class _RepeatedKeyError(Exception):
    """An object has a key twice. Never leaves this module."""


def records(path: Path, places: Sequence[str], place: str) -> Iterator[dict[str, Any]]:
    """Each record of a document, found at the first of `places` that the document has.

    A place is a path to the records: `releases[]`, `records[].compiledRelease`, `[]` for a list, the empty
    text for a document that is one record. ReaderError when the bytes are no JSON, when no place is there,
    and when what stands there is no object.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise ReaderError(f"{place}: the file is empty", hint=DAMAGED)
    foreign = foreign_format(head) or ("a web page" if looks_like_web_page(head) else None)
    if foreign:
        raise ReaderError(f"{place}: the file is {foreign}, not JSON", hint=DAMAGED)
    try:
        with open_text(path, "utf-8", newline="") as stream:
            yield from _records(_Window(stream, place), [steps_of(one) for one in places], place)
    except UnicodeError:
        raise ReaderError(f"{place}: the file is not UTF-8, which JSON is", hint=DAMAGED) from None


def _records(window: _Window, places: list[list[Step]], place: str) -> Iterator[dict[str, Any]]:
    if window.peek() == "[":
        lists = [steps[1:] for steps in places if steps and steps[0] == Step("", True)]
        if not lists:
            raise _nowhere(place)
        yield from _elements(window, lists, place)
        window.end()
        return
    keys = {steps[0].key for steps in places if steps and steps[0].key}
    whole = [] in places
    found = False
    kept: dict[str, Any] = {}
    for key in window.members():
        if key not in keys:
            value = window.value()
            if whole:
                kept[key] = value
            continue
        found = True
        below = [steps for steps in places if steps and steps[0].key == key]
        lists = [steps[1:] for steps in below if steps[0].many]
        if window.peek() == "[" and lists:
            yield from _elements(window, lists, place)
        else:
            yield from _found(window.value(), [steps[1:] for steps in below if not steps[0].many], place)
    window.end()
    if not found:
        if not whole:
            raise _nowhere(place)
        yield kept


def _elements(window: _Window, places: list[list[Step]], place: str) -> Iterator[dict[str, Any]]:
    for value in window.items():
        yield from _found(value, places, place)


def _found(value: Any, places: list[list[Step]], place: str) -> Iterator[dict[str, Any]]:
    """The records at the first place that this value has."""
    for steps in places:
        below = _below(value, steps)
        if below is None:
            continue
        for record in below:
            if not isinstance(record, dict):
                raise ReaderError(f"{place}: what stands where a record should is no object", hint=_HINT)
            yield record
        return
    raise _nowhere(place)


def _below(value: Any, steps: list[Step]) -> list[Any] | None:
    """What a path leads to, None when the value does not have it."""
    values = [value]
    for step in steps:
        if not all(isinstance(one, dict) and step.key in one for one in values):
            return None
        values = [one[step.key] for one in values]
        if step.many:
            if not all(isinstance(one, list) for one in values):
                return None
            values = [element for one in values for element in one]
    return values


_HINT = "see whether the reader's `records` are the places where this source keeps them"


def _nowhere(place: str) -> ReaderError:
    return ReaderError(f"{place}: the document has records at none of the declared places", hint=_HINT)


class _Window:
    """A piece of the text, from which values are taken one by one."""

    def __init__(self, stream: TextIO, place: str) -> None:
        self._stream = stream
        self._place = place
        self._text = ""
        self._at = 0
        self._over = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_no_constant
        )

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._at < len(self._text):
                character = self._text[self._at]
                if character not in _BLANK:
                    return character
                self._at += 1
            if not self._more(BLOCK):
                return ""

    def end(self) -> None:
        """ReaderError when anything follows."""
        if self.peek():
            raise self._malformed()

    def members(self) -> Iterator[str]:
        """The keys of the object that starts here; whoever iterates takes each key's value."""
        self._take("{")
        if self.peek() == "}":
            self._at += 1
            return
        seen: set[str] = set()
        while True:
            if self.peek() != '"':
                raise self._malformed()
            key = str(self.value())
            if key in seen:
                raise _repeated(self._place)
            seen.add(key)
            self._take(":")
            yield key
            if not self._goes_on("}"):
                return

    def items(self) -> Iterator[Any]:
        """The elements of the list that starts here."""
        self._take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if not self._goes_on("]"):
                return

    def value(self) -> Any:
        """The whole value that starts here."""
        self.peek()
        size = BLOCK
        while True:
            fault = None
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except ValueError:
                fault = self._malformed()
            except RecursionError:
                raise ReaderError(f"{self._place}: values are nested too deeply", hint=DAMAGED) from None
            except _RepeatedKeyError:
                raise _repeated(self._place) from None
            # A number that ends where the window does may go on behind it.
            if fault is None and (end < len(self._text) or self._over):
                self._at = end
                return value
            if len(self._text) - self._at > VALUE_LIMIT:
                raise ReaderError(
                    f"{self._place}: a record is longer than {VALUE_LIMIT >> 20} MiB, or it is no JSON",
                    hint="see whether the reader's `records` name the list, and whether the file is whole",
                )
            if not self._more(size) and fault is not None:
                raise fault
            size *= 2

    def _more(self, size: int) -> bool:
        block = self._stream.read(size)
        self._text = self._text[self._at :] + block
        self._at = 0
        self._over = not block
        return bool(block)

    def _take(self, character: str) -> None:
        if self.peek() != character:
            raise self._malformed()
        self._at += 1

    def _goes_on(self, closing: str) -> bool:
        """Pass over the comma, or over the closing bracket."""
        character = self.peek()
        if character not in (",", closing) or not character:
            raise self._malformed()
        self._at += 1
        return character == ","

    def _malformed(self) -> ReaderError:
        return ReaderError(f"{self._place}: the file is no JSON, or it is truncated", hint=DAMAGED)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RepeatedKeyError
    return made


def _no_constant(_: str) -> None:
    raise ValueError


def _repeated(place: str) -> ReaderError:
    return ReaderError(
        f"{place}: a key stands twice in one object", hint="ask the institution which one holds"
    )
