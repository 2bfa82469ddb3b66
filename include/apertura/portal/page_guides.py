"""Guides: how to use the data, a worked exercise per theme that is published, and the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from apertura.catalogue.model import Entry, Table
from apertura.errors import ContractError, EngineError, StorageError
from apertura.portal import figures, words
from apertura.portal.published import reading
from apertura.portal.render import FOLDER, Head, page
from apertura.portal.site import Artifact, Site, page_key

_ANSWER = 24
"""Rows of an answer that a page shows."""

_TOPICS = {
    "presupuesto": "Presupuesto",
    "compras": "Compras y contrataciones",
    "datos": "Datos",
    "estadística": "Estadística",
    "privacidad": "Privacidad",
}


def guide_pages(site: Site) -> list[Artifact]:
    """guias/, guias/como-usar-estos-datos/, guias/glosario/, and guias/<slug>/ for each exercise whose
    dataset is published."""
    exercises = [(one, found) for one in _read(site, "exercises") if (found := _table(site, one)) is not None]
    listed = sorted(((site.theme(one["theme"]), one) for one, _ in exercises),
                    key=lambda pair: (words.folded(pair[0]), pair[1]["title"]))  # fmt: skip
    return [
        page(
            site,
            page_key("guias"),
            "guides.html",
            Head(
                title="Guías",
                description="Cómo usar los datos abiertos: una guía, ejercicios resueltos y un glosario.",
            ),
            exercises=listed,
        ),
        page(
            site,
            page_key("guias", "como-usar-estos-datos"),
            "guide_use.html",
            Head(
                title="Cómo usar estos datos",
                description="De la descarga a la conclusión: elegir, abrir, revisar, calcular y citar.",
                kind="article",
            ),
        ),
        _glossary(site),
        *(_exercise(site, one, *found) for one, found in exercises),
    ]


def exercises_of(site: Site, *, theme: str = "", dataset: str = "") -> list[tuple[str, str]]:
    """(key of its page, title) of each exercise of a theme, or with a dataset's rows, that is published."""
    return [
        (page_key("guias", one["slug"]), str(one["title"]))
        for one in _read(site, "exercises")
        if (one["theme"] == theme or one["dataset"] == dataset) and _table(site, one) is not None
    ]


def _read(site: Site, name: str) -> list[dict[str, Any]]:
    """A list of include/portal/guides; ContractError when its file is missing or damaged."""
    path = site.project.home / FOLDER / "guides" / f"{name}.yaml"
    try:
        state = path.stat()
        return _list_in(path, state.st_mtime_ns, state.st_size)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, AttributeError, StopIteration):
        pass
    raise ContractError(
        f"{FOLDER}/guides/{name}.yaml is missing or damaged", hint="restore it from the repository"
    )


@lru_cache(maxsize=8)
def _list_in(path: Path, changed: int, size: int) -> list[dict[str, Any]]:
    """Read once as long as the file is the same: every dataset's page asks for its exercises."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return list(next(iter(document.values())))


def _table(site: Site, exercise: Mapping[str, Any]) -> tuple[Entry, Table] | None:
    for entry in site.catalogue.published:
        if entry.id == exercise["dataset"]:
            return next(((entry, one) for one in entry.tables if one.name == exercise["table"]), None)
    return None


def _exercise(site: Site, exercise: Mapping[str, Any], entry: Entry, table: Table) -> Artifact:
    return page(
        site,
        page_key("guias", exercise["slug"]),
        "exercise.html",
        Head(title=exercise["title"], description=exercise["question"], kind="article"),
        exercise=exercise,
        entry=entry,
        table=table,
        sql=exercise["sql"].replace("{tabla}", f"'{table.name}.parquet'"),
        place=f"'{entry.id}/{table.name}.parquet'",
        answer=_answer(site, exercise, table),
    )


def _answer(site: Site, exercise: Mapping[str, Any], table: Table) -> dict[str, Any] | None:
    """What the query says of the version that is published today; None when it no longer fits the table."""
    try:
        with reading(site.public, table) as source:
            query = exercise["sql"].replace("{tabla}", source.relation)
            described = source.rows(f"DESCRIBE {query}")
            rows = source.rows(f"SELECT * FROM ({query}) LIMIT {_ANSWER}")  # noqa: S608 (a file of ours)
    except (EngineError, StorageError):
        return None
    names = [str(row[0]) for row in described]
    numeric = [
        str(row[1]).startswith(("DECIMAL", "DOUBLE", "BIGINT", "HUGEINT", "INTEGER")) for row in described
    ]
    plain = [figures.is_plain({"name": name}) for name in names]
    cells = [
        [(figures.text(value, plain=plain[at]), "n" if numeric[at] else "") for at, value in enumerate(row)]
        for row in rows
    ]
    return {"heads": [(name, "n" if numeric[at] else "") for at, name in enumerate(names)], "rows": cells}


def _glossary(site: Site) -> Artifact:
    terms = sorted(_read(site, "glossary"), key=lambda one: words.folded(one["term"]))
    topics = [
        (name, title, [one for one in terms if one["topic"] == name]) for name, title in _TOPICS.items()
    ]
    return page(
        site,
        page_key("guias", "glosario"),
        "glossary.html",
        Head(
            title="Glosario",
            description="Palabras del presupuesto, las compras públicas, la estadística y la privacidad, "
            "explicadas con sencillez.",
            kind="article",
        ),
        topics=[(name, title, them) for name, title, them in topics if them],
        anchors={one["term"]: anchor(one["term"]) for one in terms},
    )


def anchor(term: str) -> str:
    """A term's place in the page: `Concurso o evento` is concurso-o-evento."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in words.folded(term)).split())
