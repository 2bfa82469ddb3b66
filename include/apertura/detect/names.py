"""Whether texts hold a person's name: lists of names and the words around them, over whole columns.

A list alone would take most schools, streets and firms for people. So words are classed, and what decides is
their order: a given name beside a surname, in either order, unless it follows a word like COLEGIO or CALLE,
a saint's SAN, or precedes S.A. Everything is done on arrays of words; the only loop in Python is over rules.
"""

from __future__ import annotations

import csv
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apertura.errors import EngineError

FOLDER = "include/reference/names"
SURE = "sure"
"""The words themselves say that it is a person."""
LIKELY = "likely"
"""It may be one: enough in a column that is said to hold people, too little elsewhere."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]
"""One truth a word, or a text."""
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
"""UTF-8."""
Codes = np.ndarray[Any, Any]
"""One whole number a word."""

GIVEN, SURNAME, EVERYDAY_GIVEN, EVERYDAY_SURNAME = 1, 2, 4, 8
_KINDS = {
    "particle": 16,
    "saint": 32,
    "honorific": 64,
    "person": 128,
    "thing": 256,
    "business": 512,
    "suffix": 1024,
    "noun": 2048,
}
_NAME = GIVEN | SURNAME
_OTHER = _KINDS["thing"] | _KINDS["business"]
_NO_PART = _OTHER | _KINDS["noun"] | _KINDS["suffix"] | _KINDS["saint"]
_LETTER = 4096
_NUMBER = 8192
_SMALL = 16384
"""A word in no list that begins with a small letter: no name is written so."""
_TITLE = 32768
"""A word in no list that is written like a name: only its first letter is a capital."""
_LONGEST = 6
"""Words of a value that is nothing but a name."""


def folder_of(home: Path) -> Path:
    """The lists of a project; those of this checkout when the project has none. EngineError without any."""
    for folder in (home / FOLDER, Path(__file__).resolve().parents[3] / FOLDER):
        if folder.is_dir():
            return folder
    raise EngineError(
        f"{FOLDER} is missing: names of people could not be recognised",
        hint="the project's folder must hold the lists of the checkout",
    )


@cache
def read_lists(folder: Path) -> tuple[pa.Array, Codes]:
    """All listed words, with and without accents, and the class of each; the last is of a word in no list."""
    classes: dict[str, int] = {}
    written: set[str] = set()
    for file, plain, everyday in (
        ("given.csv", GIVEN, EVERYDAY_GIVEN),
        ("surnames.csv", SURNAME, EVERYDAY_SURNAME),
    ):
        for name, mark in _read(folder / file, ["name", "everyday"]):
            written.add(name.upper())
            name = fold(name)
            classes[name] = classes.get(name, 0) | plain | (everyday if mark == "yes" else 0)
    for word, kind in _read(folder / "words.csv", ["word", "kind"]):
        if kind not in _KINDS:
            raise EngineError(f"{FOLDER}/words.csv: a word is of no known kind", hint="see its README")
        written.add(word.upper())
        classes[fold(word)] = classes.get(fold(word), 0) | _KINDS[kind]
    spelt = {**{name: classes[fold(name)] for name in written}, **classes}
    return pa.array(list(spelt), pa.large_string()), np.array([*spelt.values(), 0], dtype=np.int32)


def _read(path: Path, columns: list[str]) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    if header != columns or any(len(row) != 2 or not row[0] for row in rows):
        raise EngineError(f"{FOLDER}/{path.name}: its columns are not {', '.join(columns)}", hint="mend it")
    return [(row[0], row[1]) for row in rows]


def fold(text: str) -> str:
    """Upper case, no accents."""
    plain = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()


def evidence(values: pa.Array, folder: Path) -> pa.Array:
    """For each text SURE, LIKELY or null. Case, common accents and punctuation make no difference."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    values = pc.fill_null(values, "").cast(pa.large_string())
    offsets = np.frombuffer(values.buffers()[1], np.int64)[values.offset : values.offset + len(values) + 1]
    letters = _letters_of(values, int(offsets[0]), int(offsets[-1]))
    offsets = offsets - offsets[0]
    upper = _upper(letters)
    at = _first_letters(upper, offsets)
    kinds, ends = _look_up(upper, at, folder)
    row = np.searchsorted(offsets, at, side="right") - 1
    named = np.zeros(len(values), dtype=bool)
    named[row[_is(kinds, _NAME)]] = True
    if not named.any():
        return pa.nulls(len(values), pa.string())
    keep = named[row] & ~_is(kinds, _KINDS["particle"])  # most texts name nobody: no more is asked of them
    kinds, row = kinds[keep], row[keep]
    _describe_unknown(kinds, letters, at[keep], ends[keep])
    sure, likely = _judge(kinds, row, len(values))
    answer = np.full(len(values), None, dtype=object)
    answer[likely] = LIKELY
    answer[sure] = SURE
    return pa.array(answer, pa.string())


