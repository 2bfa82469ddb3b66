"""What other rooms give to the pages: previews, charts, changes, downloads, snippets, the assessment.

One place, so that a page asks by one name and a room may change behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apertura.catalogue.model import Entry, Table
from apertura.portal.assets import hash8
from apertura.portal.changes import changes
from apertura.portal.charts import Chart, charts
from apertura.portal.downloads import extra_files
from apertura.portal.image import open_graph
from apertura.portal.preview import PROTECTED, preview
from apertura.portal.site import Artifact, Site

BUDGET = 110_000
"""Characters of cells and their marks that a preview may weigh in a page."""

_MARK = 10
_SIZE = re.compile(rb'<svg[^>]*? width="([0-9.]+)"[^>]*? height="([0-9.]+)"')
_FIGURE = re.compile(r"[-−]?[\d,.]+( ?%)?|protegido|sin dato|")
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


@dataclass(frozen=True)
class Drawn:
    """A chart as a page shows it: `key` is its SVG's, `heads` and `rows` are its data as (text, kind)."""

    key: str
    title: str
    text: str
    resource: str
    protected: bool
    heads: list[tuple[str, str]]
    rows: list[list[tuple[str, str]]]
    width: int
    height: int


def drawn(site: Site, entry: Entry) -> tuple[list[Drawn], list[Artifact]]:
    """The charts of a dataset and their objects."""
    made = charts(site.public, entry)
    return [_drawn(entry, one) for one in made], [one.artifact(entry.id) for one in made]


def _drawn(entry: Entry, chart: Chart) -> Drawn:
    kinds = [
        "n" if all(_FIGURE.fullmatch(row[at]) for row in chart.data.rows if at < len(row)) else ""
        for at in range(len(chart.data.header))
    ]
    size = _SIZE.search(chart.svg[:600])
    return Drawn(
        key=chart.key(entry.id),
        title=chart.title,
        text=chart.text,
        resource=chart.resource,
        protected=chart.protected,
        heads=list(zip(chart.data.header, kinds, strict=True)),
        rows=[list(zip(row, kinds, strict=False)) for row in chart.data.rows],
        width=round(float(size[1])) if size else 0,
        height=round(float(size[2])) if size else 0,
    )


def picture(entry: Entry) -> Artifact:
    """What a shared link to the dataset shows: imagenes/<institution>/<dataset>.<hash8>.png."""
    data = open_graph(entry)
    return Artifact(f"imagenes/{entry.id}.{hash8(data)}.png", data, immutable=True)


@dataclass(frozen=True)
class Download:
    """A file that a page offers of one table; `rows` as they are told."""

    key: str
    format: str
    bytes: int
    rows: int | str | None
    sha256: str
    department: str = ""

    @property
    def name(self) -> str:
        """`desnutricion.csv`."""
        return self.key.rpartition("/")[2]


def downloads(site: Site, entry: Entry) -> tuple[dict[str, list[Download]], list[Artifact]]:
    """The files of each table, by its name: those of the release, its workbook, its slices by department.

    The last two are made here, in the site's scratch folder; without one there are none.
    """
    found = {
        table.name: [
            Download(one.key, one.format, one.bytes, _told(entry, table.rows), one.sha256)
            for one in table.files
            if one.present
        ]
        for table in entry.tables
    }
    if site.scratch is None:
        return found, []
    folder = site.scratch / "descargas" / entry.id
    folder.mkdir(parents=True, exist_ok=True)
    extras = extra_files(site.public, entry, folder)
    for one in extras:
        found[one.resource].append(
            Download(one.key, one.format, one.bytes, _told(entry, one.rows), one.sha256, one.department)
        )
    return found, [one.artifact for one in extras]


def _told(entry: Entry, rows: int | None) -> int | str | None:
    return None if rows is None else entry.told(rows)


def told(site: Site, entry: Entry) -> dict[str, list[str]]:
    """Version -> what changed in it, in sentences; of a withdrawn one why it was withdrawn."""
    lines = {one.version: list(one.text) for one in changes(site.public, entry)}
    for version in entry.versions:
        if version.withdrawn:
            lines[version.version] = [f"Se retiró esta versión: {version.reason or 'no consta el motivo'}"]
    return lines
