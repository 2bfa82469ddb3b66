"""Names of fields made of names of columns, and which names of columns may be repeated at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import duckdb

from apertura.detect import Column, count_kinds
from apertura.detect.names import EVERYDAY_GIVEN, GIVEN, fold, folder_of, read_lists
from apertura.prepare.engine import literal, quoted

_LONGEST = 60
_DIGITS = re.compile(r"\d{8,}|(\d[ .-]?){13}|(?<!\d)(?!19|20)\d{4}[ .-]\d{4}(?!\d)")
_HOLD = ("cui", "nit", "phone", "email", "passport", "account", "name")


def words_of(name: str) -> list[str]:
    """The words of a column's name: folded, apart at blanks, signs, digits and changes to upper case."""
    apart = re.sub(r"(?<=[a-záéíóúüñ])(?=[A-ZÁÉÍÓÚÜÑ])", " ", name)
    return re.findall(r"[a-z]+", _folded(apart))


def field_names(columns: Sequence[str], masked: Collection[int]) -> list[str]:
    """A name for each column (positions from 1), none twice; `columna_<position>` for those masked."""
    names: list[str] = []
    for position, column in enumerate(columns, start=1):
        name = "" if position in masked else _field_name(column)
        name = name or f"columna_{position}"
        if name in names:
            name = f"{name[: _LONGEST - 6]}_{position}"
        while name in names:
            name = f"{name[: _LONGEST - 8]}_{position}_x"
        names.append(name)
    return names


def masked_names(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], home: Path) -> set[int]:
    """Positions (from 1) of columns whose names look like a person's data: a number, an address, a name.

    A file that came without its header has its first person there. So less is asked than in a column of data:
    a given name that begins a text is enough, whatever follows.
    """
    given = _given(folder_of(home))
    found = {
        position
        for position, name in enumerate(columns, start=1)
        if "@" in name
        or _begins_with_a_given_name(name, given)
        or _DIGITS.search(name)
        or any(unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn") for c in name)
    }
    for start in range(0, len(columns), 100):
        found |= _found(connection, columns[start : start + 100], start)
    return found


def holds_person(connection: duckdb.DuckDBPyConnection, text: str, home: Path) -> bool:
    """Whether a text of the file's frame (a sheet's name, a page's words) looks like a person's data."""
    return bool(masked_names(connection, [text], home))


@cache
def _given(folder: Path) -> dict[str, bool]:
    """Given names, and whether each is an everyday word, too."""
    words, classes = read_lists(folder)
    return {
        word: bool(marks & EVERYDAY_GIVEN)
        for word, marks in zip(words.to_pylist(), classes.tolist(), strict=False)
        if marks & GIVEN
    }


def _begins_with_a_given_name(name: str, given: Mapping[str, bool]) -> bool:
    """Of three words or more also one that is an everyday word; a saint's name is a place's."""
    words = re.findall(r"[A-Z_]+", fold(re.sub(r"[.,]", " ", name)))
    if len(words) < 2 or words[0] in ("SAN", "SANTA", "SANTO"):
        return False
    return any(word in given and (len(words) > 2 or not given[word]) for word in words[:2])


def _found(connection: duckdb.DuckDBPyConnection, names: Sequence[str], before: int) -> set[int]:
    texts = [name if "@" in name else re.sub(r"[_.]", " ", name) for name in names]
    cells = ", ".join(
        f"{literal(text)} AS {quoted(f'c{at}')}" for at, text in enumerate(texts, start=before + 1)
    )
    columns = [Column(f"c{before + at}") for at in range(1, len(names) + 1)]
    counts = count_kinds(connection, f"(SELECT {cells})", columns, _HOLD)
    return {int(count.column[1:]) for count in counts if count.hits}


def _field_name(column: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", _folded(column)).strip("_")
    if "ñ" in unicodedata.normalize("NFC", column.lower()):
        name = re.sub(r"(?<![a-z])ano(?=s?(_|$))", "anio", name)
    if name and not name[0].isalpha():
        name = f"col_{name}"
    return name[:_LONGEST].strip("_")


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
