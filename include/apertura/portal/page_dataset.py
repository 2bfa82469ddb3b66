"""A dataset's page, and one page for each further table it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apertura import spanish
from apertura.catalogue.addresses import entry_document
from apertura.catalogue.assess import assess
from apertura.catalogue.model import Entry, Table, Version
from apertura.catalogue.schema_org import dataset as schema_org
from apertura.portal import figures, pieces, plain, words
from apertura.portal.feeds import dataset_feed
from apertura.portal.page_guides import exercises_of
from apertura.portal.render import Head, page
from apertura.portal.schedule import schedule
from apertura.portal.site import Artifact, Site, entry_key, table_key
from apertura.portal.snippets import snippets

_LISTED = 8
"""Values of a code list that stand in the dictionary's row; more of them unfold."""

_SECTIONS = [
    ("vista-previa", "Vista previa"),
    ("graficos", "Gráficos"),
    ("limites", "Qué no dicen"),
    ("diccionario", "Diccionario"),
    ("descargas", "Descargas"),
    ("codigo", "Código"),
    ("versiones", "Versiones"),
    ("calidad", "Calidad"),
    ("privacidad", "Privacidad"),
    ("calendario", "Calendario"),
    ("condiciones", "Origen y licencia"),
    ("citar", "Cómo citar"),
    ("reportar", "Reportar un problema"),
]

_METADATA = [
    ("DCAT-AP (Turtle)", "dcat-ap.ttl"),
    ("DCAT-AP (JSON-LD)", "dcat-ap.jsonld"),
    ("DCAT-AP (RDF/XML)", "dcat-ap.rdf"),
    ("Data Package", "datapackage.json"),
    ("CSVW", "csvw.json"),
    ("schema.org", "schema.jsonld"),
    ("Croissant", "croissant.json"),
]


@dataclass(frozen=True)
class Column:
    """A line of the data dictionary."""

    name: str
    title: str
    description: str
    type: str
    facts: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def folded(self) -> bool:
        """Whether the list of values is long enough to unfold."""
        return len(self.values) > _LISTED


def dataset_pages(entry: Entry, site: Site) -> list[Artifact]:
    """The dataset's page and those of its further tables; a tombstone when nothing stands."""
    told = pieces.told(site, entry)
    feed = dataset_feed(site, entry, told)
    if entry.latest is None:
        return [_tombstone(entry, site, told), feed]
    charts, pictures = pieces.drawn(site, entry)
    files, extras = pieces.downloads(site, entry)
    picture = pieces.picture(entry)
    about = {**_about(entry, site), "files_of": files, "told": told, "picture": picture.key}
    pages = [_dataset(entry, site, about, charts)]
    pages += [_table(entry, site, table, about, charts) for table in entry.tables[1:]]
    return [picture, *pictures, *extras, *pages, feed]


def _about(entry: Entry, site: Site) -> dict[str, Any]:
    """What every page of a dataset says."""
    return {
        "entry": entry,
        "publisher": entry.publisher,
        "schedule": schedule(entry, site.today),
        "tabs_": [(table.title, _told(entry, table.rows), table_key(entry, table)) for table in entry.tables],
        "licence": entry.licence,
    }


def _told(entry: Entry, rows: int | None) -> int | str | None:
    return None if rows is None else entry.told(rows)


def _dataset(entry: Entry, site: Site, about: Mapping[str, Any], charts: list[pieces.Drawn]) -> Artifact:
    key = entry_key(entry.id)
    return page(
        site,
        key,
        "dataset.html",
        Head(
            title=entry.title,
            description=_short(entry.description),
            feed=(entry.title, f"conjuntos/{entry.id}/noticias.xml"),
            data=schema_org(entry, site.catalogue),
            image=about["picture"],
        ),
        **about,
        snippets=snippets(entry, entry.tables[0], site.catalogue.url),
        shown=pieces.shown(site, entry.tables[0]),
        table=entry.tables[0],
        charts=charts,
        sections=_sections(entry, bool(charts)),
        main_files=_main_files(about["files_of"][entry.tables[0].name]),
        all_formats=_formats(about["files_of"]),
        documents=_documents(entry),
        metadata=[(title, entry_document(entry, name)) for title, name in _METADATA],
        assessment=assess(entry, site.catalogue),
        dictionary=[(table, columns(table)) for table in entry.tables if table.schema],
        warnings=entry.quality.get("advertencias_de_uso", []),
        caveats=entry.own.get("advertencias", []),
        versions=[_version(entry, one, about["told"]) for one in entry.versions],
        quality=plain.quality(entry),
        checks=plain.checks(entry),
        privacy=plain.privacy(entry),
        decision=entry.privacy.get("decision", {}),
        duty=entry.own.get("deber_legal", ""),
        citation=citation(entry, site),
        exercises=exercises_of(site, dataset=entry.id),
    )


