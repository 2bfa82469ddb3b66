"""A dataset's privacy model carried out on its combined tables: protect, attack, tell what is left to use.

`apply` makes the relations that may be published; `prove` puts what was written to every attack and refuses
it when one succeeds. Both work on all tables of the dataset together, because their union is what people get.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from apertura.contract import Resource
from apertura.contract.privacy import Counts, Microdata, Privacy
from apertura.errors import PrivacyError
from apertura.prepare import engine
from apertura.prepare.disclosure import across, attacks, counts, known, microdata, together, traces, utility
from apertura.prepare.disclosure.attack import Attack
from apertura.runs.context import Context


@dataclass(frozen=True)
class Protected:
    """Resource -> relation with the published columns; and the exact, private account of each model."""

    relations: dict[str, str]
    documents: list[dict[str, Any]]


def apply(
    ctx: Context, connection: duckdb.DuckDBPyConnection, privacy: Privacy, raw: Mapping[str, str]
) -> Protected:
    """Carry out every model of the contract.

    `raw` maps each resource to what can stand after FROM: its published columns at level 0, in their own
    types. The vocabulary is loaded in the connection. PrivacyError when a model cannot be met.
    """
    resources = _resources(ctx)
    relations, documents = dict(raw), []
    rows = [table for table in privacy.tables if isinstance(table, Microdata)]
    chosen = together.protect(connection, privacy, raw, resources)
    for table in rows:
        outcome = microdata.written(
            connection, raw[table.resource], chosen[table.resource], population=_population(ctx, table)
        )
        relations[table.resource] = outcome.relation
        documents.append(outcome.document)
    if any(isinstance(table, Counts) for table in privacy.tables):
        told = known.known_cells(ctx, connection, raw)
        suppressed = counts.protect(
            connection,
            dict(raw),
            resources,
            privacy,
            known=told.known,
            previous=told.previous,
            dataset=ctx.dataset.id,
        )
        relations |= suppressed.relations
        documents.append(suppressed.document)
    return Protected(relations, documents)


def prove(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    written: Mapping[str, Path],
    version: str,
) -> list[Attack]:
    """Put the tables as they were written to every attack; PrivacyError when one succeeds.

    `written` maps each resource to its Parquet file, `version` is what they would be published as.
    """
    resources = _resources(ctx)
    published = {name: engine.parquet(path) for name, path in written.items()}
    tried = attacks.run(connection, privacy, raw, published, resources, dataset=ctx.dataset.id)
    tried += [traces.row_order(connection, published[one.resource], resources[one.resource])
              for one in privacy.tables]  # fmt: skip
    tried += across.check(ctx, published, connection, raw=raw, version=version)
    attacks.refuse_successful(tried, ctx.dataset.id)
    return tried


def usefulness(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    raw: Mapping[str, str],
    written: Mapping[str, Path],
) -> dict[str, Any]:
    """How well totals and tables survive, by resource of a model (`utility.measure`)."""
    resources = _resources(ctx)
    return {
        one.resource: utility.measure(
            connection, raw[one.resource], engine.parquet(written[one.resource]), resources[one.resource]
        )
        for one in privacy.tables
    }


def _resources(ctx: Context) -> dict[str, Resource]:
    return {resource.name: resource for resource in ctx.dataset.contract.resources}


def _population(ctx: Context, table: Microdata) -> str | None:
    """Path of the table of the population that a model names; PrivacyError when it is not there."""
    if table.population is None:
        return None
    path = ctx.dataset.home / "include" / "reference" / table.population
    if not path.resolve().is_relative_to(ctx.dataset.home.resolve()) or not path.is_file():
        raise PrivacyError(
            f"{ctx.dataset.id}: resource {table.resource}: the population table of its model is not there",
            hint="mend `population`: it names a CSV file in include/reference",
        )
    return str(path)
