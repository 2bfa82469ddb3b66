"""Corrections in the stage clean: other values over the typed columns, guarded by what they expect to find.

A correction that finds nothing, more rows than it names, or another value than it expects fails the run: the
source has changed, and somebody must look. Messages tell the correction's number in its file, never a value.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from apertura.contract import Contract, Dataset, Resource
from apertura.contract.corrections import Correction, load_corrections, unfit
from apertura.errors import ContractError
from apertura.prepare import engine
from apertura.prepare.columns import CORRECTED, UNPARSED, Plan, flag, flag_items, sql_type
from apertura.prepare.engine import literal, quoted
from apertura.quality.counts import about_people, shown
from apertura.runs.context import WHOLE


@dataclass(frozen=True)
class Numbered:
    """A correction and its number in the file, from 1."""

    number: int
    correction: Correction


def corrections_of(dataset: Dataset, resource: Resource, partition: str) -> list[Numbered]:
    """What is to be corrected in a resource of a partition. ContractError when the file does not fit."""
    every = load_corrections(dataset.corrections_path)
    if wrong := unfit(dataset.contract, every):
        number, message = wrong[0]
        raise ContractError(
            f"{dataset.id}: {dataset.corrections_path.name}, correction {number}: {message}",
            hint="mend it, then `apertura check`",
        )
    return [
        Numbered(number, correction)
        for number, correction in enumerate(every, start=1)
        if correction.resource == resource.name and (correction.partition or WHOLE) == partition
    ]


def guard(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    plan: Plan,
    corrections: list[Numbered],
    relation: str,
) -> None:
    """ContractError for the first correction that does not find its rows, or what it expects in them.

    `relation` has the typed columns; only those that corrections name are worked out.
    """
    if not corrections:
        return
    items = ", ".join(
        f"count(*) FILTER ({_rows(plan.resource, one)}), "
        f"count(*) FILTER ({_rows(plan.resource, one)} AND {_expected(plan.resource, one)})"
        for one in corrections
    )
    row = (
        engine.run(
            connection,
            f"SELECT {items} FROM ({relation})",
            doing=f"looking for what is corrected in {dataset.id}",
        ).fetchone()
        or ()
    )
    for position, one in enumerate(corrections):
        found, expected = int(row[2 * position]), int(row[2 * position + 1])
        if problem := _problem(dataset.contract, one, found, expected):
            raise ContractError(
                f"{dataset.id}: {dataset.corrections_path.name}, correction {one.number} "
                f"(resource {plan.resource.name}, column {one.correction.field}): {problem}",
                hint="look at the source: if it has put the value right, delete the correction; otherwise "
                "mend its `key`, `rows` or `expect`",
            )


def _problem(contract: Contract, one: Numbered, found: int, expected: int) -> str | None:
    wanted = one.correction.rows
    if found == 0:
        return "its key names no row"
    if wanted not in ("any", found):
        return f"its key names {shown(contract, found)} rows, `rows` says {wanted}"
    if expected != found:
        return "what is found there is not what it expects"
    return None


def corrected(plan: Plan, corrections: list[Numbered], relation: str) -> str:
    """The typed columns of `relation` with the corrections made, and the flags of every field beside them."""
    flagged = f"SELECT *, {', '.join(flag_items(plan))} FROM ({relation})"
    by_field: dict[str, list[Numbered]] = {}
    for one in corrections:
        by_field.setdefault(one.correction.field, []).append(one)
    items = []
    for name, many in by_field.items():
        field = plan.resource.field(name)
        cases = " ".join(
            f"WHEN {_rows(plan.resource, one)} AND {_expected(plan.resource, one)} "
            f"THEN {_typed(sql_type(field), one.correction.value)}"
            for one in many
        )
        touched = " OR ".join(
            f"({_rows(plan.resource, one)} AND {_expected(plan.resource, one)})" for one in many
        )
        items.append(f"CASE {cases} ELSE {quoted(name)} END AS {quoted(name)}")
        kept = f"{flag(name)} & {255 - UNPARSED}"  # what a person put there is no longer uninterpreted
        items.append(
            f"CAST(CASE WHEN {touched} THEN ({kept}) | {CORRECTED} ELSE {flag(name)} END AS UTINYINT) "
            f"AS {flag(name)}"
        )
    return f"SELECT * REPLACE ({', '.join(items)}) FROM ({flagged})"


def _rows(resource: Resource, one: Numbered) -> str:
    return " AND ".join(_is(resource, name, text) for name, text in one.correction.key.items())


def _expected(resource: Resource, one: Numbered) -> str:
    return _is(resource, one.correction.field, one.correction.expect)


def _is(resource: Resource, name: str, text: str | None) -> str:
    return f"{quoted(name)} IS NOT DISTINCT FROM {_typed(sql_type(resource.field(name)), text)}"


def _typed(kind: str, text: str | None) -> str:
    return f"CAST({'NULL' if text is None else literal(text)} AS {kind})"


def told(contract: Contract, corrections: list[Numbered]) -> list[dict[str, Any]]:
    """What the quality report lists: number, place, reason, date; row and values where columns are published.

    All columns of a file of corrections are open data. For a dataset about people neither row nor values
    are told.
    """
    people = about_people(contract)
    entries = []
    for one in corrections:
        correction = one.correction
        resource = next(r for r in contract.resources if r.name == correction.resource)
        names = [correction.field, *correction.key]
        entry: dict[str, Any] = {
            "numero": one.number,
            "recurso": correction.resource,
            "columna": correction.field,
            "filas": "todas" if correction.rows == "any" else shown(contract, correction.rows),
            "motivo": correction.reason,
            "fecha": correction.date.isoformat(),
        }
        if correction.partition is not None:
            entry["particion"] = correction.partition
        if not people and all(resource.field(name).published for name in names):
            entry |= {"fila": dict(correction.key), "de": correction.expect, "a": correction.value}
        entries.append(entry)
    return entries
