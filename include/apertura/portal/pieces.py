"""What other rooms give to the pages: previews, charts, changes, downloads, snippets, the assessment.

One place, so that a page asks by one name and a room may change behind it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from apertura.catalogue.model import Entry, Table
from apertura.portal.preview import PROTECTED, preview
from apertura.portal.site import Site

BUDGET = 110_000
"""Characters of cells and their marks that a preview may weigh in a page."""

_MARK = 10
_KINDS = {PROTECTED: "s", "vacío": "v"}


@dataclass(frozen=True)
class Shown:
    """A preview as a page shows it: a head is (name, title, kind), a cell (text, kind); kind is "", "n", "s"
    (protected) or "v" (empty). `hidden` columns did not fit."""

    heads: list[tuple[str, str, str]]
    rows: list[list[tuple[str, str]]]
    hidden: int
    total: int
    protected: bool


def shown(site: Site, table: Table) -> Shown | None:
    """The first rows of a table, as wide as a page bears; None for a table that is nested documents."""
    made = preview(site.public, table)
    if made is None:
        return None
    kinds = ["n" if field.numeric else "" for field in made.fields]
    cells = [
        [
            (cell.text, _KINDS.get(cell.state, "s") if cell.state else kind)
            for cell, kind in zip(line, kinds, strict=True)
        ]
        for line in made.rows
    ]
    fit = _fitting(cells, len(kinds))
    heads = [(field.name, field.title, kind) for field, kind in zip(made.fields, kinds, strict=True)]
    return Shown(heads[:fit], [line[:fit] for line in cells], len(kinds) - fit, made.total, made.protected)


def _fitting(cells: list[list[tuple[str, str]]], count: int) -> int:
    """How many columns fit the page's budget; at least three."""
    weight, fit = 0, 0
    for column in range(count):
        weight += sum(len(line[column][0]) + _MARK for line in cells)
        if weight > BUDGET and fit >= 3:
            break
        fit = column + 1
    return fit


def charts(site: Site, entry: Entry) -> list[Any]:
    """Charts of a dataset: name, title, text, svg, data."""
    return []


def changes(site: Site, entry: Entry) -> list[Any]:
    """What changed in each version, newest first."""
    return []


def text_of(data: list[list[Any]]) -> str:
    """Rows as CSV text."""
    out = io.StringIO()
    csv.writer(out).writerows(data)
    return out.getvalue()
