"""Words of the vocabulary that SQL cannot say: functions over whole columns, registered under their names.

Each is documented like a macro, with examples that a test runs, and takes and gives Arrow arrays of text. A
contract never calls one: a macro of sql/clean stands before it, so that only texts that need it get there.
A function answers every text: it never raises, and what it has no answer for is null.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from apertura.detect import names
from apertura.errors import EngineError

Texts: TypeAlias = pa.Array
"""A column of text."""


@dataclass(frozen=True)
class Entry:
    """A line of a list: a code or a spelling, what it stands for, the years in which it does."""

    code: str
    label: str
    first: int | None
    last: int | None

    def holds(self, year: int) -> bool:
        """Whether the entry is in force in a year."""
        return (self.first is None or self.first <= year) and (self.last is None or year <= self.last)


@dataclass
class Lists:
    """The lists of include/reference/lists, as functions look into them; filled before the first look."""

    by_code: dict[str, dict[str, list[Entry]]] = field(default_factory=dict)
    spellings: dict[str, dict[str, str]] = field(default_factory=dict)
    home: Path = field(default_factory=Path)
    """The project's folder, for the lists of names."""


@dataclass(frozen=True)
class Function:
    """One function: its name, how many texts it takes, what it says of itself, and what it does."""

    name: str
    parameters: int
    comment: list[str]
    examples: list[tuple[str, str | None]]
    make: Callable[[Lists], Callable[..., Texts]]


def register(connection: duckdb.DuckDBPyConnection, lists: Lists) -> None:
    """Make every function known to the connection, before the macros that use them."""
    for function in FUNCTIONS:
        try:
            connection.create_function(
                function.name,
                function.make(lists),
                ["varchar"] * function.parameters,
                "varchar",
                type=PythonUDFType.ARROW,
                null_handling=FunctionNullHandling.SPECIAL,
            )
            continue
        except duckdb.Error as error:
            failure = type(error).__name__
        raise EngineError(
            f"DuckDB failed while registering the function {function.name}: {failure}",
            hint="report this to the maintainers",
        )


def read_list(path: Path) -> list[Entry]:
    """A list: CSV with the columns code, label, from, to; `from` and `to` are years, or empty.

    EngineError names the file and the line when it is not of that form, or when two entries of one code
    hold in the same year.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    place = f"include/reference/lists/{path.name}"
    hint = "mend the file: columns code,label,from,to; years of four digits"
    if not rows or rows[0] != ["code", "label", "from", "to"]:
        raise EngineError(f"{place}: its columns are not code,label,from,to", hint=hint)
    entries: list[Entry] = []
    seen: dict[str, list[Entry]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != 4 or not row[0] or not row[1] or any(y and not _is_year(y) for y in row[2:]):
            raise EngineError(f"{place}: line {number} is not an entry", hint=hint)
        entry = Entry(row[0], row[1], int(row[2]) if row[2] else None, int(row[3]) if row[3] else None)
        if any(_overlap(entry, other) for other in seen.get(entry.code, [])):
            raise EngineError(
                f"{place}: line {number} stands for another label of the same code and year", hint=hint
            )
        seen.setdefault(entry.code, []).append(entry)
        entries.append(entry)
    return entries


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isascii() and text.isdigit()


def _overlap(a: Entry, b: Entry) -> bool:
    return (a.first or 0) <= (b.last or 9999) and (b.first or 0) <= (a.last or 9999)


def _listed_label(lists: Lists) -> Callable[..., Texts]:
    def look(codes: Texts, years: Texts, names: Texts) -> Texts:
        found: dict[tuple[object, object, object], str | None] = {}
        answers = []
        for key in zip(codes.to_pylist(), years.to_pylist(), names.to_pylist(), strict=True):
            if key not in found:
                found[key] = _label(lists, *key)
            answers.append(found[key])
        return pa.array(answers, pa.string())

    return look


def _label(lists: Lists, code: str | None, year: str | None, name: str | None) -> str | None:
    """The label of a code in a year; without a year, the one label that the code has in all of them."""
    if code is None or name is None or (year is not None and not _is_year(year)):
        return None
    entries = lists.by_code.get(name, {}).get(code, [])
    labels = {entry.label for entry in entries if year is None or entry.holds(int(year))}
    return labels.pop() if len(labels) == 1 else None


def _listed_spelling(lists: Lists) -> Callable[..., Texts]:
    def look(keys: Texts, names: Texts) -> Texts:
        empty: dict[str, str] = {}
        pairs = zip(keys.to_pylist(), names.to_pylist(), strict=True)
        return pa.array([lists.spellings.get(name or "", empty).get(key) for key, name in pairs], pa.string())

    return look


def _listed_beginning(lists: Lists) -> Callable[..., Texts]:
    def look(keys: Texts, names: Texts) -> Texts:
        longest = {
            name: max((spelling.count(" ") + 1 for spelling in spellings), default=0)
            for name, spellings in lists.spellings.items()
        }
        pairs = zip(keys.to_pylist(), names.to_pylist(), strict=True)
        return pa.array(
            [
                None
                if key is None or name is None
                else _beginning(lists.spellings.get(name, {}), key.split(" ", longest.get(name, 0)))
                for key, name in pairs
            ],
            pa.string(),
        )

    return look


def _beginning(spellings: dict[str, str], words: Sequence[str]) -> str | None:
    """What the longest listed spelling among the first words stands for."""
    for count in range(len(words), 0, -1):
        if (label := spellings.get(" ".join(words[:count]))) is not None:
            return label
    return None


def _mojibake(_: Lists) -> Callable[..., Texts]:
    def mend(values: Texts) -> Texts:
        return pa.array([None if text is None else _mended(text) for text in values.to_pylist()], pa.string())

    return mend


_TO_BYTE = {bytes([byte]).decode("latin-1"): byte for byte in range(256)} | {
    bytes([byte]).decode("cp1252"): byte for byte in range(256) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""What a byte was shown as by a program that took UTF-8 for windows-1252 or latin-1."""


