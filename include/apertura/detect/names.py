"""Whether texts hold a person's name: lists of names and the words around them, over whole columns.

A list alone would take most schools, streets and firms for people. So words are classed, and what decides is
their order: a given name beside a surname, in either order, unless it follows a word like COLEGIO or CALLE,
a saint's SAN, or precedes S.A. Everything is done on arrays of words; the only loop in Python is over rules.
"""

from __future__ import annotations

import csv
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
"""One truth a word."""

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
def read_lists(folder: Path) -> tuple[pa.Array, np.ndarray[Any, Any]]:
    """All listed words, folded, and the class of each; the last class is of a word in no list."""
    classes: dict[str, int] = {}
    for file, plain, everyday in (
        ("given.csv", GIVEN, EVERYDAY_GIVEN),
        ("surnames.csv", SURNAME, EVERYDAY_SURNAME),
    ):
        for name, mark in _read(folder / file, ["name", "everyday"]):
            classes[name] = classes.get(name, 0) | plain | (everyday if mark == "yes" else 0)
    for word, kind in _read(folder / "words.csv", ["word", "kind"]):
        if kind not in _KINDS:
            raise EngineError(f"{FOLDER}/words.csv: a word is of no known kind", hint="see its README")
        classes[word] = classes.get(word, 0) | _KINDS[kind]
    return pa.array(list(classes)), np.array([*classes.values(), 0], dtype=np.int32)


def _read(path: Path, columns: list[str]) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    if header != columns or any(len(row) != 2 or not row[0] for row in rows):
        raise EngineError(f"{FOLDER}/{path.name}: its columns are not {', '.join(columns)}", hint="mend it")
    return [(fold(row[0]), row[1]) for row in rows]


def fold(text: str) -> str:
    """As the macro that calls us folds: upper case, no accents."""
    import unicodedata

    plain = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()


def evidence(values: pa.Array, folder: Path) -> pa.Array:
    """For each folded text, whose words are parted by single or several blanks: SURE, LIKELY or null."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    split = pc.split_pattern(pc.fill_null(values, ""), " ")
    offsets = np.asarray(split.offsets)
    lengths = np.diff(offsets)
    flat = split.values[offsets[0] : offsets[-1]]
    row = np.repeat(np.arange(len(values), dtype=np.int32), lengths)
    there = np.asarray(pc.not_equal(flat, "").to_numpy(zero_copy_only=False), dtype=bool)
    if not there.any():
        return pa.nulls(len(values), pa.string())
    words, row = flat.filter(pa.array(there)), row[there]
    kinds = _classes(words, folder)
    keep = (kinds & _KINDS["particle"]) == 0
    sure, likely = _judge(kinds[keep], row[keep], len(values))
    answer = np.full(len(values), None, dtype=object)
    answer[likely] = LIKELY
    answer[sure] = SURE
    return pa.array(answer, pa.string())


def _classes(words: pa.Array, folder: Path) -> np.ndarray[Any, Any]:
    listed, classes = read_lists(folder)
    found = pc.fill_null(pc.index_in(words, value_set=listed), len(classes) - 1)
    kinds = classes[found.to_numpy(zero_copy_only=False)]
    unknown = np.flatnonzero(kinds == 0)
    if len(unknown):
        rest = words.take(pa.array(unknown))
        short = pc.less(pc.utf8_length(rest), 2).to_numpy(zero_copy_only=False)
        digits = pc.match_substring_regex(rest, "[0-9]").to_numpy(zero_copy_only=False)
        kinds[unknown] |= np.where(short, _LETTER, 0) | np.where(digits, _NUMBER, 0)
    return np.asarray(kinds)


class _Words:
    """The words of a batch of texts, each with its class, and what stands before and after it."""

    def __init__(self, kinds: np.ndarray[Any, Any], row: np.ndarray[Any, Any]) -> None:
        self.kinds, self.row = kinds, row

    def at(self, step: int) -> np.ndarray[Any, Any]:
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


def _judge(kinds: np.ndarray[Any, Any], row: np.ndarray[Any, Any], texts: int) -> tuple[Flags, Flags]:
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
    # One word between them that is in no list: MARIA X LOPEZ.
    over = strong_given & (after == 0) & _is(second, SURNAME) & ~_is(second, EVERYDAY_SURNAME)
    titled = _is(before, _KINDS["honorific"]) & (given | surname) & ((after == 0) | _is(after, _NAME))
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


def _is(kinds: np.ndarray[Any, Any], wanted: int) -> Flags:
    return np.asarray((kinds & wanted) != 0)


def _starts(words: _Words) -> np.ndarray[Any, Any]:
    """For each word the place where the run of names that it stands in began; titles belong to the run."""
    part = _is(words.kinds, _NAME | _KINDS["honorific"])
    went_on = np.zeros(len(part), dtype=bool)
    went_on[1:] = part[1:] & part[:-1] & (words.row[1:] == words.row[:-1])
    places = np.arange(len(part))
    return np.maximum.accumulate(np.where(went_on, 0, places))


def _of_other(words: _Words, start: np.ndarray[Any, Any]) -> Flags:
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
    return alone & ended & (count >= 3), alone
