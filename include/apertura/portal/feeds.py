"""What others follow by machine: Atom feeds of new versions and withdrawals, sitemap and robots.

No clock is read: a feed's time is that of its newest entry.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element, SubElement, tostring

from lxml import etree

from apertura import spanish
from apertura.catalogue.model import Entry, Version
from apertura.portal import words
from apertura.portal.site import Artifact, Site, entry_key, page_key, table_key

ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWEST = 50
_BEGINNING = dt.datetime(2008, 10, 23, tzinfo=dt.UTC)
"""Time of a feed without entries, which Atom wants: the day of the law's publication."""


@dataclass(frozen=True)
class News:
    """One entry of a feed. `address` is that of the version in its dataset's page."""

    id: str
    address: str
    when: dt.datetime
    title: str
    text: str
    publisher: str
    theme: str
    theme_title: str


def feed_key(dataset_id: str) -> str:
    """Where a dataset's feed lies."""
    return f"conjuntos/{dataset_id}/noticias.xml"


def dataset_feed(site: Site, entry: Entry, told: Mapping[str, list[str]]) -> Artifact:
    """The feed of one dataset, of which the others are made; `told` is what changed in each version."""
    news = [_one(site, entry, version, " ".join(told.get(version.version, []))) for version in entry.versions]
    return _feed(site, feed_key(entry.id), entry.title, entry_key(entry.id), news)


def feeds(site: Site, pages: Iterable[str]) -> list[Artifact]:
    """noticias.xml, a feed for each institution (made of the datasets' own), sitemap.xml, robots.txt.

    `pages` are the keys of those that tell of no single dataset.
    """
    told = {entry.id: news_of(site, entry) for entry in site.catalogue.entries}
    every = [one for them in told.values() for one in them]
    made = [_feed(site, "noticias.xml", "Novedades de Apertura", page_key(), every)]
    for publisher in site.catalogue.publishers:
        entries = [one for one in site.catalogue.entries if one.publisher.name == publisher.name]
        own = [one for entry in entries for one in told[entry.id]]
        folder = f"instituciones/{publisher.name}"
        made.append(_feed(site, f"{folder}/noticias.xml", publisher.title, page_key(folder), own))
    return [*made, _sitemap(site, pages), _robots(site)]


def news_of(site: Site, entry: Entry) -> list[News]:
    """The news of a dataset, newest first, as its feed tells them: comparing versions again would take long.

    Where there is no feed yet, each version without what changed.
    """
    data = _made(site, feed_key(entry.id))
    told = _texts(data) if data is not None else {}
    news = (_one(site, entry, version, "") for version in entry.versions)
    return [replace(one, text=told.get(one.id, one.text)) for one in news]


def _made(site: Site, key: str) -> bytes | None:
    """An object of this build, or else of the one before."""
    if site.scratch is not None:
        spooled = site.scratch / "paginas" / hashlib.sha256(key.encode()).hexdigest()
        if spooled.is_file():
            return spooled.read_bytes()
    try:
        return site.public.get(key)
    except KeyError:
        return None


def _texts(data: bytes) -> dict[str, str]:
    """Id -> content of a feed of ours; nothing of one that cannot be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return {}
    names = {"a": ATOM}
    return {
        str(one.findtext("a:id", namespaces=names)): str(one.findtext("a:content", "", namespaces=names))
        for one in root.findall("a:entry", names)
    }


def _one(site: Site, entry: Entry, version: Version, text: str) -> News:
    address = f"{_address(site, entry_key(entry.id))}#version-{version.version}"
    if version.withdrawn:
        when, title, name = _withdrawn(version), f"{entry.title}: versión retirada", f"{address}-retirada"
    else:
        when, title, name = version.taken, f"{entry.title}: {spanish.day(version.taken)}", address
    if not text and version.withdrawn:
        text = "Se retiró esta versión."
    text = text or spanish.rows(entry.told_sum(version.rows.values()), about=entry.rounded) + "."
    theme = entry.theme, site.theme(entry.theme)
    return News(name, address, when, title, text, entry.publisher.title, *theme)


def _withdrawn(version: Version) -> dt.datetime:
    try:
        day = dt.datetime.fromisoformat(version.withdrawn_on or "")
    except ValueError:
        return version.taken
    return day if day.tzinfo else day.replace(tzinfo=dt.UTC)


def _feed(site: Site, key: str, title: str, page: str, entries: Sequence[News]) -> Artifact:
    newest = sorted(entries, key=lambda one: (one.when, one.id), reverse=True)[:_NEWEST]
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "es-GT"})
    _text(root, "title", title)
    _text(root, "id", _address(site, key))
    _text(root, "updated", _time(newest[0].when if newest else _BEGINNING))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": _address(site, key)})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": _address(site, page)})
    _text(SubElement(root, "author"), "name", "Apertura")
    for one in newest:
        _entry(root, one)
    text = tostring(root, encoding="unicode")
    return Artifact(key, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode())


def _entry(root: Element, one: News) -> None:
    item = SubElement(root, "entry")
    _text(item, "title", one.title)
    _text(item, "id", one.id)
    _text(item, "updated", _time(one.when))
    SubElement(item, "link", {"rel": "alternate", "type": "text/html", "href": one.address})
    _text(SubElement(item, "author"), "name", one.publisher)
    if one.theme:
        SubElement(item, "category", {"term": one.theme, "label": one.theme_title})
    content = SubElement(item, "content", {"type": "text"})
    content.text = words.drawable(one.text)


def _text(parent: Element, name: str, value: str) -> None:
    SubElement(parent, name).text = words.drawable(value)


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _address(site: Site, key: str) -> str:
    return site.catalogue.url(words.canonical(key))


def _sitemap(site: Site, shared: Iterable[str]) -> Artifact:
    """Every page that search engines should know; those of datasets with the day of the data they show."""
    root = Element("urlset", {"xmlns": _SITEMAP})
    pages: list[tuple[str, dt.datetime | None]] = []
    pages += [(key, None) for key in sorted(shared) if key.endswith("index.html")]
    for entry in site.catalogue.published:
        taken = entry.latest.taken if entry.latest else None
        pages += [(key, taken) for key in dict.fromkeys(table_key(entry, one) for one in entry.tables)]
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
