"""Protect a table with a row for each person (or couple, or event): search, suppress, measure, write out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Microdata
from apertura.prepare.disclosure.account import document, impossible
from apertura.prepare.disclosure.judge import Solved, solve, solved
from apertura.prepare.disclosure.output import confirm, write
from apertura.prepare.disclosure.population import class_sizes
from apertura.prepare.disclosure.task import Task, prepare


@dataclass(frozen=True)
class Outcome:
    """The protected relation (a temp view of the connection) and the exact, private account of it."""

    relation: str
    document: dict[str, Any]


def protect(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    resource: Resource,
    table: Microdata,
    *,
    population: str | None = None,
) -> Outcome:
    """Generalise and suppress until every model holds, at the least loss of information.

    `relation` holds the published fields at level 0 in their own types; `population` is the path of a CSV
    of the population (quasi-identifiers at level 0, `count`). The vocabulary is loaded in the connection.
    PrivacyError when the models cannot be met within the suppression limit; ToleranceError when a hierarchy
    leaves values out.
    """
    chosen = choose(connection, relation, resource, table)
    return written(connection, relation, chosen, population=population)


@dataclass(frozen=True)
class Chosen:
    """A table whose generalisation is chosen, before it is written: others may ask for more to leave."""

    task: Task
    done: Solved


def choose(
    connection: duckdb.DuckDBPyConnection, relation: str, resource: Resource, table: Microdata
) -> Chosen:
    """Search and suppress; PrivacyError and ToleranceError as `protect`."""
    task = prepare(connection, relation, resource, table)
    found = solve(task)
    if found is None:
        raise impossible(task)
    return Chosen(task, solved(task, found))


def draft(connection: duckdb.DuckDBPyConnection, relation: str, chosen: Chosen) -> str:
    """The protected table as a temp view, as it stands now."""
    task, done = chosen.task, chosen.done
    unit = task.table.unit.columns if task.table.unit else []
    return write(connection, relation, task.resource, task.grouped, done.view, done.kept, done.masks, unit)


def written(
    connection: duckdb.DuckDBPyConnection, relation: str, chosen: Chosen, *, population: str | None = None
) -> Outcome:
    """The protected relation, confirmed, and its account."""
    task, done = chosen.task, chosen.done
    resource = task.resource
    hidden = draft(connection, relation, chosen)
    confirm(connection, hidden, resource, task.models, task.grouped, int(done.kept.sum()))
    before = after = None
    if population is not None:
        path, raw = Path(population), task.raw
        before = class_sizes(connection, path, resource, task.grouped, raw, task.models[0], raw.table.counts)
        after = class_sizes(
            connection, path, resource, task.grouped, done.view, task.models[0], done.kept, done.codes
        )
    return Outcome(hidden, document(task, done, before, after))
