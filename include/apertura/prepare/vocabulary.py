"""The cleaning vocabulary: loads the macros of sql/clean and the code lists they look into.

One file holds one macro, named like the file. Its comment says what it does, where the rule comes from,
and examples (`-- example: <expression> -> <result as text, or NULL>`) that a test runs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from apertura.contract import Dataset
from apertura.errors import EngineError
from apertura.prepare.engine import literal, run
from apertura.prepare.functions import FUNCTIONS, Lists, read_list, register
from apertura.prepare.needed import detectors, needed, needed_lists

_EXAMPLE = re.compile(r"^-- example: (?P<expression>.+) ->(?: (?P<result>.*))?$")
_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")
_CAST = re.compile(r"\bTRY_CAST\b|\bCAST\b|::", re.IGNORECASE)
_CALENDAR_CAST = re.compile(r"CAST\(try_strptime\([^()]*(?:\([^()]*\))?[^()]*\) AS DATE\)")
_TERRITORY = "include/reference/territory"


@dataclass(frozen=True)
class Example:
    """One line of a macro's comment: an expression and its result as text, None for NULL."""

    expression: str
    result: str | None


@dataclass(frozen=True)
class Macro:
    """One word of the vocabulary."""

    name: str
    comment: list[str]
    examples: list[Example]
    sql: str

    @property
    def casts(self) -> bool:
        """Whether it casts what it is given, so that it may not stand directly over a text file's reader.

        DuckDB pushes a cast of a column into its CSV reader, where one bad value is an error that quotes
        the line. A cast of what strptime answered is none of a column.
        """
        return _CAST.search(_CALENDAR_CAST.sub("", self.sql)) is not None


def read_macro(path: Path) -> Macro:
    """One file of sql/clean. EngineError when it does not create the macro it is named for."""
    comment: list[str] = []
    examples: list[Example] = []
    body: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if body or not line.startswith("--"):
            body.append(line)
        elif found := _EXAMPLE.match(line):
            result = found["result"] or ""
            examples.append(Example(found["expression"], None if result == "NULL" else result))
        else:
            comment.append(line.removeprefix("--").strip())
    sql = "\n".join(body).strip()
    if not sql.startswith(f"CREATE OR REPLACE MACRO {path.stem}("):
        raise EngineError(
            f"sql/clean/{path.name} does not create the macro {path.stem}",
            hint="one file holds one macro, named like the file",
        )
    return Macro(path.stem, comment, examples, sql)


def read_vocabulary(paths: Iterable[Path]) -> dict[str, Macro]:
    """All macros by name, each after those it uses: DuckDB binds a macro's body when it is made."""
    found = {path.stem: read_macro(path) for path in paths}
    ordered: dict[str, Macro] = {}

    def add(macro: Macro, above: tuple[str, ...]) -> None:
        if macro.name in above:
            raise EngineError(f"sql/clean: the macros {', '.join(above)} use each other in a circle")
        for name in sorted(_used(macro, found)):
            if name not in ordered:
                add(found[name], (*above, macro.name))
        ordered.setdefault(macro.name, macro)

    for macro in found.values():
        add(macro, ())
    return ordered


def _used(macro: Macro, known: dict[str, Macro]) -> set[str]:
    text = re.sub(r"--[^\n]*|'[^']*'", " ", macro.sql)
    return {name for name in _NAME.findall(text) if name in known and name != macro.name}


def as_page(paths: Iterable[Path]) -> str:
    """The vocabulary as a page of Markdown, word by word with its examples."""
    lines = [
        "# Vocabulary",
        "The words of `sql/clean/`, one macro a file, that contracts use in `clean`, `admit`, `derive`, `exclude_rows` and,",
        "as `<type>_<format>`, to read a typed column. This page is made by `make schema`; each example is a test.",
    ]
    for _, macro in sorted(read_vocabulary(paths).items()):
        lines += ["", f"## {macro.name}", *macro.comment, ""]
        lines += [
            f"    {example.expression} -> {'NULL' if example.result is None else example.result}"
            for example in macro.examples
        ]
    lines += ["", "# Functions", "What SQL cannot say; the macros above call them, contracts do not."]
    for function in FUNCTIONS:
        lines += ["", f"## {function.name}", *function.comment, ""]
        lines += [
            f"    {said} -> {'NULL' if result is None else result}" for said, result in function.examples
        ]
    return "\n".join(lines) + "\n"


def casting(vocabulary: dict[str, Macro], names: Iterable[str]) -> bool:
    """Whether any of these macros, or one that they use, casts what it is given."""
    pending, seen = list(names), set[str]()
    while pending:
        name = pending.pop()
        if name in seen or name not in vocabulary:
            continue
        seen.add(name)
        if vocabulary[name].casts:
            return True
        pending += _used(vocabulary[name], vocabulary)
    return False


def load(connection: duckdb.DuckDBPyConnection, dataset: Dataset, *, whole: bool = True) -> dict[str, Macro]:
    """Put code lists and macros into the connection; returns the vocabulary.

    Without `whole` only those that the dataset can come to use; what is returned is still all of it.
    """
    lists = Lists()
    vocabulary = read_vocabulary(dataset.vocabulary_paths)
    macros = list(vocabulary.values()) if whole else needed(dataset, vocabulary, _uses(vocabulary))
    _make(connection, dataset.home, macros, lists)
    if any("getvariable(" in macro.sql for macro in macros):
        _territory(connection, dataset.home / _TERRITORY)
    for path in dataset.list_paths if whole else needed_lists(dataset, macros):
        _list(connection, path, lists)
    return vocabulary


