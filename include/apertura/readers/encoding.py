"""Which declared encoding fits the whole of a text, strictly and in the declared order."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from apertura.errors import ReaderError

BLOCK = 1 << 20
PYTHON_NAMES = {"utf-8": "utf-8-sig", "cp1252": "cp1252", "latin-1": "latin-1", "utf-16": "utf-16"}
_MARKS = {"utf-8": (codecs.BOM_UTF8,), "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)}
_C1_TEXT = re.compile("[\x80-\x9f]")

_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook, or an encrypted one"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
)


class MisfitError(Exception):
    """The bytes are not text of this encoding. Never leaves the room."""


def foreign_format(head: bytes) -> str | None:
    """What a file is that should have been text, by its first bytes; None when it may be text."""
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return name
    return None


def looks_like_web_page(head: bytes) -> bool:
    """Whether the first character of a text, after blanks and byte order mark, is `<`."""
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        head = head.removeprefix(mark)
    return head.lstrip(b" \t\r\n\0").startswith(b"<")


def candidates(head: bytes, declared: Sequence[str], place: str) -> list[str]:
    """The declared encodings that can be tried: a byte order mark decides alone.

    utf-16 is only taken with its mark (without one any even number of bytes would pass).
    """
    for encoding, marks in _MARKS.items():
        if head.startswith(marks):
            if encoding not in declared:
                raise ReaderError(
                    f"{place}: the file says it is {encoding}, which the contract does not declare "
                    f"(declared: {', '.join(declared)})",
                    hint=f"add {encoding} to the reader's encodings",
                )
            return [encoding]
    return [encoding for encoding in declared if encoding != "utf-16"]


def no_encoding_fits(place: str, declared: Sequence[str]) -> ReaderError:
    """The error when every declared encoding was refused."""
    return ReaderError(
        f"{place}: the file is not text in any declared encoding ({', '.join(declared)}), "
        "or it holds NUL bytes",
        hint="take the file again from the source; if it is good, declare its encoding in the reader",
    )


def open_text(path: Path, encoding: str, newline: str = "\n") -> TextIO:
    """The file as text, byte order mark removed, lines ending at `newline` and left as they are."""
    return path.open(encoding=PYTHON_NAMES[encoding], newline=newline)


def strict_text(data: bytes, encoding: str) -> str:
    """Bytes decoded whole; MisfitError when they are not of this encoding or hold NUL."""
    try:
        text = data.decode(PYTHON_NAMES[encoding])
    except UnicodeError:
        text = "\0"
    check_text(text, encoding)
    return text


def check_text(text: str, encoding: str) -> None:
    """MisfitError for NUL, and for the C1 controls that latin-1 text never has (cp1252 has letters there)."""
    if "\0" in text or (encoding == "latin-1" and _C1_TEXT.search(text)):
        raise MisfitError


def utf8_blocks(path: Path, encoding: str) -> Iterator[bytes]:
    """The file's text as UTF-8 bytes without byte order mark; MisfitError where it is not of `encoding`."""
    failed = False
    try:
        if encoding == "utf-8":
            yield from _checked_utf8(path)
        else:
            yield from _transcoded(path, encoding)
    except UnicodeError:
        failed = True
    if failed:
        raise MisfitError


def _checked_utf8(path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            if b"\0" in block:
                raise MisfitError
            # ASCII blocks need no decoding, unless a character was cut at the end of the last one.
            if decoder.getstate()[0] or not block.isascii():
                decoder.decode(block)
            yield block.removeprefix(codecs.BOM_UTF8) if first else block
            first = False
    decoder.decode(b"", final=True)


def _transcoded(path: Path, encoding: str) -> Iterator[bytes]:
    with open_text(path, encoding, newline="") as stream:
        while text := stream.read(BLOCK):
            check_text(text, encoding)
            yield text.encode()
