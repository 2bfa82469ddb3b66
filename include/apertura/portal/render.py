"""Fills the portal's templates: escaped always, undefined names refused, every link relative.

A page asks nothing of another host and holds no inline script or style; its own policy says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from apertura import spanish
from apertura.errors import EngineError
from apertura.portal import words
from apertura.portal.site import Artifact, Site, entry_key, page_key, relative

FOLDER = Path("include/portal")
"""Templates and assets, below the project's home."""

_POLICY = (
    "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "{worker}form-action 'self'; base-uri 'none'"
)
CLOSED = _POLICY.format(script="'self'", worker="")
"""The Content-Security-Policy of every page but those that search or query."""

WASM = _POLICY.format(script="'self' 'wasm-unsafe-eval'", worker="worker-src 'self' blob:; ")
"""The policy of pages that run WebAssembly from the bucket itself (search, SQL)."""


@dataclass(frozen=True)
class Head:
    """What stands in a page's head: `image` is the key of its Open Graph picture, `data` its JSON-LD."""

    title: str
    description: str
    image: str | None = None
    data: Mapping[str, Any] | None = None
    feed: tuple[str, str] | None = None
    policy: str = CLOSED
    scripts: tuple[str, ...] = ()
    index: bool = True
    kind: str = "website"


@cache
def _environment(templates: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,  # every file, whatever its name
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(
        number=spanish.number,
        percent=spanish.percent,
        size=words.size,
        day=spanish.day,
        period=words.period,
        frequency=words.frequency,
        file_format=words.format_name,
        web=words.web,
        mail=words.mail,
        folded=words.folded,
        json_block=json_block,
        lower_first=lambda text: text[:1].lower() + text[1:],
        capitalize_first=lambda text: text[:1].upper() + text[1:],
    )
    environment.globals.update(
        plural=words.plural,
        rows_in_words=spanish.rows,
        types=words.TYPES,
        formats=words.FORMATS,
        page_key=page_key,
        entry_key=entry_key,
    )
    return environment


def json_block(value: Any) -> Markup:
    """JSON that is safe inside a <script> data block: nothing in it can end the block or open a comment."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for letter, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(letter, escaped)
    return Markup(text)  # noqa: S704 (no letter of it means anything to HTML)


def address(page: str, target: str) -> str:
    """The link from a page to another object, percent-encoded."""
    return quote(relative(page, target), safe="/.-_~")


def rooted(site: Site, target: str) -> str:
    """The link from the server's root: for the one page that is shown at any address, 404.html."""
    return quote(urlsplit(site.catalogue.base).path, safe="/.-_~%") + words.canonical(target)


def page(site: Site, key: str, template: str, head: Head, /, **values: Any) -> Artifact:
    """A page of the site; EngineError when a value that its template names is missing."""
    anywhere = key == "404.html"

    def link(target: str, fragment: str = "") -> str:
        where = rooted(site, target) if anywhere else address(key, target)
        return f"{where}#{fragment}" if fragment else where

    text = _fill(
        site.project.home / FOLDER / "templates",
        template,
        site=site,
        catalogue=site.catalogue,
        head=head,
        key=key,
        link=link,
        asset=lambda name: link(site.assets.get(name, f"recursos/{name}")),
        absolute=lambda target: site.catalogue.url(words.canonical(target)),
        **values,
    )
    return Artifact(key, text.encode())


def _fill(templates: Path, template: str, /, **values: Any) -> str:
    try:
        return _environment(templates).get_template(template).render(**values)
    except Exception as error:
        failure = f"{type(error).__name__} at {_line(error, templates)}"
    raise EngineError(
        f"the portal's template {template} could not be filled: {failure}",
        hint="report this to the maintainers",
    )


def _line(error: Exception, templates: Path) -> str:
    """The template's line that failed: a place of ours, never a value."""
    trace, place = error.__traceback__, "an unknown line"
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if templates in file.parents:
            place = f"{file.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
