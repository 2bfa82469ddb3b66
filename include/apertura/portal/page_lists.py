"""Pages that list datasets: search, institutions, themes."""

from __future__ import annotations

from dataclasses import dataclass

from apertura import spanish
from apertura.catalogue.assess import assess
from apertura.catalogue.model import Entry, Publisher
from apertura.portal import words
from apertura.portal.page_guides import exercises_of
from apertura.portal.render import WASM, Head, page
from apertura.portal.schedule import schedule
from apertura.portal.site import Artifact, Site, page_key

_DESCRIBED = 200
"""Up to so many datasets the search page describes each; of more it lists titles alone, to stay light."""


@dataclass(frozen=True)
class Scored:
    """A line of an institution's scorecard."""

    entry: Entry
    state: str
    met: int
    checks: int
    stars: int
    points: int


def search_page(site: Site) -> Artifact:
    """buscar/: the search with its filters where scripts run, else the list of all datasets."""
    entries = by_title(site.catalogue.published)
    return page(
        site,
        page_key("buscar"),
        "search.html",
        Head(
            title="Buscar datos",
            description="Todos los conjuntos de datos, con búsqueda y filtros por institución, tema, "
            "formato, licencia y protección.",
            policy=WASM if site.search else Head("", "").policy,
            scripts=("buscar.js",) if site.search else (),
        ),
        groups=grouped(site, entries),
        states={entry.id: schedule(entry, site.today).state for entry in entries},
        count=len(entries),
        described=len(entries) <= _DESCRIBED,
        engine=site.assets.get("pagefind.js"),
    )


def grouped(site: Site, entries: list[Entry]) -> list[tuple[Publisher, list[Entry]]]:
    """Datasets by institution, both by title; institutions without any are left out."""
    publishers = sorted(site.catalogue.publishers, key=lambda one: words.folded(one.title))
    found = [(one, [entry for entry in entries if entry.publisher.name == one.name]) for one in publishers]
    return [(one, them) for one, them in found if them]


def by_title(entries: tuple[Entry, ...]) -> list[Entry]:
    """Datasets in the order of the dictionary."""
    return sorted(entries, key=lambda one: (words.folded(one.title), one.id))


def institution_pages(site: Site) -> list[Artifact]:
    """instituciones/ and one page for each institution known, also for one without data yet."""
    listed = sorted(site.catalogue.publishers, key=lambda one: words.folded(one.title))
    counted = {one.name: len(_of(site, one)) for one in listed}
    index = page(
        site,
        page_key("instituciones"),
        "institutions.html",
        Head(
            title="Instituciones",
            description="Las instituciones públicas que publican datos y cómo pedirles los que faltan.",
        ),
        publishers=[(one, counted[one.name]) for one in listed],
    )
    return [index, *(_institution(site, one) for one in listed)]


def _of(site: Site, publisher: Publisher) -> list[Entry]:
    return by_title(tuple(one for one in site.catalogue.published if one.publisher.name == publisher.name))


def _institution(site: Site, publisher: Publisher) -> Artifact:
    scores = [_scored(site, entry) for entry in _of(site, publisher)]
    gone = [
        one for one in site.catalogue.entries if one.latest is None and one.publisher.name == publisher.name
    ]
    return page(
        site,
        page_key("instituciones", publisher.name),
        "institution.html",
        Head(
            title=publisher.title,
            description=f"Datos abiertos de {publisher.title}: conjuntos, calidad y cómo pedir lo que falta.",
            feed=(publisher.title, f"instituciones/{publisher.name}/noticias.xml"),
        ),
        publisher=publisher,
        scores=scores,
        gone=gone,
        card=_card(scores, site.catalogue.rows(publisher.name)),
    )


def _scored(site: Site, entry: Entry) -> Scored:
    summary = entry.quality.get("resumen", {})
    stars, points = site.ratings.get(entry.id) or _assessed(entry, site)
    return Scored(
        entry,
        schedule(entry, site.today).state,
        int(summary.get("cumplidas", 0)),
        int(summary.get("comprobaciones", 0)),
        stars,
        points,
    )


def _assessed(entry: Entry, site: Site) -> tuple[int, int]:
    found = assess(entry, site.catalogue)
    return found.stars, found.points


def _card(scores: list[Scored], rows: int) -> list[tuple[str, str]]:
    """The scorecard's figures: what, and how much."""
    if not scores:
        return []
    count = len(scores)
    timed = [one for one in scores if one.state in ("al día", "atrasado")]
    figures = [
        ("Conjuntos publicados", spanish.number(count)),
        ("Filas", spanish.number(rows)),
    ]
    if timed:
        current = sum(one.state == "al día" for one in timed)
        figures.append(("Al día", f"{current} de {len(timed)}"))
    declared = sum(one.entry.licence is not None for one in scores)
    figures.append(("Con licencia", f"{declared} de {count}"))
    met, checks = sum(one.met for one in scores), sum(one.checks for one in scores)
    figures.append(("Comprobaciones cumplidas", f"{spanish.number(met)} de {spanish.number(checks)}"))
    figures.append(
        ("Metadatos, en promedio",
         f"{sum(one.points for one in scores) // count} de 405")
    )  # fmt: skip
    return figures


def theme_pages(site: Site) -> list[Artifact]:
    """temas/ and one page for each theme that has a dataset."""
    found: dict[str, list[Entry]] = {}
    for entry in by_title(site.catalogue.published):
        found.setdefault(entry.theme, []).append(entry)
    listed = sorted(((code, site.theme(code), them) for code, them in found.items()),
                    key=lambda one: words.folded(one[1]))  # fmt: skip
    pages = [
        page(
            site,
            page_key("temas"),
            "themes.html",
            Head(title="Temas", description="Los datos abiertos de Guatemala por tema."),
            themes=[(code, name, len(them)) for code, name, them in listed],
        )
    ]
    for code, name, them in listed:
        pages.append(
            page(
                site,
                page_key("temas", code.lower()),
                "theme.html",
                Head(title=name, description=f"Datos abiertos de Guatemala sobre {name.lower()}."),
                name=name,
                code=code,
                entries=them,
                states={entry.id: schedule(entry, site.today).state for entry in them},
                exercises=exercises_of(site, theme=code),
            )
        )
    return pages