def _table(
    entry: Entry, site: Site, table: Table, about: Mapping[str, Any], charts: list[pieces.Drawn]
) -> Artifact:
    return page(
        site,
        table_key(entry, table),
        "table.html",
        Head(
            title=f"{table.title} ({entry.title})",
            description=_short(table.description or entry.description),
            image=about["picture"],
        ),
        **about,
        snippets=snippets(entry, table, site.catalogue.url),
        shown=pieces.shown(site, table),
        table=table,
        charts=[one for one in charts if one.resource == table.name],
        columns=columns(table),
    )


def _tombstone(entry: Entry, site: Site, told: Mapping[str, list[str]]) -> Artifact:
    return page(
        site,
        entry_key(entry.id),
        "tombstone.html",
        Head(
            title=f"{entry.title}: retirado", description="Este conjunto de datos fue retirado.", index=False
        ),
        entry=entry,
        publisher=entry.publisher,
        versions=[_version(entry, one, told) for one in entry.versions],
    )


def _main_files(files: list[pieces.Download]) -> list[pieces.Download]:
    """What most people want of the first table, as buttons: the CSV and a workbook, or what there is."""
    whole = [one for one in files if not one.department]
    wanted = [one for name in ("csv", "xlsx") for one in whole if one.format == name]
    return wanted or whole[:1]


def _sections(entry: Entry, charts: bool) -> list[tuple[str, str]]:
    """What stands on the page, for its table of contents."""
    limits = entry.quality.get("advertencias_de_uso") or entry.own.get("advertencias")
    absent = {name for name, there in (("graficos", charts), ("limites", limits)) if not there}
    return [one for one in _SECTIONS if one[0] not in absent]


def _formats(files: Mapping[str, list[pieces.Download]]) -> list[str]:
    return sorted({words.format_name(one.format) for them in files.values() for one in them})


def _documents(entry: Entry) -> list[tuple[str, str]]:
    return [(name, key) for name, key in entry.documents.items() if not name.endswith(".html")]


def _version(entry: Entry, version: Version, told: Mapping[str, list[str]]) -> dict[str, Any]:
    folder = f"{entry.home}/versiones/{version.version}"
    return {
        "version": version,
        "files": [(name, f"{folder}/{name}.csv") for name in version.rows],
        "manifest": f"{folder}/release.json",
        "told": [] if version.withdrawn else told.get(version.version, []),
        "latest": entry.latest is not None and version.version == entry.latest.version,
    }


def columns(table: Table) -> list[Column]:
    """The data dictionary of a table, from its Table Schema."""
    keys = (table.schema or {}).get("primaryKey", [])
    return [_column(one, one["name"] in keys) for one in table.fields]


def _column(field: Mapping[str, Any], key: bool) -> Column:
    bounds = field.get("constraints", {})
    facts = []
    if field.get("unit") and field["unit"] != "año":
        facts.append(f"unidad: {field['unit']}")
    if field.get("apertura:nivel"):
        facts.append(f"generalizada a {field['apertura:nivel']} para proteger a las personas")
    if key:
        facts.append("parte de la llave")
    if bounds.get("required"):
        facts.append("nunca vacía")
    low, high = (_bound(field, bounds.get(name)) for name in ("minimum", "maximum"))
    if low and high:
        facts.append(f"de {low} a {high}")
    elif low:
        facts.append(f"{low} o más")
    return Column(
        name=str(field["name"]),
        title=str(field.get("title", field["name"])),
        description=str(field.get("description", "")),
        type=words.TYPES.get(str(field.get("type")), str(field.get("type"))),
        facts=tuple(facts),
        values=tuple(map(str, bounds.get("enum", ()))),
    )


def _bound(field: Mapping[str, Any], value: Any) -> str:
    """A limit as it is read: dates in words, figures with their thousands, years as they are."""
    if value is None:
        return ""
    if isinstance(value, str) and field.get("type") == "date":
        return words.period(value)
    return str(value) if figures.is_plain(field) else spanish.number(value)


def citation(entry: Entry, site: Site) -> dict[str, str]:
    """How to cite the latest release: in a sentence, and as BibTeX."""
    latest = entry.latest
    if latest is None:
        return {}
    address = site.catalogue.url(f"conjuntos/{entry.id}/")
    year, name = latest.taken.year, entry.id.replace("/", "-")
    return {
        "text": f"{entry.publisher.title} ({year}). {entry.title}, versión {latest.version}. "
        f"Publicado en Apertura, datos abiertos de Guatemala. {address}",
        "bibtex": f"@misc{{{name}-{year},\n"
        f"  author = {{{{{entry.publisher.title}}}}},\n  title = {{{entry.title}}},\n"
        f"  year = {{{year}}},\n  version = {{{latest.version}}},\n  publisher = {{Apertura}},\n"
        f"  url = {{{address}}}\n}}",
    }


def _short(text: str, limit: int = 200) -> str:
    """One line for search engines and previews of links, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + "…"