def _first_letters(upper: Bytes, offsets: Codes) -> Codes:
    """Where each word begins; the end of a text ends its last word."""
    black = upper != _BLANK
    starts = black.copy()
    starts[1:] &= ~black[:-1]
    inner = offsets[1:-1]
    inner = inner[inner < len(upper)]
    starts[inner] = black[inner]
    return np.flatnonzero(starts)


def _look_up(upper: Bytes, at: Codes, folder: Path) -> tuple[Codes, Codes]:
    """The class of each word, and where it ends."""
    black = upper != _BLANK
    before = np.cumsum(black)
    # Where each word begins once all blanks are gone.
    bounds = np.append(before[at] - 1, before[-1] if len(before) else 0).astype(np.int64)
    words = pa.LargeStringArray.from_buffers(
        len(at), pa.py_buffer(bounds), pa.py_buffer(np.ascontiguousarray(upper[black]))
    )
    listed, classes = read_lists(folder)
    found = pc.fill_null(pc.index_in(words, value_set=listed), len(classes) - 1)
    return classes[found.to_numpy(zero_copy_only=False)], at + np.diff(bounds)


def _describe_unknown(kinds: Codes, letters: Bytes, at: Codes, ends: Codes) -> None:
    """What words in no list look like: one letter, with digits, small, or written like a name."""
    unknown = kinds == 0
    digits = np.concatenate(([0], np.cumsum((letters >= ord("0")) & (letters <= ord("9")))))
    small = _is_small(letters, at)
    kinds[unknown & (ends - at < 2)] |= _LETTER
    kinds[unknown & (digits[ends] > digits[at])] |= _NUMBER
    kinds[unknown & small] |= _SMALL
    kinds[unknown & ~small & _is_small(letters, at + 1)] |= _TITLE


def _letters_of(values: pa.Array, first: int, last: int) -> Bytes:
    """The bytes of all texts."""
    data = values.buffers()[2]
    return np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[first:last]


def _is_small(letters: Bytes, at: Codes) -> Flags:
    """Whether the letter at each place is a small one."""
    padded = np.append(letters, np.zeros(2, np.uint8))
    here, after = padded[at], padded[at + 1]
    return np.asarray(((here >= ord("a")) & (here <= ord("z"))) | ((here == 0xC3) & (after >= 0xA0)))


_BLANK = ord(" ")
_UPPER = np.arange(256, dtype=np.uint8)
_UPPER[ord("a") : ord("z") + 1] -= 32
_UPPER[[*range(33), *map(ord, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), 127]] = _BLANK


def _upper(letters: Bytes) -> Bytes:
    """UTF-8 in upper case, signs as blanks, byte by byte: the length of nothing changes."""
    made = np.asarray(_UPPER[letters])
    if (letters < 128).all():
        return made
    for lead, size in ((0xC2, 2), (0xE2, 3)):  # signs of Latin-1; dashes, quotation marks and their like
        at = np.flatnonzero(letters == lead)
        for step in range(size):
            made[np.minimum(at + step, len(made) - 1)] = _BLANK
    after = np.flatnonzero(letters[:-1] == 0xC3) + 1
    small = after[(letters[after] >= 0xA0) & (letters[after] != 0xB7)]
    made[small] -= 0x20
    return made


class _Words:
    """The words of a batch of texts, each with its class, and what stands before and after it."""

    def __init__(self, kinds: Codes, row: Codes) -> None:
        self.kinds, self.row = kinds, row

    def at(self, step: int) -> Codes:
        """The class of the word `step` further in the same text; 0 where there is none."""
        if step == 0:
            return self.kinds
        moved = np.zeros_like(self.kinds)
        if abs(step) >= len(self.kinds):
            return moved
        here, there = (slice(None, -step), slice(step, None)) if step > 0 else (
            slice(-step, None), slice(None, step)
        )  # fmt: skip
        same = self.row[here] == self.row[there]
        moved[here] = np.where(same, self.kinds[there], 0)
        return moved

    def there(self, step: int) -> Flags:
        """Whether the text goes on for `step` words."""
        there = np.zeros(len(self.row), dtype=bool)
        if step < len(self.row):
            there[:-step] = self.row[:-step] == self.row[step:]
        return there


