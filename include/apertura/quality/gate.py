"""The gate: every published column is searched for personal data, and findings are held against the contract.

Counts come from `apertura.detect` in as few passes as the columns' rules allow; Great Expectations gets them
as arguments of its expectations. Everything here is exact and private.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from apertura.contract import Resource
from apertura.contract.gate import ExemptRows
from apertura.detect import Column, Count, count_kinds
from apertura.detect.count import cui_above_chance
from apertura.prepare.engine import quoted
from apertura.quality.expected import Expected
from apertura.quality.identifiers import RULES, Rule, searched, words_of
from apertura.quality.profile import column_types

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Found:
    """What a detector found in a column, outside of exempt rows if some are."""

    resource: str
    rule: Rule
    evaluated: int
    hits: int

    @property
    def allowed(self) -> int:
        """Hits that do not block, nor warn."""
        if self.rule.exempt:
            return self.hits
        if self.rule.by_chance and not cui_above_chance(
            Count(self.rule.column, "cui", self.evaluated, self.hits)
        ):
            return self.hits
        return math.floor(self.rule.tolerance * self.evaluated)

    @property
    def blocked(self) -> bool:
        """Whether nothing is published for it."""
        return self.rule.rank == "critical" and self.hits > self.allowed

    def to_json(self) -> dict[str, Any]:
        """The entry of validate.json."""
        exemption = self.rule.exemption
        return {
            "resource": self.resource,
            "column": self.rule.column,
            "detector": self.rule.detector,
            "rank": self.rule.rank,
            "evaluated": self.evaluated,
            "hits": self.hits,
            "blocked": self.blocked,
            "exempt_reason": exemption.reason if exemption is not None else None,
            "exempt_rows": exemption.rows.macro if exemption is not None and exemption.rows else None,
        }


def search(connection: duckdb.DuckDBPyConnection, view: str, resource: Resource) -> list[Found]:
    """Search a resource's table; a column that is not there is left to the expectation that wants it."""
    there = set(column_types(connection, view, of=f"the table of {resource.name}"))
    fields = [field for field in resource.published_fields if field.name in there]
    rules = [rule for field in fields for rule in searched(resource, field)]
    words = {field.name: words_of(field) for field in fields}
    counts: dict[tuple[str, str], Count] = {}
    for (rows, kinds), columns in _passes(rules).items():
        asked = [Column(name, words[name]) for name in columns]
        for one in count_kinds(connection, _relation(view, rows), asked, kinds):
            counts[one.column, one.kind] = one
    return [
        Found(resource.name, rule, counts[key].rows, counts[key].hits)
        for rule in rules
        if (key := (rule.column, rule.detector)) in counts
    ]


def _passes(rules: Sequence[Rule]) -> dict[tuple[tuple[str, ...] | None, tuple[str, ...]], list[str]]:
    """What is counted together: columns with the same detectors over the same rows."""
    kinds: dict[tuple[str, tuple[str, ...] | None], list[str]] = defaultdict(list)
    for rule in rules:
        rows = rule.exemption.rows if rule.exemption is not None else None
        kinds[rule.column, _key(rows)].append(rule.detector)
    result: dict[tuple[tuple[str, ...] | None, tuple[str, ...]], list[str]] = defaultdict(list)
    for (column, key), detectors in kinds.items():
        result[key, tuple(detectors)].append(column)
    return result


def _key(rows: ExemptRows | None) -> tuple[str, ...] | None:
    return None if rows is None else (rows.macro, *rows.of)


def _relation(view: str, rows: tuple[str, ...] | None) -> str:
    """The table, without the rows that are exempt; not knowing counts as no."""
    if rows is None:
        return view
    macro, *fields = rows
    called = f"{macro}({', '.join(map(quoted, fields))})"
    return f"(SELECT * FROM {view} WHERE coalesce({called}, false) IS NOT TRUE)"  # noqa: S608


def informed(expected: Iterable[Expected], found: Iterable[Found]) -> list[Expected]:
    """The expectations, those of the gate with what was counted."""
    counted = {(one.rule.column, one.rule.type): one for one in found}
    result = []
    for item in expected:
        one = counted.get((str(item.column), item.type)) if item.type in RULES else None
        if one is not None:
            more = {"evaluated": one.evaluated, "hits": one.hits, "allowed": one.allowed}
            item = replace(item, kwargs={**item.kwargs, **more})
        result.append(item)
    return result
