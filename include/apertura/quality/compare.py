"""Comparisons with the previous release: rows, empty cells, shares of categories, totals.

A comparison holds figures, column names and category names that the contract itself lists, never another
value. What is compared lies in the previous release's own public Parquet, so nothing else need be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import duckdb

from apertura.contract import Contract, Resource
from apertura.contract.compare import Tolerated
from apertura.quality import profile
from apertura.quality.counts import about_people
from apertura.quality.profile import Profile

Measure = Literal["rows", "nulls", "shares", "totals"]


@dataclass(frozen=True)
class Compared:
    """One figure before and now.

    `change` is a share: relative for rows and totals, None where there was nothing before; a difference of
    shares for nulls and shares. `before` and `after` count rows, empty cells, categories, or are totals as
    digits. `gone` and `new` count categories; `gone_named` are those that the contract lists.
    """

    resource: str
    measure: Measure
    column: str | None
    before: int | str
    after: int | str
    change: float | None
    tolerance: float
    severity: str
    success: bool
    gone: int = 0
    new: int = 0
    gone_named: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**vars(self), "gone_named": list(self.gone_named)}


@dataclass(frozen=True)
class Side:
    """One of the two tables: where it is, its figures, how many partitions it is made of."""

    relation: str
    profile: Profile
    partitions: int = 1


def compare(
    connection: duckdb.DuckDBPyConnection, contract: Contract, resource: Resource, before: Side, after: Side
) -> list[Compared]:
    """Everything of a resource that is compared, in a fixed order; columns that only one side has are not."""
    rules, result = contract.guards.compare, []
    if rules.rows is not None:
        change = _relative(before.profile.rows, after.profile.rows, before, after)
        result.append(
            _compared(resource, "rows", None, before.profile.rows, after.profile.rows, change, rules.rows)
        )
    shared = [name for name in after.profile.columns if name in before.profile.columns]
    for name in shared:
        old, new = before.profile.columns[name], after.profile.columns[name]
        if (rule := rules.of("nulls", name)) is not None:
            rise = _share(new.nulls, after.profile.rows) - _share(old.nulls, before.profile.rows)
            result.append(
                _compared(resource, "nulls", name, old.nulls, new.nulls, rise, rule, only_rise=True)
            )
        if (rule := rules.of("totals", name)) is not None and None not in (old.total, new.total):
            totals = Decimal(str(old.total)), Decimal(str(new.total))
            change = _relative(*totals, before, after)
            result.append(_compared(resource, "totals", name, str(old.total), str(new.total), change, rule))
    return result + _shares(connection, contract, resource, shared, before, after)


def _shares(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    resource: Resource,
    shared: list[str],
    before: Side,
    after: Side,
) -> list[Compared]:
    rules, fields = contract.guards.compare, {field.name: field for field in resource.published_fields}
    wanted = [
        name
        for name in shared
        if rules.of("shares", name) is not None and profile.has_categories(fields[name], resource)
    ]
    if not (before.profile.rows and after.profile.rows):
        return []
    of = f"the table of {resource.name}"
    now = profile.categories(connection, after.relation, wanted, of=of)
    old = profile.categories(
        connection, before.relation, list(now), of=f"the last release of {resource.name}"
    )
    result = []
    for name in now:
        if name not in old or not old[name] or not now[name]:
            continue
        totals = sum(old[name].values()), sum(now[name].values())
        distance = sum(
            abs(old[name].get(value, 0) / totals[0] - now[name].get(value, 0) / totals[1])
            for value in sorted({*old[name], *now[name]})
        )
        gone, new = set(old[name]) - set(now[name]), set(now[name]) - set(old[name])
        # Of people no category is named: who left with it could be made out.
        listed = [] if about_people(contract) else fields[name].constraints.enum or []
        rule = rules.of("shares", name)
        assert rule is not None  # noqa: S101 (chosen above)
        result.append(
            _compared(
                resource,
                "shares",
                name,
                len(old[name]),
                len(now[name]),
                distance / 2,
                rule,
                gone=len(gone),
                new=len(new),
                gone_named=tuple(sorted(gone & set(listed))),
            )
        )
    return result


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _relative(before: int | Decimal, after: int | Decimal, old: Side, new: Side) -> float | None:
    """The relative change per partition, so that a dataset may grow by its parts."""
    was, now = Decimal(before) / max(old.partitions, 1), Decimal(after) / max(new.partitions, 1)
    if was == 0:
        return 0.0 if now == 0 else None
    return float((now - was) / abs(was))


def _compared(
    resource: Resource,
    measure: Measure,
    column: str | None,
    before: int | str,
    after: int | str,
    change: float | None,
    rule: Tolerated,
    *,
    only_rise: bool = False,
    gone: int = 0,
    new: int = 0,
    gone_named: tuple[str, ...] = (),
) -> Compared:
    size = None if change is None else round(change if only_rise else abs(change), 9)
    return Compared(
        resource.name,
        measure,
        column,
        before,
        after,
        None if change is None else round(change, 9),
        rule.tolerance,
        rule.severity,
        size is not None and size <= rule.tolerance,
        gone,
        new,
        gone_named,
    )