def _judge(kinds: Codes, row: Codes, texts: int) -> tuple[Flags, Flags]:
    """Texts that surely hold a name, and those that may."""
    words = _Words(kinds, row)
    here, after, before = words.at(0), words.at(1), words.at(-1)
    second = words.at(2)
    given, surname = _is(here, GIVEN), _is(here, SURNAME)
    strong_given = given & ~_is(here, EVERYDAY_GIVEN)
    strong_surname = surname & ~_is(here, EVERYDAY_SURNAME)
    next_given, next_surname = _is(after, GIVEN), _is(after, SURNAME)
    next_strong_given = next_given & ~_is(after, EVERYDAY_GIVEN)
    next_strong_surname = next_surname & ~_is(after, EVERYDAY_SURNAME)

    pair = (strong_given & next_surname) | (given & next_strong_surname) | (surname & next_strong_given)
    pair |= strong_surname & next_given & ~_is(here, GIVEN)
    pair |= strong_surname & next_strong_surname
    # A word in no list beside a name that is little else; and one between: MARIA X LOPEZ.
    pair |= strong_given & _unknown(after) & words.there(1)
    pair |= _unknown(here) & next_strong_given
    pair |= (here == _TITLE) & next_strong_surname
    over = strong_given & _unknown(after) & _is(second, SURNAME) & ~_is(second, EVERYDAY_SURNAME)
    over |= strong_given & _unknown(after) & _unknown(second) & words.there(2) & _is(words.at(3), SURNAME)
    titled = _is(before, _KINDS["honorific"]) & (given | surname) & (_unknown(after) | _is(after, _NAME))
    said = _is(before, _KINDS["person"]) & strong_given & ((after & _NO_PART) == 0) & (after != 0)
    whole, named = _wholes(words, texts)

    start = _starts(words)
    of_other = _of_other(words, start)
    hit = (pair | over | titled | said) & ~of_other
    sure = np.zeros(texts, dtype=bool)
    sure[row[hit]] = True
    likely = np.zeros(texts, dtype=bool)
    likely[row[(given | surname) & ~of_other]] = True
    return sure | whole, (likely & named) | sure | whole


def _unknown(kinds: Codes) -> Flags:
    """Words in no list that may be a name."""
    return np.asarray((kinds & ~_TITLE) == 0)


def _is(kinds: Codes, wanted: int) -> Flags:
    return np.asarray((kinds & wanted) != 0)


def _is_strong(kinds: Codes) -> Flags:
    """Names that are not everyday words, too."""
    given = _is(kinds, GIVEN) & ~_is(kinds, EVERYDAY_GIVEN)
    return np.asarray(given | (_is(kinds, SURNAME) & ~_is(kinds, EVERYDAY_SURNAME)))


def _starts(words: _Words) -> Codes:
    """For each word the place where the run of names that it stands in began; titles belong to the run."""
    part = _is(words.kinds, _NAME | _KINDS["honorific"])
    went_on = np.zeros(len(part), dtype=bool)
    went_on[1:] = part[1:] & part[:-1] & (words.row[1:] == words.row[:-1])
    places = np.arange(len(part))
    return np.maximum.accumulate(np.where(went_on, 0, places))


def _of_other(words: _Words, start: Codes) -> Flags:
    """Whether the run of names around a word is of a school, a street, a place or a firm."""
    other, saint, suffix = _OTHER, _KINDS["saint"], _KINDS["suffix"]
    near = _is(words.at(-1), other | saint) | (
        _is(words.at(-2), other) & ~_is(words.at(-1), _KINDS["person"])
    )
    firm = np.zeros(len(start), dtype=bool)
    for step in range(1, 5):
        firm |= _is(words.at(step), suffix)
    letters = _is(words.at(1), _LETTER) & _is(words.at(2), _LETTER)
    far = _is(words.at(2), _LETTER) & _is(words.at(3), _LETTER)
    return np.asarray(near[start] | firm | letters | far | _is(words.kinds, saint))


def _wholes(words: _Words, texts: int) -> tuple[Flags, Flags]:
    """Texts that are nothing but a name with a given name first or last; and those that could be a name."""
    count = np.bincount(words.row, minlength=texts)
    bad = np.bincount(
        words.row, (words.kinds & (_NO_PART | _NUMBER | _KINDS["person"])) != 0, minlength=texts
    )
    first = np.ones(len(words.row), dtype=bool)
    first[1:] = words.row[1:] != words.row[:-1]
    last = np.ones(len(words.row), dtype=bool)
    last[:-1] = first[1:]
    strong = _is(words.kinds, GIVEN) & ~_is(words.kinds, EVERYDAY_GIVEN)
    ends = strong & (first | last)
    ended = np.zeros(texts, dtype=bool)
    ended[words.row[ends]] = True
    alone = (bad == 0) & (count <= _LONGEST)
    listed = np.bincount(words.row, _is(words.kinds, _NAME), minlength=texts)
    proper = np.bincount(words.row, _is_strong(words.kinds), minlength=texts)
    return alone & (count >= 3) & (ended | ((listed >= 2) & (proper >= 1))), alone
