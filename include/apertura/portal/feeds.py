"""What others follow by machine: Atom feeds of new versions and withdrawals, sitemap and robots.

No clock is read: a feed's time is that of its newest entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from apertura.catalogue.model import Entry, Version
from apertura.portal import pieces, words
from apertura.portal.site import Artifact, Site, entry_key, page_key

ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWEST = 50
_BEGINNING = dt.datetime(2008, 10, 23, tzinfo=dt.UTC)
"""Time of a feed without entries, which Atom wants: the day of the law's publication."""


@dataclass(frozen=True)
class News:
    """One entry of a feed."""

    entry: Entry
    version: Version
    when: dt.datetime
    title: str
    text: str


def feeds(site: Site) -> list[Artifact]:
    """noticias.xml, one feed for each institution and each dataset, sitemap.xml, robots.txt."""
    told = {entry.id: news(site, entry) for entry in site.catalogue.entries}
    made = [
        _feed(
            site,
            "noticias.xml",
            "Novedades de Apertura",
            page_key(),
            [n for one in told.values() for n in one],
        )
    ]
    for publisher in site.catalogue.publishers:
        own = [
            n
            for entry in site.catalogue.entries
            if entry.publisher.name == publisher.name
            for n in told[entry.id]
        ]
        folder = f"instituciones/{publisher.name}"
        made.append(_feed(site, f"{folder}/noticias.xml", publisher.title, page_key(folder), own))
    for entry in site.catalogue.entries:
        key = f"conjuntos/{entry.id}/noticias.xml"
        made.append(_feed(site, key, entry.title, entry_key(entry.id), told[entry.id]))
    return [*made, _sitemap(site), _robots(site)]


def news(site: Site, entry: Entry) -> list[News]:
    """Each version of a dataset, newest first: what changed, or why it was withdrawn."""
    return [_one(site, entry, version) for version in entry.versions]


def _one(site: Site, entry: Entry, version: Version) -> News:
    if version.withdrawn:
        when = _withdrawn(version)
        reason = version.reason or "no consta el motivo"
        return News(
            entry, version, when, f"{entry.title}: versión retirada", f"Se retiró la versión: {reason}"
        )
    return News(
        entry, version, version.taken, f"{entry.title}: {words.day(version.taken)}",
        " ".join(pieces.told(site, entry, version)),
    )  # fmt: skip


def _withdrawn(version: Version) -> dt.datetime:
    try:
        day = dt.datetime.fromisoformat(version.withdrawn_on or "")
    except ValueError:
        return version.taken
    return day if day.tzinfo else day.replace(tzinfo=dt.UTC)


def _feed(site: Site, key: str, title: str, page: str, entries: Sequence[News]) -> Artifact:
    newest = sorted(entries, key=lambda one: (one.when, one.entry.id, one.version.version), reverse=True)[
        :_NEWEST
    ]
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "es-GT"})
    _text(root, "title", title)
    _text(root, "id", _address(site, key))
    _text(root, "updated", _time(newest[0].when if newest else _BEGINNING))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": _address(site, key)})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": _address(site, page)})
    _text(SubElement(root, "author"), "name", "Apertura")
    for one in newest:
        _entry(site, root, one)
    text = tostring(root, encoding="unicode")
    return Artifact(key, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode())


def _entry(site: Site, root: Element, one: News) -> None:
    item = SubElement(root, "entry")
    address = f"{_address(site, entry_key(one.entry.id))}#version-{one.version.version}"
    _text(item, "title", one.title)
    _text(item, "id", address + ("-retirada" if one.version.withdrawn else ""))
    _text(item, "updated", _time(one.when))
    SubElement(item, "link", {"rel": "alternate", "type": "text/html", "href": address})
    _text(SubElement(item, "author"), "name", one.entry.publisher.title)
    if one.entry.theme:
        SubElement(item, "category", {"term": one.entry.theme, "label": words.theme(one.entry.theme)})
    content = SubElement(item, "content", {"type": "text"})
    content.text = _printable(one.text)


def _text(parent: Element, name: str, value: str) -> None:
    SubElement(parent, name).text = _printable(value)


def _printable(value: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(letter for letter in value if letter >= " " or letter in "\t\n")


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _address(site: Site, key: str) -> str:
    return site.catalogue.url(words.canonical(key))


def _sitemap(site: Site) -> Artifact:
    """Every page that search engines should know, with the day of the data that it shows."""
    root = Element("urlset", {"xmlns": _SITEMAP})
    fixed = [(), ("buscar",), ("temas",), ("instituciones",), ("guias",),
             ("guias", "glosario"), ("guias", "como-usar-estos-datos"), ("como-anonimizamos",), ("api",),
             ("acerca-de",)]  # fmt: skip
    pages: list[tuple[str, dt.datetime | None]] = [(page_key(*parts), None) for parts in fixed]
    pages += [
        (page_key("temas", code.lower()), None)
        for code in sorted({e.theme for e in site.catalogue.published})
    ]
    pages += [(page_key("instituciones", one.name), None) for one in site.catalogue.publishers]
    pages += [(entry_key(one.id), one.latest.taken) for one in site.catalogue.published if one.latest]
    for key, taken in pages:
        place = SubElement(root, "url")
        _text(place, "loc", _address(site, key))
        if taken is not None:
            _text(place, "lastmod", taken.astimezone(dt.UTC).date().isoformat())
    text = tostring(root, encoding="unicode")
    return Artifact("sitemap.xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode())


def _robots(site: Site) -> Artifact:
    lines = ["User-agent: *", "Allow: /", f"Sitemap: {_address(site, 'sitemap.xml')}", ""]
    return Artifact("robots.txt", "\n".join(lines).encode())
