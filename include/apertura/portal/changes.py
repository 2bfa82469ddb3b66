"""What changed from each version to the next, in numbers and in Spanish words.

Between versions of a protected dataset a report of changes is a differencing machine: there only totals
rounded to 5 are told, and which columns came and went. A withdrawn version is gone from the bucket, so its
neighbours are compared with each other.
"""

# ruff: noqa: S608 (names are published columns, through quoted())
from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apertura import spanish
from apertura.catalogue.model import Entry, Version
from apertura.errors import in_our_words
from apertura.portal import figures
from apertura.portal.published import Reading, engine, fetched, opened
from apertura.prepare.engine import quoted
from apertura.publish.history import version_folder
from apertura.quality.counts import midpoint, rounded, rounded_sum
from apertura.spanish import TYPES
from apertura.storage import Bucket

COMPARED = 12
"""Newest versions whose rows are compared; of older ones the totals are told."""


@dataclass(frozen=True)
class TableChange:
    """One table. `before` and `after` are rows, None where the version has no such table; of a protected
    dataset they are `rounded`: `<5` or a multiple of 5.

    `added`, `removed` and `changed` are rows; None where they are not told or cannot be known: `changed`
    needs a key. `how` is clave, contenido or totales.
    """

    resource: str
    title: str
    before: int | str | None
    after: int | str | None
    how: str
    rounded: bool = False
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    key: tuple[str, ...] = ()
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_retyped: tuple[tuple[str, str, str], ...] = ()

    @property
    def text(self) -> str:
        """The change in words."""
        return " ".join([f"{self.title}: {_rows_in_words(self)}", *_columns_in_words(self)])


@dataclass(frozen=True)
class Change:
    """A version against the standing one before it; `previous` is None for the first.

    `protected`: only rounded totals are told.
    """

    version: str
    number: int
    previous: str | None
    taken: dt.datetime
    tables: tuple[TableChange, ...]
    protected: bool

    @property
    def text(self) -> tuple[str, ...]:
        """Sentences, one for each table; one alone for the first version."""
        if self.previous is None:
            each = [one.after for one in self.tables if one.after is not None]
            all_ = rounded_sum(each) if self.protected else sum(map(midpoint, each))
            return (f"Primera versión publicada, con {spanish.rows(all_, about=self.protected)}.",)
        return tuple(one.text for one in self.tables)


@dataclass(frozen=True)
class _State:
    """What a version says of itself: resource -> its description, and whether people are protected in it."""

    version: Version
    resources: Mapping[str, Mapping[str, Any]]
    protected: bool


@in_our_words
def changes(public: Bucket, entry: Entry) -> list[Change]:
    """Every standing version against the standing one before it, newest first.

    Errors: StorageError when a standing version lost a file.
    """
    standing = [version for version in entry.versions if not version.withdrawn]
    states = [_state(public, entry, version) for version in standing]
    made = []
    for number, state in enumerate(states):
        before = states[number + 1] if number + 1 < len(states) else None
        made.append(_change(public, entry, state, before, compared=number < COMPARED))
    return made


def _state(public: Bucket, entry: Entry, version: Version) -> _State:
    folder = version_folder(entry.id, version.version)
    package, privacy = (_document(public, f"{folder}/{name}.json") for name in ("datapackage", "privacidad"))
    resources = {str(one["name"]): one for one in (package or {}).get("resources", ())}
    # What cannot be read may be protected: it fails closed.
    protected = privacy is None or bool(privacy.get("proteccion")) or entry.protected
    protected |= entry.contract is not None and entry.contract.privacy is not None
    return _State(version, resources, protected)


