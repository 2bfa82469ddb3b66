"""Which layout a file has: its header against what the contract declares, column by column.

A source changes shape over the years; each shape is a layout of the contract. What is not declared stops
the run, and the message counts and places it but never quotes it: a header may hold a person's value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apertura.contract import Contract, Resource
from apertura.contract.intake import Reader
from apertura.contract.model import Layout
from apertura.errors import ReaderError
from apertura.readers import header

MOST_NAMED = 10
"""Columns that a message names or places before it only counts."""

_ALIKE = 0.8
"""Similarity from which an undeclared name is taken for a misspelt or renamed declared one."""

File = tuple[str, Path]


@dataclass(frozen=True)
class Group:
    """The files of one resource that share a layout, and the reader for them."""

    layout: str | None
    reader: Reader
    files: list[File]


@dataclass(frozen=True)
class Wide:
    """One column of a wide source that a pattern recognised: its name and the values its name holds."""

    column: str
    value_field: str
    parts: dict[str, str]


@dataclass(frozen=True)
class Columns:
    """A header that is wholly declared: field -> source column (None where this layout has none)."""

    sources: dict[str, str | None]
    wide: list[Wide]


def files_of(contract: Contract, files: Sequence[File]) -> dict[str, list[File]]:
    """The files each resource reads, by resource. ReaderError when a file or a resource is left over."""
    chosen: dict[str, list[File]] = {}
    claimed: set[str] = set()
    for resource in contract.resources:
        wanted = [file for file in files if resource.files is None or re.fullmatch(resource.files, file[0])]
        if not wanted:
            raise ReaderError(
                f"{contract.id}: none of the {len(files)} files of the extract is one of resource "
                f"{resource.name}",
                hint="see whether `files` of the resource still fits the names the source uses",
            )
        chosen[resource.name] = wanted
        claimed |= {name for name, _ in wanted}
    left = len(files) - sum(name in claimed for name, _ in files)
    if left:
        raise ReaderError(
            f"{contract.id}: {left} of the {len(files)} files of the extract belong to no resource",
            hint="declare them with `files` of a resource, or narrow what the source takes",
        )
    return chosen


def groups_of(contract: Contract, resource: Resource, files: Sequence[File]) -> list[Group]:
    """The files by layout, in the order of `layouts`; one group when the contract declares none.

    ReaderError with the nearest layout's differences when a file fits no layout.
    """
    if not contract.layouts:
        return [Group(None, resource.reader or contract.reader, list(files))]
    by_layout: dict[str, list[File]] = {}
    for number, file in enumerate(files, start=1):
        name = _layout_of(contract, resource, file[1], f"{contract.id}: file {number} of {len(files)}")
        by_layout.setdefault(name, []).append(file)
    return [
        Group(layout.name, _reader(contract, resource, layout), by_layout[layout.name])
        for layout in contract.layouts
        if layout.name in by_layout
    ]


def _reader(contract: Contract, resource: Resource, layout: Layout) -> Reader:
    return layout.reader or resource.reader or contract.reader


def _layout_of(contract: Contract, resource: Resource, path: Path, place: str) -> str:
    nearest: tuple[int, str] | None = None
    unread: ReaderError | None = None
    for layout in contract.layouts:
        try:
            found = header(_reader(contract, resource, layout), path, where=place)
        except ReaderError as error:
            unread = error
            continue
        missing, strangers = _differences(resource, layout.name, found)
        if not missing and not strangers:
            return layout.name
        distance = len(missing) + len(strangers)
        if nearest is None or distance < nearest[0]:
            text = _told(missing, strangers, found)
            nearest = (distance, f"the nearest is {layout.name}, but there {text}")
    if nearest is None and unread is not None:
        raise unread
    raise ReaderError(
        f"{place}: its header fits none of the {len(contract.layouts)} layouts of resource {resource.name}; "
        f"{nearest[1] if nearest else ''}",
        hint=f"`apertura peek {contract.id}` shows the header; declare a new layout for a new shape",
    )


def match(contract: Contract, resource: Resource, layout: str | None, found: Sequence[str]) -> Columns:
    """What each column of a header is. ReaderError when one is missing or undeclared."""
    missing, strangers = _differences(resource, layout, found)
    if missing or strangers:
        raise ReaderError(
            f"{contract.id}: resource {resource.name}: {_told(missing, strangers, found)}",
            hint=f"`apertura peek {contract.id}` shows the header; if the source has changed, change the "
            "contract (every column is declared, also one that is dropped)",
        )
    declared = _declared(resource, layout)
    wide = [spec for name in found if name not in declared.values() for spec in _wide(resource, name)[:1]]
    return Columns(declared, wide)


def fed_by_patterns(resource: Resource) -> set[str]:
    """Fields that take the cell or a part of the name of a wide column."""
    return {field for pattern in resource.patterns for field in (pattern.value, *pattern.groups.values())}


def _declared(resource: Resource, layout: str | None) -> dict[str, str | None]:
    fed = fed_by_patterns(resource)
    result: dict[str, str | None] = {}
    for field in resource.fields:
        if field.source is not None and field.name not in fed:
            one_name = isinstance(field.source, str)
            result[field.name] = field.source if one_name else field.source.get(layout or "")  # type: ignore[union-attr, assignment]
    return result


def _wide(resource: Resource, name: str) -> list[Wide]:
    found = []
    for pattern in resource.patterns:
        if parsed := re.fullmatch(pattern.pattern, name):
            parts = {field: parsed[group] or "" for group, field in pattern.groups.items()}
            found.append(Wide(name, pattern.value, parts))
    return found


def _differences(
    resource: Resource, layout: str | None, found: Sequence[str]
) -> tuple[list[str], list[tuple[int, str]]]:
    """Declared columns that are not there, and (position, name) of those that nobody declared."""
    expected = [column for column in _declared(resource, layout).values() if column is not None]
    missing = sorted({column for column in expected if column not in found}, key=expected.index)
    strangers = [
        (position, name)
        for position, name in enumerate(found, start=1)
        if name not in expected and not _wide(resource, name)
    ]
    if resource.patterns and not any(_wide(resource, name) for name in found):
        missing.append("(a column that a pattern recognises)")
    return missing, strangers


def _told(missing: Sequence[str], strangers: Sequence[tuple[int, str]], found: Sequence[str]) -> str:
    """Both differences in words: declared names may be said, found ones only placed."""
    parts = []
    if missing:
        named = ", ".join(repr(name) for name in missing[:MOST_NAMED])
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        parts.append(f"{len(missing)} declared columns are missing: {named}{more}")
    if strangers:
        places = ", ".join(str(position) for position, _ in strangers[:MOST_NAMED])
        more = f" and {len(strangers) - MOST_NAMED} more" if len(strangers) > MOST_NAMED else ""
        parts.append(f"{len(strangers)} of {len(found)} columns are not declared: positions {places}{more}")
        for position, name in strangers[:MOST_NAMED]:
            if alike := difflib.get_close_matches(name, missing, n=1, cutoff=_ALIKE):
                parts.append(f"position {position} is nearly the declared {alike[0]!r}")
    return "; ".join(parts)
