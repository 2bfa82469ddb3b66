"""The home page: search, themes, institutions, and what was published last."""

from __future__ import annotations

from collections import Counter
from typing import Any

from apertura import spanish
from apertura.catalogue.model import Entry
from apertura.portal import words
from apertura.portal.feeds import news_of
from apertura.portal.render import Head, page
from apertura.portal.site import Artifact, Site, entry_key, page_key

_NEWS = 6


def home_page(site: Site) -> Artifact:
    """index.html."""
    published = site.catalogue.published
    return page(
        site,
        page_key(),
        "home.html",
        Head(
            title="Datos abiertos de Guatemala",
            description="Datos públicos de las instituciones de Guatemala: limpios, documentados, sin datos "
            "personales y listos para descargar.",
            feed=("Novedades de Apertura", "noticias.xml"),
        ),
        count=len(published),
        rows=_in_round(site.catalogue.rows()),
        themes=themes(site),
        institutions=institutions(site),
        news=news(site, published),
    )


def _in_round(rows: int) -> str:
    """Rows of everything: nobody wants the last digits of them."""
    if rows <= 10_000:
        return spanish.rows(rows, about=True)
    return f"más de {spanish.rows(rows // 1000 * 1000)}"


def themes(site: Site) -> list[tuple[str, str, int]]:
    """(code, name, datasets) of each theme that is there, by name."""
    counted = Counter(entry.theme for entry in site.catalogue.published)
    return sorted(
        ((code, site.theme(code), count) for code, count in counted.items()),
        key=lambda one: words.folded(one[1]),
    )


def institutions(site: Site) -> list[tuple[Any, int]]:
    """(publisher, datasets) of every institution known, by title."""
    counted = Counter(entry.publisher.name for entry in site.catalogue.published)
    return sorted(
        ((one, counted.get(one.name, 0)) for one in site.catalogue.publishers),
        key=lambda pair: words.folded(pair[0].title),
    )


def news(site: Site, entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    """The newest releases, one a dataset."""
    standing = [(entry.latest.taken, entry.id, entry) for entry in entries if entry.latest is not None]
    latest = [entry for *_, entry in sorted(standing, key=lambda one: one[:2], reverse=True)]
    return [
        {"entry": entry, "key": entry_key(entry.id), "version": entry.latest, "text": _what(site, entry)}
        for entry in latest[:_NEWS]
    ]


def _what(site: Site, entry: Entry) -> str:
    """What changed in the newest version that stands."""
    standing = [version.withdrawn for version in entry.versions].index(False)
    return news_of(site, entry)[standing].text