def _document(public: Bucket, key: str) -> Mapping[str, Any] | None:
    try:
        document = json.loads(public.get(key))
    except (KeyError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def _change(public: Bucket, entry: Entry, new: _State, old: _State | None, *, compared: bool) -> Change:
    protected = new.protected or (old is not None and old.protected)
    names = list(dict.fromkeys([*new.resources, *(old.resources if old else ())]))
    tables = []
    for name in names:
        told = _totals(name, new, old, protected=protected)
        both = old is not None and name in new.resources and name in old.resources
        if both and old is not None and compared and not protected:
            told = _compared(public, entry, told, new, old)
        tables.append(told)
    previous = old.version.version if old else None
    version = new.version
    return Change(version.version, version.number, previous, version.taken, tuple(tables), protected)


def _totals(name: str, new: _State, old: _State | None, *, protected: bool) -> TableChange:
    def rows(state: _State | None) -> int | str | None:
        if state is None or name not in state.resources:
            return None
        exact = int(state.version.rows.get(name, 0))
        return rounded(exact) if protected else exact

    said = new.resources.get(name) or (old.resources if old else {})[name]
    now = _types(new.resources.get(name))
    was = _types(old.resources.get(name)) if old else {}
    both = bool(now) and bool(was)
    return TableChange(
        resource=name,
        title=str(said.get("title", name)),
        before=rows(old),
        after=rows(new),
        how="totales",
        rounded=protected,
        columns_added=tuple(one for one in now if both and one not in was),
        columns_removed=tuple(one for one in was if both and one not in now),
        columns_retyped=tuple(
            (one, was[one], now[one]) for one in now if one in was and was[one] != now[one]
        ),
    )


def _types(resource: Mapping[str, Any] | None) -> dict[str, str]:
    fields = ((resource or {}).get("schema") or {}).get("fields", ())
    return {str(field["name"]): str(field.get("type", "string")) for field in fields}


def _compared(public: Bucket, entry: Entry, told: TableChange, new: _State, old: _State) -> TableChange:
    """Row by row: by the key where both have the same and it is unique, else as a multiset."""
    files = [
        f"{version_folder(entry.id, state.version.version)}/{told.resource}.parquet" for state in (new, old)
    ]
    with fetched(public, files[0]) as now, fetched(public, files[1]) as was, engine() as connection:
        reader, before = opened(connection, now, told.resource), opened(connection, was, told.resource)
        shared = _shared(entry, told.resource, reader, before)
        key = _key(new.resources[told.resource], old.resources[told.resource], shared)
        found: Mapping[str, Any]
        if key and _unique(reader, key) and _unique(before, key):
            found = _by_key(reader, before, key, shared)
        else:
            found = _by_content(reader, before, shared)
    fixed = {name: getattr(told, name) for name in told.__dataclass_fields__}
    return TableChange(**{**fixed, **found})


def _shared(entry: Entry, resource: str, new: Reading, old: Reading) -> list[str]:
    """Columns of both with one type; pseudonyms that are new in every release would make every row differ."""
    renewed: set[str] = set()
    for table in entry.contract.resources if entry.contract is not None else ():
        if table.name == resource:
            renewed = {one.name for one in table.fields if one.keyed and one.keyed.rotation == "release"}
    return [
        name for name, type_ in new.columns.items() if old.columns.get(name) == type_ and name not in renewed
    ]


def _key(new: Mapping[str, Any], old: Mapping[str, Any], shared: list[str]) -> tuple[str, ...]:
    now, was = (tuple(one.get("schema", {}).get("primaryKey", ())) for one in (new, old))
    return now if now == was and set(now) <= set(shared) else ()


def _unique(source: Reading, key: tuple[str, ...]) -> bool:
    names = ", ".join(map(quoted, key))
    known = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in key)
    rows, distinct = source.one(
        f"SELECT count(*), count(DISTINCT row({names})) FILTER ({known}) FROM {source.relation}"
    )
    return bool(rows == distinct)


def _by_key(new: Reading, old: Reading, key: tuple[str, ...], shared: list[str]) -> dict[str, Any]:
    on = " AND ".join(f"n.{quoted(name)} = o.{quoted(name)}" for name in key)
    rest = [quoted(name) for name in shared if name not in key]
    differs = "false"
    if rest:
        sides = (", ".join(f"{side}.{name}" for name in rest) for side in "no")
        differs = " IS DISTINCT FROM ".join(f"row({side})" for side in sides)
    here, gone = f"n.{quoted(key[0])} IS NULL", f"o.{quoted(key[0])} IS NULL"
    added, removed, changed = new.one(
        f"SELECT count(*) FILTER ({gone}), count(*) FILTER ({here}), "
        f"count(*) FILTER (NOT {here} AND NOT {gone} AND {differs}) "
        f"FROM {new.relation} n FULL JOIN {old.relation} o ON {on}"
    )
    return {"how": "clave", "added": added, "removed": removed, "changed": changed, "key": key}


def _by_content(new: Reading, old: Reading, shared: list[str]) -> dict[str, Any]:
    """Rows more and rows fewer, equal rows counted as often as they stand there."""
    if not shared:
        return {}
    names = ", ".join(map(quoted, shared))
    added, removed = new.one(
        f"WITH both_ AS (SELECT {names}, 1 AS side FROM {new.relation} "
        f"UNION ALL SELECT {names}, -1 AS side FROM {old.relation}), "
        f"kinds AS (SELECT sum(side) AS more FROM both_ GROUP BY {names}) "
        "SELECT coalesce(sum(more) FILTER (more > 0), 0), coalesce(-sum(more) FILTER (more < 0), 0) "
        "FROM kinds"
    )
    return {"how": "contenido", "added": int(added), "removed": int(removed)}


def _rows_in_words(told: TableChange) -> str:
    after = spanish.rows(told.after or 0, about=told.rounded)
    if told.before is None:
        return f"tabla nueva, con {after}."
    if told.after is None:
        return "esta tabla ya no se publica."
    if told.how == "totales":
        if told.before == told.after:
            return f"{after}, como antes."
        before = spanish.rows(told.before, about=told.rounded)
        return f"{after}; antes, {before.rpartition(' ')[0]}."
    parts = [
        (told.added, "fila nueva", "filas nuevas"),
        (told.removed, "fila menos", "filas menos"),
        (told.changed, "fila cambiada", "filas cambiadas"),
    ]
    said = [figures.count(amount, one, many) for amount, one, many in parts if amount]
    if not said:
        return "las mismas filas."
    return f"{_listed(said)}; en total, {spanish.number(told.after)}."


def _columns_in_words(told: TableChange) -> Iterable[str]:
    for names, one, many in (
        (told.columns_added, "Columna nueva", "Columnas nuevas"),
        (told.columns_removed, "Columna retirada", "Columnas retiradas"),
    ):
        if names:
            yield f"{one if len(names) == 1 else many}: {', '.join(names)}."
    for name, was, now in told.columns_retyped:
        yield f"La columna {name} pasó de {TYPES.get(was, was)} a {TYPES.get(now, now)}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} y {parts[-1]}"
