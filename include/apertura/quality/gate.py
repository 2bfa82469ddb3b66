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
from apertura.prepare.engine import quoted, run
from apertura.quality.expected import Expected
from apertura.quality.identifiers import NUMERIC, RULES, Rule, searched, words_of
from apertura.quality.profile import column_types

if TYPE_CHECKING:
    import duckdb


ENOUGH = 300
"""Different numbers of 13 digits in a column, from which on a valid one may be chance: one in 323 is."""


@dataclass(frozen=True)
class Found:
    """What a detector found in a column, outside of exempt rows if some are.

    `tried`: the different values written like a CUI, where chance may explain the hits: a repeated code is no
    second try, and a repeated CUI is a hit each time.
    """

    resource: str
    rule: Rule
    evaluated: int
    hits: int
    tried: int = 0

    @property
    def allowed(self) -> int:
        """Hits that do not block, nor warn."""
        if self.rule.exempt:
            return self.hits
        if self.rule.by_chance:
            by_chance = self.tried >= ENOUGH and not cui_above_chance(self.tried, self.hits)
            return self.hits if by_chance else 0
        share = math.floor(self.rule.tolerance * self.evaluated)
        return share if self.rule.most is None else min(share, self.rule.most)

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
    numbers = [field.name for field in fields if field.published_type in NUMERIC]
    whole = _whole(view, numbers)
    counts: dict[tuple[str, str], Count] = {}
    for (rows, kinds), columns in _passes([rule for rule in rules if not rule.by_chance]).items():
        asked = [Column(name, words[name]) for name in columns]
        for one in count_kinds(connection, _relation(whole, rows), asked, kinds):
            counts[one.column, one.kind] = one
    found = _by_chance(connection, whole, resource, [rule for rule in rules if rule.by_chance])
    for rule in rules:
        key = (rule.column, rule.detector)
        if not rule.by_chance and key in counts:
            found[key] = Found(resource.name, rule, counts[key].rows, counts[key].hits)
    places = [(rule.column, rule.detector) for rule in rules]
    return [found[place] for place in places if place in found]


def _whole(view: str, numbers: Sequence[str]) -> str:
    """The table with numbers as text; a fraction only after few digits, for cents belong to no number."""
    if not numbers:
        return view
    texts = ", ".join(
        f"regexp_replace(CAST({name} AS VARCHAR), '(^-?[0-9]{{4,}})[.].*$', '\\1') AS {name}"
        for name in map(quoted, numbers)
    )
    return f"(SELECT * REPLACE ({texts}) FROM {view})"  # noqa: S608


def _by_chance(
    connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource, rules: Sequence[Rule]
) -> dict[tuple[str, str], Found]:
    """CUIs in codes and numbers: only digits together or grouped as on cards, beside how many look so."""
    if not rules:
        return {}
    asked = ", ".join(
        f"count({name}), count(DISTINCT {name}) FILTER (len({written}) > 0), "
        f"count(*) FILTER (len(list_filter({written}, lambda digits: cui(digits) IS NOT NULL)) > 0)"
        for rule in rules
        for name in [quoted(rule.column)]
        for written in [f"cui_written({name})"]
    )
    answers = run(connection, f"SELECT {asked} FROM {relation}", doing="looking for CUIs in codes").fetchone()  # noqa: S608
    counts = [int(answer or 0) for answer in answers or ()]
    return {
        (rule.column, rule.detector): Found(resource.name, rule, rows, hits, tried)
        for rule, rows, tried, hits in zip(rules, *[iter(counts)] * 3, strict=True)
    }


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
