"""The charts and maps of a dataset's page: drawn when the site is built, from published rows only.

Each has its finding in words and its data as a table, so that nobody needs to see it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from apertura.catalogue.model import Entry, Table
from apertura.contract.views import View
from apertura.errors import in_our_words
from apertura.portal.charts_bar import bar
from apertura.portal.charts_data import Gathered, gather
from apertura.portal.charts_line import line
from apertura.portal.charts_map import tile_map
from apertura.portal.charts_svg import LARGEST
from apertura.portal.charts_views import suggested
from apertura.portal.charts_words import alternative, table, words_of
from apertura.portal.published import Reading, reading
from apertura.portal.site import Artifact
from apertura.storage import Bucket

MOST_SUGGESTED = 3
_DRAW = {"line": line, "bar": bar, "map": tile_map}


@dataclass(frozen=True)
class Data:
    """What a chart shows, as a table of texts: at most 40 rows."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """One chart: `text` tells its findings in words, `protected` says that some cells are not told.

    `name` is safe in a key; `resource` is the table it is made of; the SVG names itself by its title.
    """

    name: str
    title: str
    kind: str
    resource: str
    text: str
    svg: bytes
    data: Data
    protected: bool

    def key(self, dataset_id: str) -> str:
        """Its key in the public bucket: graficos/<institution>/<dataset>/<name>.<hash8>.svg."""
        digest = hashlib.sha256(self.svg).hexdigest()[:8]
        return f"graficos/{dataset_id}/{self.name}.{digest}.svg"

    def artifact(self, dataset_id: str) -> Artifact:
        """The object of the site that holds it."""
        return Artifact(self.key(dataset_id), self.svg, immutable=True)


@in_our_words
def charts(public: Bucket, entry: Entry) -> list[Chart]:
    """The declared views, or what the columns suggest; a view that the release cannot fill is left out.

    Errors: StorageError when a table is gone from the bucket, EngineError when it cannot be read.
    """
    declared = entry.contract.views if entry.contract is not None else ()
    tables = {one.name: one for one in entry.tables if one.schema is not None and one.rows}
    if not declared:
        return _suggested(public, entry, list(tables.values()))
    made: dict[str, Chart] = {}
    first = entry.tables[0].name if entry.tables else ""
    for name, one in tables.items():
        views = [view for view in declared if (view.resource or first) == name]
        if views:
            with reading(public, one) as source:
                drawn = _drawn(source, one, views, thinned=_thinned(entry, name))
            made.update({chart.name: chart for chart in drawn})
    return [made[view.name] for view in declared if view.name in made]


def _suggested(public: Bucket, entry: Entry, tables: Sequence[Table]) -> list[Chart]:
    found: list[Chart] = []
    for one in tables:
        if len(found) >= MOST_SUGGESTED:
            break
        with reading(public, one) as source:
            found += _drawn(source, one, suggested(source, one), thinned=_thinned(entry, one.name))
    return found[:MOST_SUGGESTED]


def _drawn(source: Reading, one: Table, views: Sequence[View], *, thinned: bool) -> list[Chart]:
    found = [chart for view in views if (chart := _chart(source, one, view, thinned)) is not None]
    return [chart for chart in found if len(chart.svg) <= LARGEST]


def _chart(source: Reading, one: Table, view: View, thinned: bool) -> Chart | None:
    gathered = gather(source, view)
    if gathered is None or not _worth_it(gathered):
        return None
    words = words_of(gathered, one.fields, thinned=thinned)
    header, rows = table(gathered, words)
    return Chart(
        name=view.name,
        title=view.title,
        kind=view.kind,
        resource=one.name,
        text=alternative(gathered, words),
        svg=_DRAW[view.kind](gathered, words, view.title),
        data=Data(header, rows),
        protected=gathered.hidden > 0,
    )


def _worth_it(gathered: Gathered) -> bool:
    """One mark alone is no chart."""
    return len({(point.x, point.series) for point in gathered.points}) >= 2


def _thinned(entry: Entry, resource: str) -> bool:
    """Whether whole rows of the table may have been taken out to protect people."""
    protection = entry.privacy.get("proteccion") or {}
    tables = protection.get("tablas", ())
    return any(one.get("recurso") == resource and one.get("tipo") == "registros" for one in tables)
