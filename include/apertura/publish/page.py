"""The shell of every page that goes with a release: one self-contained HTML file, readable without anything.

A page is made of templates (`templates/*.html`, autoescaped, undefined names refused) or of `Markup` that
they gave. It asks for nothing from outside: style and drawings are inline, and its own policy forbids the
rest. Colours are never the only sign, and it prints on paper as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from apertura.errors import EngineError
from apertura.spanish import number, percent

TEMPLATES = Path(__file__).parent / "templates"

Tone = Literal["good", "warn", "bad", "plain"]
"""What a badge says by colour, beside its word and its sign."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,  # every file, whatever its name
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = number
    environment.filters["percent"] = percent
    return environment


def fill(template: str, /, **values: Any) -> Markup:
    """A template of ours filled with values, each of them escaped; EngineError when one is missing.

    `template` is a file of `templates/`. It may import the parts that pages share from `parts.html`.
    """
    try:
        return Markup(_environment().get_template(template).render(**values))  # noqa: S704 (autoescaped)
    except Exception as error:
        failure = type(error).__name__
    raise EngineError(
        f"the page template {template} could not be filled: {failure}",
        hint="report this to the maintainers",
    )


def render(
    title: str,
    body: Markup,
    *,
    kind: str,
    subtitle: str = "",
    facts: Sequence[tuple[str, object]] = (),
    files: Sequence[tuple[str, str]] = (),
    footer: str = "",
) -> bytes:
    """A whole page, UTF-8, the same bytes for the same values.

    `title` is the dataset's, `kind` what the page is ("Informe de calidad"), `facts` are the pairs under
    the title, `files` are its neighbours and the dataset's page (address relative to it, text of the link).
    `body` is safe markup, made by `fill` (text that is not `Markup` is escaped). None may hold a value of
    the data.
    """
    page = fill(
        "page.html",
        title=title,
        body=body,
        kind=kind,
        subtitle=subtitle,
        facts=list(facts),
        files=list(files),
        footer=footer,
    )
    return str(page).encode()


def way_home(dataset_id: str) -> tuple[str, str]:
    """The link to the dataset's page in the same bucket: who was sent a report alone finds the data, too."""
    return f"../../../../../conjuntos/{dataset_id}/index.html", "Página de estos datos"
