"""Tells an HTML page from data: many portals answer an error page with status 200."""

from __future__ import annotations

import re
from pathlib import Path

from apertura.errors import SourceError

SNIFFED_BYTES = 4096
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PROLOGUE = re.compile(r"(\s+|<\?xml[^>]*\?>|<!--.*?-->)*", re.DOTALL)
_PAGE = re.compile(r"<(!doctype\s+html|html|head|body|title|meta|script)\b", re.IGNORECASE)


def is_page(path: Path) -> bool:
    """Whether the file begins as an HTML page does: after blanks, comments and an XML declaration."""
    with path.open("rb") as file:
        head = file.read(SNIFFED_BYTES)
    encoding = "latin-1"
    for mark, name in _BOMS:
        if head.startswith(mark):
            head, encoding = head[len(mark) :], name
            break
    text = head.decode(encoding, errors="replace")
    prologue = _PROLOGUE.match(text)
    return _PAGE.match(text, prologue.end() if prologue else 0) is not None


def has_table(path: Path) -> bool:
    """Whether `<table` stands anywhere in the file."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if b"<table" in (tail + chunk).lower():
                return True
            tail = chunk[-5:]
    return False


def refuse_page(path: Path, formats: set[str], *, what: str) -> None:
    """SourceError when a page came instead of data; among `html-table` files, when a page has no table.

    `formats` are the readers that the contract's layouts may need for this file.
    """
    if "html-table" in formats:
        if (formats == {"html-table"} or is_page(path)) and not has_table(path):
            raise SourceError(f"{what} holds no HTML table: the source sent an error page", hint=_HINT)
    elif is_page(path):
        raise SourceError(f"{what} is an HTML page, not the data", hint=_HINT)


_HINT = (
    "the source sends an error or login page instead of data: open the landing page in a browser; when the "
    "file is there, drop it into the dataset's inbox"
)