def define(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> dict[str, Macro]:
    """Make what the gate calls known to the connection, without the code lists; returns the vocabulary."""
    vocabulary = read_vocabulary(dataset.vocabulary_paths)
    _make(connection, dataset.home, detectors(vocabulary, _uses(vocabulary), dataset), Lists())
    return vocabulary


def define_detectors(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> None:
    """Make the detectors known where `load` has made what the dataset can use: few stages come to need them."""
    vocabulary = read_vocabulary(dataset.vocabulary_paths)
    _write(connection, detectors(vocabulary, _uses(vocabulary), dataset))


def define_search(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Make the detectors known, for a text that is of no dataset: no word of a contract, no code list."""
    vocabulary = read_vocabulary(sorted((home / "sql" / "clean").glob("*.sql")))
    _make(connection, home, detectors(vocabulary, _uses(vocabulary)), Lists())


def _make(connection: duckdb.DuckDBPyConnection, home: Path, macros: Iterable[Macro], lists: Lists) -> None:
    lists.home = home
    register(connection, lists)
    _write(connection, macros)


def _write(connection: duckdb.DuckDBPyConnection, macros: Iterable[Macro]) -> None:
    for macro in macros:
        run(connection, macro.sql, doing=f"loading sql/clean/{macro.name}.sql")


def _uses(vocabulary: dict[str, Macro]) -> dict[str, set[str]]:
    return {name: _used(macro, vocabulary) for name, macro in vocabulary.items()}


def _list(connection: duckdb.DuckDBPyConnection, path: Path, lists: Lists) -> None:
    """One list of include/reference/lists, keyed by the macros that will key what is looked up."""
    entries = read_list(path)
    connection.register("lent_codes", pa.table({"code": [entry.code for entry in entries]}))
    keys = run(
        connection,
        "SELECT code_key(code), word_key(code) FROM lent_codes",  # a table: as VALUES each row is planned
        doing=f"keying the list {path.name}",
    ).fetchall()
    connection.unregister("lent_codes")
    codes = lists.by_code.setdefault(path.stem, {})
    spellings = lists.spellings.setdefault(path.stem, {})
    for entry, (code, spelling) in zip(entries, keys, strict=True):
        codes.setdefault(str(code), []).append(entry)
        if spelling:
            spellings[str(spelling)] = (
                entry.label if spellings.get(spelling, entry.label) == entry.label else ""
            )
    for spelling in [spelling for spelling, label in spellings.items() if not label]:
        del spellings[spelling]  # the list says two things of it: neither is certain


def _territory(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The code lists as variables: lists that macros look into without a join.

    department_places and department_codes go together, place by place; department_names and region_codes
    stand in the order of the codes. Those of municipalities hold one such list for each department.
    """
    for table, file in (
        ("departments", "departments.csv"),
        ("municipalities", "municipalities.csv"),
        ("aliases", "aliases.csv"),
        ("regions", "regions.csv"),
    ):
        with (folder / file).open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        values = ", ".join(f"({', '.join(literal(value) for value in row)})" for row in rows)
        run(
            connection,
            f"CREATE TEMP TABLE {table} AS FROM (VALUES {values}) AS t({', '.join(header)})",
            doing=f"loading the code list {file}",
        )
    run(connection, _PLACES, doing="folding the names of places")


# Macros fold what they look up, so the names are folded by the same macro.
_PLACES = """
CREATE TEMP TABLE department_key AS
    SELECT place_key(name) AS place, code FROM departments
    UNION
    SELECT place_key(alias), code FROM aliases WHERE kind = 'department';
CREATE TEMP TABLE municipality_key AS
    SELECT department, place_key(name) AS place, code FROM municipalities
    UNION
    SELECT left(code, 2), place_key(alias), code FROM aliases WHERE kind = 'municipality';
SET VARIABLE department_places = (SELECT list(place ORDER BY code, place) FROM department_key);
SET VARIABLE department_codes = (SELECT list(code ORDER BY code, place) FROM department_key);
SET VARIABLE department_names = (SELECT list(name ORDER BY code) FROM departments);
SET VARIABLE region_codes = (SELECT list(code ORDER BY department) FROM regions);
SET VARIABLE region_names = (SELECT list(name ORDER BY code) FROM (SELECT DISTINCT code, name FROM regions));
SET VARIABLE municipality_places = (
    SELECT list(places ORDER BY department)
    FROM (
        SELECT department, list(place ORDER BY code, place) AS places
        FROM municipality_key GROUP BY department
    )
);
SET VARIABLE municipality_codes = (
    SELECT list(codes ORDER BY department)
    FROM (
        SELECT department, list(code ORDER BY code, place) AS codes
        FROM municipality_key GROUP BY department
    )
);
SET VARIABLE municipality_every_place = (
    SELECT list(place ORDER BY place) FROM (SELECT DISTINCT place FROM municipality_key)
);
SET VARIABLE municipality_all_places = (
    SELECT list(place ORDER BY place)
    FROM (SELECT place FROM municipality_key GROUP BY place HAVING count(DISTINCT code) = 1)
);
SET VARIABLE municipality_all_codes = (
    SELECT list(code ORDER BY place)
    FROM (SELECT place, min(code) AS code FROM municipality_key GROUP BY place HAVING count(DISTINCT code) = 1)
);
SET VARIABLE municipality_names = (
    SELECT list(names ORDER BY department)
    FROM (SELECT department, list(name ORDER BY code) AS names FROM municipalities GROUP BY department)
);
"""
