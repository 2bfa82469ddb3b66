"""The ways in which text is looked at when a value is searched: decoded, unmarked, stripped, turned round."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_plus

from apertura_demo.canary import Needle

WINDOW = 1 << 22
"""Bytes looked at together; windows overlap by OVERLAP, more than any planted text is long."""
OVERLAP = 1 << 12

_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{11,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*")
_HEX_RUN = re.compile(r"(?:[0-9A-Fa-f]{2}){7,}")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_HASH = re.compile(rb"[0-9a-f]{32,64}")
_TEXT = re.compile(rb"[A-Za-z0-9 ]{6}")
_SEPARATOR = rb"[\s./()-]{0,3}"
_NOT_LETTERS_OR_DIGITS = bytes(set(range(256)) - {c for c in range(128) if chr(c).isalnum()})


def without_marks(text: str) -> bytes:
    """`text` in small letters of ASCII: accents go, `ñ` is n, what has no such letter is left out."""
    folded = text.casefold()
    return (folded if folded.isascii() else unicodedata.normalize("NFKD", folded)).encode("ascii", "ignore")


def letters_and_digits(text: str) -> bytes:
    """Blanks, hyphens and all other signs removed too: `José-Ángel 12` is `joseangel12`."""
    return without_marks(text).translate(None, _NOT_LETTERS_OR_DIGITS)


class Searcher:
    """Finds needles in text and bytes, however encoded; knows nothing of files."""

    def __init__(self, needles: list[Needle]) -> None:
        """Prepare what each needle looks like, forwards, backwards and hashed without a key."""
        self._words: list[tuple[str, bytes]] = []
        self._numbers: list[tuple[str, bytes, re.Pattern[bytes]]] = []
        self._hashes: dict[bytes, str] = {}
        for needle in needles:
            bare = letters_and_digits(needle.value)
            turned = letters_and_digits(" ".join(reversed(needle.value.split())))
            for text in sorted({bare, bare[::-1], turned}):
                if needle.kind in ("phone", "nit"):
                    # Short numbers occur by chance in digits run together: they must stand by themselves.
                    spread = _SEPARATOR.join(bytes([c]) for c in text)
                    alone = re.compile(rb"(?<![0-9])(?:502" + _SEPARATOR + rb")?" + spread + rb"(?![0-9])")
                    self._numbers.append((needle.id, text, alone))
                else:
                    self._words.append((needle.id, text))
            # Without a key it is no pseudonym: everybody can compute the same hash.
            for clear in {needle.value.encode(), bare, bare.upper()}:
                for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256):
                    self._hashes[algorithm(clear).hexdigest().encode()] = needle.id

    def in_bytes(self, data: bytes) -> set[str]:
        """Ids of the needles in `data`, read as UTF-8, as latin-1 and as UTF-16."""
        found: set[str] = set()
        for start in range(0, max(len(data), 1), WINDOW - OVERLAP):
            window = data[start : start + WINDOW]
            found |= self.in_text(window.decode("utf-8", "ignore"))
            if not window.isascii():
                found |= self.in_text(window.decode("latin-1"))
            if b"\0" in window:
                # Spanish in UTF-16, of either order, is latin-1 with zeros in between.
                found |= self.in_text(window.replace(b"\0", b"").decode("latin-1"))
        return found

    def in_text(self, text: str, depth: int = 2) -> set[str]:
        """Ids of the needles in `text`, unescaped, without tags, `depth` times decoded from base64 or hex."""
        found = self._plainly_in(text)
        plainest = text
        for view in _unescaped(text):
            found |= self._plainly_in(view)
            plainest = view
        if depth > 0:
            for decoded in _unpacked(text if plainest is text else f"{text}\n{plainest}"):
                found |= self.in_text(decoded, depth - 1)
        return found

    def _plainly_in(self, text: str) -> set[str]:
        simple = without_marks(text)
        bare = simple.translate(None, _NOT_LETTERS_OR_DIGITS)
        found = {needle for needle, value in self._words if value in bare}
        found |= {needle for needle, value, alone in self._numbers if value in bare and alone.search(simple)}
        return found | {self._hashes[run] for run in _HASH.findall(simple) if run in self._hashes}


def _unescaped(text: str) -> Iterator[str]:
    """`text` with escapes of JSON, HTML and URLs undone, one upon the other, then without tags."""
    before = text
    if "\\" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    if "&" in text:
        text = html.unescape(text)
    if "%" in text:
        yield unquote_plus(text, encoding="latin-1")
        text = unquote_plus(text)
    if text != before:
        yield text
    if "<" in text:
        yield _TAG.sub("", text)


def _unpacked(text: str) -> Iterator[str]:
    """What the runs of base64 and hex in `text` decode to, all in one; pieces without text are left out."""
    pieces = [piece for run in set(_BASE64_RUN.findall(text)) for piece in _base64_pieces(run)]
    pieces += [bytes.fromhex(run) for run in set(_HEX_RUN.findall(text))]
    joined = b"\n".join(piece for piece in pieces if _TEXT.search(piece)).replace(b"\0", b"")
    if joined:
        yield joined.decode("utf-8", "ignore")
        if not joined.isascii():
            yield joined.decode("latin-1")


def _base64_pieces(run: str) -> Iterator[bytes]:
    """The bytes of a run, of either alphabet, at each of the four places where a group may begin."""
    letters = "".join(run.split()).replace("-", "+").replace("_", "/")
    for start in range(4):
        part = letters[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        yield base64.b64decode(part + "=" * (-len(part) % 4))
