"""JSON documents: nested records as one flat table of text, one row per record or per element of a list.

The declared paths are the columns, there or not: records leave out what they do not have. What stands at
other paths is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apertura.contract.intake import JsonReader
from apertura.errors import ReaderError
from apertura.readers.json_paths import chains, getter, leaves
from apertura.readers.json_stream import records
from apertura.readers.table import Part, TextParquet, checked_header

SAMPLE = 2_000
"""Records that are looked at to tell a document's paths."""


@dataclass(frozen=True)
class Paths:
    """What a contract declares of a JSON source: the columns of one table, and the paths of all its tables.

    Without `known`, what nobody declared is not counted: another table over the same files counts it.
    """

    columns: tuple[str, ...]
    known: frozenset[str] | None = None


def header(reader: JsonReader, path: Path, place: str) -> list[str]:
    """Paths of the scalars in the first records, in the order in which they come."""
    found: dict[str, None] = {}
    for number, record in enumerate(records(path, reader.records, place)):
        found.update(dict.fromkeys(leaves(record)))
        if number >= SAMPLE:
            break
    return list(found)


def read_file(reader: JsonReader, path: Path, scratch: Path, place: str, paths: Paths | None = None) -> Part:
    """One document's table. A document without records is an error, a table without rows is none."""
    given: Sequence[str] = paths.columns if paths is not None else header(reader, path, place)
    columns = checked_header(given, place)
    getters = [getter(column, reader.rows) for column in columns]
    known = paths.known if paths is not None else None
    wanted = _wanted(reader)
    seen = undeclared = 0
    with TextParquet(scratch / "table.parquet", columns) as target:
        for record in records(path, reader.records, place):
            seen += 1
            for chain in chains(record, reader.rows):
                if wanted(chain):
                    target.append([take(chain) for take in getters])
            if known is not None:
                undeclared += sum(leaf not in known for leaf in leaves(record))
    if not seen:
        raise ReaderError(f"{place}: the document holds no record", hint=_EMPTY)
    return Part(target.relation, columns, target.rows, undeclared=undeclared)


def _wanted(reader: JsonReader) -> Callable[[list[Any]], bool]:
    """Whether a row is one that the reader's `where` takes."""
    where = reader.where
    if where is None:
        return lambda _: True
    take, has, lacks = getter(where.path, reader.rows), set(where.has), set(where.lacks)

    def wanted(chain: list[Any]) -> bool:
        values = set((take(chain) or "").split("\n"))
        return not values & lacks and (not has or bool(values & has))

    return wanted


_EMPTY = "open the landing page: when the source has nothing yet, run again later"
