"""Counting the records of delimited text without parsing it: what DuckDB's answer is held against.

Works on blocks of UTF-8 bytes with numpy, at about a gigabyte a second, and finds on the way what the
engine cannot be trusted with: mixed line ends, a bare CR, quotes that are not RFC 4180's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from apertura.errors import ReaderError

RECORD_LIMIT = 16 << 20
"""Bytes of one record; a longer one is a file without line ends, or a quote that never closes."""

_CR, _LF, _QUOTE = 13, 10, 34


class Survey:
    """Counts over the data part of a file (the header and what stands above it left out)."""

    def __init__(self, separator: str, quote: str, place: str) -> None:
        self.lines = 0
        self.records = 0
        self.blank = 0
        self.quoted_newlines = 0
        self.separators = 0
        self.returns = 0
        self.crlf = 0
        self.odd_quotes = 0
        self.longest = 0
        self.open_quote = False
        self.ends_with_newline = True
        self._separator = ord(separator) if separator.isascii() else -1
        self._quote = quote
        self._open = 0
        self._ends_with_cr = False
        self._place = place
        self._odd_before = _all_but(self._separator, _LF, _QUOTE)
        self._odd_after = _all_but(self._separator, _LF, _CR, _QUOTE)

    @property
    def plain(self) -> bool:
        """Whether DuckDB reads this text as it is meant: well-formed quotes, one kind of line end.

        The line ends inside quotes count too: DuckDB fails on some files where they differ.
        """
        one_kind = not self.returns or self.returns == self.crlf == self.lines
        return one_kind and not self.odd_quotes and not self.open_quote and self._separator >= 0

    def like(self, lines: Iterable[bytes]) -> bool:
        """Whether these lines end as the surveyed ones do (DuckDB fails on the first that does not)."""
        end = b"\r\n" if self.returns else b"\n"
        return all(line.endswith(end) and b"\r" not in line.removesuffix(end) for line in lines)

    def rows(self, columns: int) -> int:
        """Data rows: a blank line is a row only where a row is one value."""
        return self.records - (self.blank if columns > 1 else 0)

    def feed(self, data: bytes) -> None:
        """Take the next whole lines (only the last call may lack a line end)."""
        view = np.frombuffer(data, np.uint8)
        if self._quote and b'"' in data:
            newlines, ends = self._read_quoted(view)
        else:
            newlines = np.flatnonzero(view == _LF)
            ends = newlines[:0] if self.open_quote else newlines
            if self._separator >= 0 and not self.open_quote:
                self.separators += data.count(self._separator)
        self._measure(view, ends)
        self.lines += len(newlines)
        self.quoted_newlines += len(newlines) - len(ends)
        if b"\r" in data:
            returns = np.flatnonzero(view == _CR)
            self.returns += len(returns)
            self.crlf += int((view[returns[returns < len(view) - 1] + 1] == _LF).sum())
        self.ends_with_newline = data.endswith(b"\n")
        self._ends_with_cr = data.endswith(b"\r")

    def _read_quoted(self, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Count separators and judge quotes; answers where lines end, and those that also end a record.

        Line ends, quotes and separators are found in one go: all else is about these few bytes.
        Separators outside quotes are counted because DuckDB silently takes an empty value too many.
        """
        marked = (view == _LF) | (view == _QUOTE)
        if self._separator >= 0:
            marked |= view == self._separator
        places = np.flatnonzero(marked)
        kinds = view[places]
        is_quote = kinds == _QUOTE
        outside = (np.cumsum(is_quote) + self.open_quote) % 2 == 0
        is_newline = kinds == _LF
        if self._separator >= 0:
            self.separators += int(np.count_nonzero(outside & (kinds == self._separator)))
        quotes = places[is_quote]
        self._judge_quotes(view, quotes)
        self.open_quote = (self.open_quote + len(quotes)) % 2 == 1
        return places[is_newline], places[is_newline & outside]

    def finish(self) -> None:
        """Count a last record that has no line end."""
        if self._open:
            self.records += 1
            self.lines += 0 if self.ends_with_newline else 1
            self.blank += self._open == 1 and self._ends_with_cr
            self.longest = max(self.longest, self._open)
            self._open = 0

    def _measure(self, view: np.ndarray, ends: np.ndarray) -> None:
        """Records, blank ones, the longest."""
        if len(ends):
            lengths = np.diff(ends, prepend=-1 - self._open) - 1
            lone_cr = (lengths == 1) & (view[ends - 1] == _CR)
            self.blank += int(((lengths == 0) | lone_cr).sum())
            self.longest = max(self.longest, int(lengths.max()))
            self.records += len(ends)
            self._open = len(view) - int(ends[-1]) - 1
        else:
            self._open += len(view)
        if self._open > RECORD_LIMIT or self.longest > RECORD_LIMIT:
            raise record_too_long(self._place, self._quote)

    def _judge_quotes(self, view: np.ndarray, quotes: np.ndarray) -> None:
        """Count quotes that open inside a value, or close before its end.

        What is not there, before the first byte and after the last, is the line end between two blocks.
        """
        first = int(self.open_quote)
        opening, closing = quotes[first::2], quotes[1 - first :: 2]
        if len(opening) and opening[0] == 0:
            opening = opening[1:]
        if len(closing) and closing[-1] == len(view) - 1:
            closing = closing[:-1]
        self.odd_quotes += int(np.count_nonzero(self._odd_before[view[opening - 1]]))
        self.odd_quotes += int(np.count_nonzero(self._odd_after[view[closing + 1]]))


def _all_but(*codes: int) -> np.ndarray:
    """A table of the 256 bytes: true but for these."""
    table = np.ones(256, bool)
    table[[code for code in codes if code >= 0]] = False
    return table


@dataclass
class Lines:
    """Blocks regrouped so that each ends with a line end, the first `skip` lines left out (and kept)."""

    blocks: Iterable[bytes]
    skip: int
    place: str
    quote: str
    skipped: list[bytes] = field(default_factory=list)

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        skip = self.skip
        for block in self.blocks:
            data = rest + block
            while skip and (end := data.find(b"\n") + 1):
                self.skipped.append(data[:end])
                data = data[end:]
                skip -= 1
            cut = 0 if skip else data.rfind(b"\n") + 1
            if cut:
                yield data[:cut]
            rest = data[cut:]
            if len(rest) > RECORD_LIMIT:
                raise record_too_long(self.place, self.quote)
        if rest and not skip:
            yield rest


def record_too_long(place: str, quote: str) -> ReaderError:
    """The error for a record no institution would write."""
    cause = "a quote that never closes, or " if quote else ""
    return ReaderError(
        f"{place}: a record is longer than {RECORD_LIMIT >> 20} MiB: {cause}a file without line ends",
        hint="see whether the reader's quote and separator are those of the file",
    )
