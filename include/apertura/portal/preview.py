"""The first rows of a published table, as text for a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apertura.catalogue.model import Table
from apertura.errors import in_our_words
from apertura.portal import figures
from apertura.portal.published import SUPPRESSED, reading
from apertura.prepare.engine import quoted
from apertura.storage import Bucket

ROWS = 100
LONGEST = 120
"""Characters of a text that a cell shows."""

PROTECTED = "protegido"
_STATES = {SUPPRESSED: PROTECTED, "no_disponible": "no disponible", "no_aplica": "no aplica"}
_WITHHELD = "*"
"""What a generalised column says where no group may be told (prepare.disclosure.hierarchy.ALL)."""


@dataclass(frozen=True)
class Field:
    """A column's head. `numeric`: its cells are measures, set right in tabular figures."""

    name: str
    title: str
    unit: str
    numeric: bool


@dataclass(frozen=True)
class Cell:
    """What stands in a cell. `state` is empty, `protegido`, `no disponible`, `no aplica`, or `vacío`.

    `cut`: the text goes on in the file.
    """

    text: str
    state: str = ""
    cut: bool = False


@dataclass(frozen=True)
class Preview:
    """The first rows of `total`; `protected` when a shown cell is, so that the page explains it."""

    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    protected: bool


@in_our_words
def preview(public: Bucket, table: Table, rows: int = ROWS) -> Preview | None:
    """The table's first rows in their published order; None for a table that is nested documents.

    Errors: StorageError when its Parquet is gone.
    """
    if table.schema is None:
        return None
    with reading(public, table) as source:
        described = [field for field in table.fields if field["name"] in source.columns]
        names = [str(field["name"]) for field in described]
        select = ", ".join(map(quoted, names))
        found = source.rows(f"SELECT {select} FROM {source.relation} LIMIT {int(rows)}")  # noqa: S608
        total = int(source.one(f"SELECT count(*) FROM {source.relation}")[0])  # noqa: S608
    key = tuple(table.schema.get("primaryKey", ()))
    plain = [figures.is_plain(field, key) for field in described]
    cells = tuple(_cells(described, names, plain, row) for row in found)
    heads = tuple(
        Field(
            name,
            str(field.get("title", name)),
            str(field.get("unit", "")),
            field["type"] in ("integer", "number") and not is_plain,
        )
        for field, name, is_plain in zip(described, names, plain, strict=True)
    )
    return Preview(heads, cells, total, any(cell.state == PROTECTED for row in cells for cell in row))


def _cells(
    fields: list[Mapping[str, Any]], names: list[str], plain: list[bool], row: tuple[Any, ...]
) -> tuple[Cell, ...]:
    states = dict(zip(names, row, strict=True))
    return tuple(
        _cell(field, value, states.get(f"{name}_estado"), is_plain)
        for field, name, value, is_plain in zip(fields, names, row, plain, strict=True)
    )


def _cell(field: Mapping[str, Any], value: Any, state: Any, plain: bool) -> Cell:
    if value is None:
        told = _STATES.get(str(state))
        return Cell(told, told) if told else Cell("", "vacío")
    if value == _WITHHELD and "apertura:nivel" in field:
        return Cell(PROTECTED, PROTECTED)
    text = figures.text(value, plain=plain)
    if len(text) > LONGEST:
        return Cell(text[: LONGEST - 1].rstrip() + "…", cut=True)
    return Cell(text)
