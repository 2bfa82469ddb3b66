"""Paths into a JSON record: which one a column is, what a row's value at it is, which ones nobody declared.

A path names keys from the record on, joined by `.`; `[]` after a key goes through a list's elements:
`awards[].suppliers[].name`. A table whose rows are `awards[].suppliers[]` takes from each level what stands
there: `ocid` is the record's, `awards[].id` that of the award around, `awards[].suppliers[].name` its own.
Where a path goes through a list that the rows do not, its values are joined by line ends, one line for each
element and `; ` between those of lists in it: so columns over one list stay in step. A path that starts with
`/` is taken from the record, whatever the rows: `/awards[].id` is all its awards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINES = re.compile(r"\s*[\r\n]\s*")


@dataclass(frozen=True)
class Step:
    """One key of a path; `many` when what stands there is a list to go through."""

    key: str
    many: bool


def steps_of(path: str) -> list[Step]:
    """The steps of a path; `[]` alone is a list without a key, the empty text no step."""
    return [Step(part.removesuffix("[]"), part.endswith("[]")) for part in path.split(".")] if path else []


@dataclass(frozen=True)
class Getter:
    """Takes one column's text from a row: from the object at `level` of its chain, along `steps`."""

    level: int
    steps: tuple[Step, ...]

    def __call__(self, chain: list[Any]) -> str | None:
        """The column's text; None where there is nothing."""
        node: Any = chain[self.level]
        for number, step in enumerate(self.steps, start=1):
            node = node.get(step.key) if isinstance(node, dict) else None
            if step.many:
                elements = node if isinstance(node, list) else []
                lines = ["; ".join(_gathered(one, self.steps[number:])) for one in elements]
                return "\n".join(lines) if any(lines) else None
        return _text(node)


def getter(path: str, rows: str) -> Getter:
    """How a table whose rows are at `rows` takes the column at `path`."""
    steps, way = steps_of(path.removeprefix("/")), [] if path.startswith("/") else steps_of(rows)
    level, taken = 0, 0
    for number, (step, other) in enumerate(zip(steps, way, strict=False), start=1):
        if step != other:
            break
        if step.many:
            level, taken = level + 1, number
    return Getter(level, tuple(steps[taken:]))


def chains(record: dict[str, Any], rows: str) -> Iterator[list[Any]]:
    """For each row the objects around it, the record first and the row's own last."""
    yield from _chains([record], steps_of(rows))


def _chains(chain: list[Any], way: list[Step]) -> Iterator[list[Any]]:
    if not way:
        yield chain
        return
    node: Any = chain[-1]
    for number, step in enumerate(way, start=1):
        node = node.get(step.key) if isinstance(node, dict) else None
        if step.many:
            for element in node if isinstance(node, list) else []:
                yield from _chains([*chain, element], way[number:])
            return


def _gathered(node: Any, steps: tuple[Step, ...]) -> list[str]:
    """The texts along a path on one line each; where there is none, an empty one keeps its place."""
    for number, step in enumerate(steps, start=1):
        node = node.get(step.key) if isinstance(node, dict) else None
        if step.many:
            elements = node if isinstance(node, list) else []
            return [value for one in elements for value in _gathered(one, steps[number:])]
    return [_LINES.sub(" ", _text(node) or "")]


def _text(node: Any) -> str | None:
    """A scalar as text. A list or an object is none: what it holds has paths of its own."""
    if isinstance(node, bool):
        return "true" if node else "false"
    if not isinstance(node, str):
        return None
    return str(node) if node.isascii() else _SURROGATE.sub("\ufffd", node)


def leaves(node: Any, path: str = "") -> Iterator[str]:
    """The path of every scalar, as often as there is one; nulls are none."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, f"{path}[]")
    elif node is not None:
        yield path
