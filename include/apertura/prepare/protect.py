"""Stage protect: the partitions of a dataset become its tables as they will be published.

Combines what this run cleaned with the last good state of every other partition, in an order that tells
nothing of the source's. Models of statistical disclosure control (the contract's `privacy`, refused until
then) stand here, on the combination: what single partitions hide, their union may show.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from apertura.contract import Resource
from apertura.errors import FingerprintError, ToleranceError, in_our_words
from apertura.prepare import columns, engine
from apertura.prepare.keys import key_id
from apertura.prepare.partition import told
from apertura.runs import records
from apertura.runs.context import WHOLE, Context, StageResult
from apertura.runs.due import state_key
from apertura.runs.fingerprint import recipe, release_fingerprint
from apertura.runs.work import get_document, put_document, put_table, table

PARTITION_STAGES = ("extract", "deidentify", "clean")
Counts = dict[str, dict[str, dict[str, int]]]
"""Resource -> field -> changed, nulled, unparsed, replaced."""


@dataclass(frozen=True)
class _Combined:
    """The cleaned state of each partition; which failed ones are carried over, which are not there yet."""

    states: dict[str, dict[str, Any]]
    carried: list[str]
    missing: list[str]


@in_our_words
def protect(ctx: Context, partitions: list[str]) -> StageResult:
    """Write protect.parquet for each resource of the whole dataset, and protect.json with its counts.

    `partitions` are those of this run. One that failed in it is carried over from its last good state; one
    that was never good does not hold back the others and is named as missing. ToleranceError when there is
    nothing to combine, or a partition that failed was last good under older rules; FingerprintError when
    one that is not of this run was.
    """
    contract = ctx.dataset.contract
    today = recipe(ctx.dataset, key_id(ctx))
    combined = _combined(ctx, today, partitions)
    made_from = {key: str(state["fingerprint"]) for key, state in sorted(combined.states.items())}
    fingerprint = release_fingerprint(today, made_from)
    rows: dict[str, int] = {}
    with ctx.scratch() as scratch, engine.connect(ctx.settings, scratch) as connection:
        for number, resource in enumerate(contract.resources):
            target = scratch / f"protect-{number}.parquet"
            rows[resource.name] = _write(ctx, connection, resource, combined, target, fingerprint)
            put_table(ctx, "protect", WHOLE, resource, target)
    counts = [state["counts"] for state in combined.states.values()]
    excluded: dict[str, int] = {}
    for one in counts:
        for basis, number in one["excluded"].items():
            excluded[basis] = excluded.get(basis, 0) + number
    rows_in = sum(one["rows_in"] for one in counts)
    put_document(
        ctx,
        "protect",
        WHOLE,
        {
            "fingerprint": fingerprint,
            "recipe": today,
            "taken": max(str(state["taken"]) for state in combined.states.values()),
            "partitions": made_from,
            "carried": combined.carried,
            "missing": combined.missing,
            "rows": rows,
            "rows_in": rows_in,
            "excluded": excluded,
            "cleaning": _summed([one["cleaning"] for one in counts]),
            "corrections": [entry for one in counts for entry in one.get("corrections", [])],
        },
    )
    result, notes = told(contract, rows_in, sum(rows.values()), excluded)
    result["partitions"] = len(made_from)
    if combined.carried:
        notes.append(f"carried over from their last good state: {_some(combined.carried)}")
    if combined.missing:
        notes.append(f"failed and never good before, so not in this release: {_some(combined.missing)}")
    return StageResult("protect", "done", fingerprint, result, notes)


def _combined(ctx: Context, today: str, partitions: list[str]) -> _Combined:
    """The clean documents of this run, and the last good states of all other partitions."""
    kept = _last_good(ctx)
    states: dict[str, dict[str, Any]] = {}
    tried = set(partitions) | _tried(ctx)
    for key in sorted(tried):
        if (document := _cleaned_in_this_run(ctx, key, today)) is not None:
            states[key] = document
    failed = sorted(tried - set(states))
    outdated = [key for key in failed if key in kept and kept[key]["recipe"] != today]
    if outdated:
        # Their rows are in the last release: without them this one would lose a part of the dataset.
        raise ToleranceError(
            f"{ctx.dataset.id}: {len(outdated)} partitions failed in this run and have no good state under "
            f"today's contract: {_some(outdated)}",
            hint="mend what their extract, deidentify or clean reports",
        )
    others = sorted(set(kept) - set(states))
    older = [key for key in others if kept[key]["recipe"] != today]
    if older:
        raise FingerprintError(
            f"{ctx.dataset.id}: {len(older)} partitions were last good under another contract, key, SQL or "
            f"library version and are not in this run: {_some(older)}",
            hint="run them too: without --partition all that are due are taken",
        )
    states |= {key: kept[key] for key in others}
    if not states:
        raise ToleranceError(
            f"{ctx.dataset.id}: no partition has ever been good: there is nothing to publish",
            hint="mend what extract, deidentify or clean reports",
        )
    carried = [key for key in failed if key in kept]
    return _Combined(states, carried, sorted(set(failed) - set(carried)))


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:10]) + (f" and {len(keys) - 10} more" if len(keys) > 10 else "")


def _last_good(ctx: Context) -> dict[str, dict[str, Any]]:
    """Last good states by partition; of a contract that is cut differently now, only what still fits."""
    prefix = state_key(ctx, "").removesuffix(".json")
    states = {
        stat.key.removeprefix(prefix).removesuffix(".json"): json.loads(ctx.private.get(stat.key))
        for stat in ctx.private.list(prefix)
    }
    partitioned = ctx.dataset.contract.partitions is not None
    return {key: state for key, state in states.items() if (key != WHOLE) == partitioned}


def _cleaned_in_this_run(ctx: Context, partition: str, today: str) -> dict[str, Any] | None:
    try:
        document = get_document(ctx, "clean", partition)
    except FingerprintError:
        return None
    if document["recipe"] != today:
        raise FingerprintError(
            f"{ctx.dataset.id}: partition {partition} was cleaned under another contract, key, SQL or "
            "library version",
            hint="clear this run from deidentify, so that today's rules apply to the whole",
        )
    return document


def _tried(ctx: Context) -> set[str]:
    """Partitions that this run began to work on, by its record."""
    record = records.load(ctx.private, ctx.dataset.id, ctx.run_id)
    stages = record["stages"] if record is not None else {}
    return {partition for stage in PARTITION_STAGES for partition in stages.get(stage, {})}


def _write(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    combined: _Combined,
    target: Path,
    fingerprint: str,
) -> int:
    """All partitions of a resource in one order: by its key, then by every other column."""
    fields = resource.published_fields
    names = [engine.quoted(field.name) for field in fields]
    items = ", ".join(
        f"CAST({name} AS {columns.published_type(field)}) AS {name}"
        for name, field in zip(names, fields, strict=True)
    )
    first = [engine.quoted(name) for name in resource.primaryKey]
    order = ", ".join(f"{name} NULLS FIRST" for name in [*first, *(n for n in names if n not in first)])
    with ExitStack() as stack:
        selects = []
        for _, state in sorted(combined.states.items()):
            path = stack.enter_context(table(ctx, state["keys"][resource.name], state["fingerprint"]))
            selects.append(f"SELECT {items} FROM {engine.parquet(path)}")
        return engine.write_table(
            connection,
            f"SELECT * FROM ({' UNION ALL '.join(selects)}) ORDER BY {order}",
            target,
            fingerprint,
            doing=f"combining the partitions of {ctx.dataset.id}",
        )


def _summed(many: list[Counts]) -> Counts:
    """Counts of several partitions added up."""
    total: Counts = {}
    for one in many:
        for resource, fields in one.items():
            for name, kinds in fields.items():
                into = total.setdefault(resource, {}).setdefault(name, dict.fromkeys(kinds, 0))
                for kind, count in kinds.items():
                    into[kind] += count
    return total