_MEANT = re.compile("[\t\n -~\u00a0-\u017f\u2010-\u2044\u20ac\u2122]*")
"""Letters and signs that a source of this country may have meant."""


def _mended(text: str) -> str | None:
    """The text that was meant, or null when it is not certain that something was misread.

    Certain is what gives UTF-8 back to the last byte, and that of Latin letters and common signs: Ñ¿ could be
    a Cyrillic letter misread, and is not. Done again for what was misread twice.
    """
    read, mended = text, None
    for _ in range(3):
        try:
            again = bytes(_TO_BYTE[letter] for letter in read).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            break
        if again == read:
            break
        read = again
        if _MEANT.fullmatch(read):
            mended = read
    return mended


def _name_evidence(lists: Lists) -> Callable[..., Texts]:
    folder = names.folder_of(lists.home)
    names.read_lists(folder)  # what is wrong with them is told here, not in the middle of a query
    return lambda values: names.evidence(values, folder)


FUNCTIONS = [
    Function(
        "listed_beginning",
        2,
        [
            "The label of the longest listed spelling with which a key (word_key) begins, word by word.",
            "Source: include/reference/lists; the macro is synonym_start.",
        ],
        [
            ("listed_beginning('INED DE SOLOLA', 'tipo-establecimiento')", _INED := (
                "Instituto Nacional de Educación Diversificada"
            )),
            ("listed_beginning('INED', 'tipo-establecimiento')", _INED),
            ("listed_beginning('INEDITO', 'tipo-establecimiento')", None),
            ("listed_beginning('INED', 'no-hay-tal-lista')", None),
            ("listed_beginning(NULL, 'tipo-establecimiento')", None),
        ],
        _listed_beginning,
    ),
    Function(
        "listed_label",
        3,
        [
            "The label of a code in a year; with no year, the one label that the code has in all years.",
            "Source: include/reference/lists; the macros are code_label and code_label_any.",
        ],
        [
            ("listed_label('1', '2020', 'si-no')", "Sí"),
            ("listed_label('1', NULL, 'si-no')", "Sí"),
            ("listed_label('7', '2020', 'si-no')", None),
            ("listed_label('1', 'MMXX', 'si-no')", None),
            ("listed_label(NULL, '2020', 'si-no')", None),
        ],
        _listed_label,
    ),
    Function(
        "listed_spelling",
        2,
        [
            "The label for which a key (word_key) is a listed spelling.",
            "Source: include/reference/lists; the macro is synonym.",
        ],
        [
            ("listed_spelling('INED', 'tipo-establecimiento')", _INED),
            ("listed_spelling('INED DE SOLOLA', 'tipo-establecimiento')", None),
            ("listed_spelling('INED', 'no-hay-tal-lista')", None),
            ("listed_spelling(NULL, 'tipo-establecimiento')", None),
        ],
        _listed_spelling,
    ),
    Function(
        "mojibake_reread",
        1,
        [
            "A text whose UTF-8 was read as windows-1252 or latin-1, once or more, read as it was meant.",
            "NULL when it was not: only what turns back into UTF-8 to the last byte is changed.",
            "Source: our own rule; the macro is mojibake_mended.",
        ],
        [
            ("mojibake_reread('COMPAÃ‘IA')", "COMPAÑIA"),
            ("mojibake_reread('PeÃƒÂ±a')", "Peña"),
            ("mojibake_reread('COMPAÑIA')", None),
            ("mojibake_reread('Ñ¿')", None),
            ("mojibake_reread('Ã‘ y Ñ')", None),
            ("mojibake_reread(NULL)", None),
        ],
        _mojibake,
    ),
    Function(
        "name_evidence",
        1,
        [
            "Whether a text holds a person's name: sure, likely (it may;",
            "where people are expected it is one), or NULL. Given names and surnames side by side count,",
            "unless the words around tell that a school, a street, a place or a firm bears the name.",
            "Source: include/reference/names; the macro is holds_name.",
        ],
        [
            ("name_evidence('MARIA GARCIA')", "sure"),
            ("name_evidence('SE NOTIFICO A JUAN TZOC')", "sure"),
            ("name_evidence('TZOC')", "likely"),
            ("name_evidence('Begoña Ixñumbatoc López, 3')", "sure"),
            ("name_evidence('COLEGIO MARIA GARCIA')", None),
            ("name_evidence(NULL)", None),
        ],
        _name_evidence,
    ),
]  # fmt: skip
"""Every function, by name."""
