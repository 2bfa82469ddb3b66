"""What is asked of one table of microdata, over its grouped combinations: models, choices of levels."""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from apertura.contract import FieldSpec, Resource
from apertura.contract.privacy import Microdata, Sensitive
from apertura.errors import PrivacyError
from apertura.prepare.disclosure.classes import Codes, Floats, Grouped, Table, group
from apertura.prepare.disclosure.hierarchy import depth, label
from apertura.prepare.disclosure.loss import share_sums
from apertura.prepare.disclosure.models import Model, View, Watch
from apertura.prepare.disclosure.records import Judged, what_is_monotone
from apertura.prepare.disclosure.search import Levels
from apertura.prepare.engine import literal, run

KNOWS_ALL = "Quien conoce los cuasi-identificadores de una persona"


@dataclass(frozen=True)
class Task:
    """All that the search and the account need of one table."""

    resource: Resource
    table: Microdata
    grouped: Grouped
    quasi: tuple[str, ...]
    models: tuple[Model, ...]
    choices: tuple[tuple[int, ...], ...]
    judged: Judged
    allowed: int
    sums: tuple[Floats, ...]

    @property
    def rows(self) -> int:
        """Rows of the table before."""
        return self.grouped.table.rows

    @property
    def width(self) -> int:
        """Number of quasi-identifiers, of all adversaries together; they are the first columns."""
        return len(self.quasi)

    @property
    def by_cells(self) -> bool:
        """Whether cells are suppressed, and not records."""
        return self.table.suppression.kind == "cells"

    @property
    def fields(self) -> list[FieldSpec]:
        """The fields of the columns."""
        return [self.resource.field(one.name) for one in self.grouped.columns]

    @property
    def raw(self) -> View:
        """The table as it came, every column at level 0."""
        return self.view(self.grouped.table, (0,) * self.width)

    def view(self, table: Table, levels: Levels) -> View:
        """A table at levels of the quasi-identifiers; what is only sensitive stays at level 0."""
        columns = self.grouped.columns
        whole = levels + (0,) * (len(columns) - self.width)
        return View(table, columns, whole, extra=1 if self.by_cells else 0)


def prepare(
    connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource, table: Microdata
) -> Task:
    """Group the distinct combinations of a relation and set up what the contract asks of them.

    ToleranceError when a hierarchy leaves values out, PrivacyError when the order of a sensitive one does.
    """
    quasi, others = columns_of(table)
    owner = table.unit.columns if table.unit else []
    grouped = group(connection, relation, resource, [*quasi, *others, *owner], table.levels)
    levels = dict(zip(quasi, _choices(resource, table, quasi), strict=True))
    asked = [table.sensitive, *(one.sensitive for one in table.also_against)]
    ranks = {
        one.field: _ranks(connection, resource, grouped, one, levels.get(one.field, (0,)))
        for many in asked
        for one in many
        if one.order is not None
    }
    return task_of(resource, table, grouped, ranks)


def columns_of(table: Microdata) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The quasi-identifiers of all adversaries, then what is only sensitive."""
    knows = [table.quasi_identifiers, *(one.knows for one in table.also_against)]
    asked = [table.sensitive, *(one.sensitive for one in table.also_against)]
    quasi = tuple(dict.fromkeys(name for names in knows for name in names))
    others = dict.fromkeys(one.field for many in asked for one in many if one.field not in quasi)
    return quasi, tuple(others)


def _choices(resource: Resource, table: Microdata, quasi: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    return tuple(
        (table.levels[name],) if name in table.levels else tuple(range(depth(resource.field(name)) + 1))
        for name in quasi
    )


def task_of(
    resource: Resource, table: Microdata, grouped: Grouped, ranks: Mapping[str, tuple[Codes, ...]]
) -> Task:
    """The task over combinations that are grouped already, in the order of `columns_of`.

    `ranks`: of sensitive attributes with an order of their own, by level: label code -> place.
    """
    quasi, _ = columns_of(table)
    choices = _choices(resource, table, quasi)
    unit = tuple(grouped.position(name) for name in (table.unit.columns if table.unit else []))
    adversaries = [(KNOWS_ALL, table.k, table.quasi_identifiers, table.sensitive)]
    adversaries += [(one.title, one.k, one.knows, one.sensitive) for one in table.also_against]
    models = tuple(
        Model(
            title,
            k,
            tuple(grouped.position(name) for name in knows),
            tuple(Watch(grouped.position(one.field), one, ranks.get(one.field)) for one in sensitive),
            unit,
        )
        for title, k, knows, sensitive in adversaries
    )
    units = len(quasi) if table.suppression.kind == "cells" else 1
    allowed = math.floor(table.suppression.limit * grouped.table.rows * units + 1e-9)
    searched = {i for i, one in enumerate(choices) if len(one) > 1}
    gaps = {i for i, one in enumerate(grouped.columns) if one.nulls[0] >= 0}
    return Task(
        resource,
        table,
        grouped,
        quasi,
        models,
        choices,
        what_is_monotone(models, searched, allowed, gaps),
        allowed,
        tuple(share_sums(grouped.table, grouped.columns[: len(quasi)])),
    )


def _ranks(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    grouped: Grouped,
    asked: Sensitive,
    levels: Sequence[int],
) -> tuple[Codes, ...]:
    """The places of a sensitive attribute's labels in the order that the contract gives, by level."""
    position, order = grouped.position(asked.field), asked.order or []
    field, one = resource.field(asked.field), grouped.columns[position]
    listed = "[" + ", ".join(literal(value) for value in order) + "]"
    seen = np.unique(grouped.table.codes[position])
    ranks: list[Codes] = []
    for level in range(len(one.maps)):
        if level not in levels:  # only looked at to tell of the table as it was: the values' own order
            ranks.append(np.arange(one.size(level), dtype=np.int32))
            continue
        arrays = run(
            connection,
            f"SELECT v IS NULL AS missing, coalesce(list_position({listed}, {label(field, level, 'v')}), 0) "
            f"AS place FROM {grouped.coded[position]} ORDER BY c0",
            doing=f"ordering the values of {field.name} of {resource.name}",
        ).fetchnumpy()
        places = np.asarray(arrays["place"], dtype=np.int64) - 1
        places[np.asarray(arrays["missing"], dtype=bool)] = len(order)  # no value comes last
        if (places[seen] < 0).any():
            raise PrivacyError(
                f"resource {resource.name}, column {field.name}: `order` of the sensitive attribute leaves "
                "values out",
                hint="name every value of the column in `order`",
            )
        by_label = np.zeros(one.size(level), dtype=np.int32)
        by_label[one.maps[level]] = np.maximum(places, 0)
        ranks.append(by_label)
    return tuple(ranks)
