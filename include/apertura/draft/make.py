"""From files to a drafted contract, and the same as a table for the screen and as JSON."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
from pydantic import BaseModel

from apertura.contract import Contract, Dataset, Institution
from apertura.contract.open import OPEN
from apertura.draft.naming import holds_person
from apertura.draft.proposal import Proposed, Table, propose
from apertura.draft.recognise import Recognised, recognise, where
from apertura.draft.telling import share, told
from apertura.draft.writing import document, open_count
from apertura.errors import ReaderError, in_our_words
from apertura.prepare import engine, vocabulary
from apertura.settings import Settings


@dataclass(frozen=True)
class Draft:
    """A drafted contract: its text, and what it was made from, told as the text tells it."""

    text: str
    reader: dict[str, Any]
    rows: str
    columns: list[dict[str, Any]]
    keys: list[list[str]]
    notes: list[str]
    open: int

    def to_json(self) -> dict[str, Any]:
        """For machines: the same as the text and the table."""
        return {
            "contract": self.text,
            "reader": self.reader,
            "rows": self.rows,
            "columns": self.columns,
            "keys": self.keys,
            "notes": self.notes,
            "open": self.open,
        }


@in_our_words
def draft(
    files: Sequence[Path],
    settings: Settings,
    *,
    institution: str | None = None,
    name: str | None = None,
    sheet: int | None = None,
) -> Draft:
    """Propose a contract for files of one layout. `sheet` is a workbook's, by position from 1.

    ReaderError when a file is not there, of a format that is not read, or without a row that names columns.
    """
    for number, path in enumerate(files, start=1):
        if not path.is_file():
            raise ReaderError(f"{where('draft', number, len(files))}: there is no such file")
    settings.scratch.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="draft-", dir=settings.scratch))
    try:
        with engine.connect(settings, scratch) as connection:
            vocabulary.load(connection, _words(settings))
            found = recognise(files, scratch, connection, sheet=sheet)
            table = propose(
                connection, found.table.relation, found.table.columns, found.table.rows, settings.home
            )
            reader = _safe_reader(connection, found, settings.home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    text = document(reader, table, institution=institution, name=name, sheet=found.sheet)
    return Draft(
        text=text,
        reader=reader.model_dump(mode="json"),
        rows=told(table.rows),
        columns=[_row(one) for one in table.columns],
        keys=table.keys,
        notes=list(_notes(found, table)),
        open=open_count(text),
    )


def _words(settings: Settings) -> Dataset:
    """Stands for a dataset that nobody has declared yet: loading the vocabulary looks at its home alone."""
    return Dataset(cast(Contract, None), cast(Institution, None), settings.home, settings.home)


def _safe_reader(connection: duckdb.DuckDBPyConnection, found: Recognised, home: Path) -> BaseModel:
    """The reader without texts of the file that look like a person's data."""
    changes: dict[str, Any] = {}
    for key in ("sheet", "count_pattern"):
        text = getattr(found.reader, key, None)
        plain = str(text).replace(r"(?P<n>\d+)", "").replace(r"\s+", " ").strip()
        if text is not None and holds_person(connection, plain, home):
            changes[key] = OPEN if key == "sheet" else None
    if places := getattr(found.reader, "records", None):
        changes["records"] = [OPEN if _keyed_by_person(connection, one, home) else one for one in places]
    return found.reader.model_copy(update=changes)


def _keyed_by_person(connection: duckdb.DuckDBPyConnection, place: str, home: Path) -> bool:
    """Whether a key on the way to the records is a person's name or number."""
    keys = [key for key in place.replace("[]", "").split(".") if key]
    return bool(keys) and any(holds_person(connection, text, home) for text in [*keys, " ".join(keys)])


def _row(one: Proposed) -> dict[str, Any]:
    facts, judgement = one.facts, one.judgement
    kind = one.kind.type if one.kind.format is None else f"{one.kind.type} ({one.kind.format})"
    return {
        "position": one.position,
        "field": one.name,
        "type": kind,
        "missing": share(facts.rows - facts.present, facts.rows),
        "distinct": told(facts.distinct),
        "access": judgement.access,
        "personal": judgement.personal,
        "treatment": judgement.treatment,
        "evidence": [*judgement.said, *one.said],
    }


def _notes(found: Recognised, table: Table) -> Iterator[str]:
    yield from found.notes
    if table.masked:
        listed = ", ".join(str(position) for position in table.masked)
        yield f"the names of columns {listed} look like a person's data and are not repeated"
    if table.repeated:
        yield f"{told(table.repeated)} rows repeat an earlier one in every column"
