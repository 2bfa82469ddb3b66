"""Stage protect: the partitions of a dataset become its tables as they will be published.

Combines what this run cleaned with the last good state of every other partition, carries out the contract's
models of statistical disclosure control on the combination (what single partitions hide, their union may
show), writes the tables in an order that tells nothing of the source's, and puts them to every attack
before they leave the stage.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from apertura.contract import FieldSpec, Resource
from apertura.errors import ContractError, FingerprintError, ToleranceError, in_our_words
from apertura.prepare import columns, engine
from apertura.prepare.engine import quoted
from apertura.prepare.keys import key_id
from apertura.prepare.order import in_order, sorted_by_all
from apertura.prepare.partition import told
from apertura.prepare.vocabulary import load
from apertura.runs import records
from apertura.runs.context import WHOLE, Context, StageResult
from apertura.runs.due import state_key
from apertura.runs.fingerprint import recipe, release_fingerprint
from apertura.runs.work import get_document, put_document, put_table, table

UNAVAILABLE = "no_disponible"
"""What a state column says where nothing else is known of why a value is missing."""

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

    protect.json holds exact counts, so it stays private. Its `disclosure` is None without a privacy model,
    else {"tables": [account of each model], "attacks": [`Attack`], "utility": {resource: `utility.measure`},
    "notices": [text for the operator],
    "versions": [every version compared with], "neighbours": `neighbours.seen`}.

    `partitions` are those of this run. One that failed in it is carried over from its last good state; one
    that was never good does not hold back the others and is named as missing. ToleranceError when there is
    nothing to combine, or a partition that failed was last good under older rules; FingerprintError when
    one that is not of this run was; PrivacyError when a model cannot be met, an attack succeeds, or what was
    told of people would be forgotten.
    """
    from apertura.prepare.disclosure import forgotten

    contract = ctx.dataset.contract
    forgotten.refuse(ctx)
    today = recipe(ctx.dataset, key_id(ctx))
    combined = _combined(ctx, today, partitions)
    made_from = {key: str(state["fingerprint"]) for key, state in sorted(combined.states.items())}
    fingerprint = release_fingerprint(today, made_from)
    taken = max(str(state["taken"]) for state in combined.states.values())
    rows: dict[str, int] = {}
    with ctx.scratch() as scratch, engine.connect(ctx.settings, scratch) as connection, ExitStack() as stack:
        raw = {one.name: _union(ctx, stack, one, combined) for one in contract.resources}
        if contract.privacy is not None or any(f.label_of for r in contract.resources for f in r.fields):
            load(connection, ctx.dataset, whole=False)
        if contract.privacy is None:
            disclosure = None
            written = _write_all(ctx, connection, raw, scratch, fingerprint, rows)
        else:
            disclosure, written = _disclosed(ctx, connection, raw, scratch, (taken, fingerprint), rows)
        for resource in contract.resources:
            put_table(ctx, "protect", WHOLE, resource, written[resource.name])
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
            "taken": taken,
            "partitions": made_from,
            "carried": combined.carried,
            "missing": combined.missing,
            "rows": rows,
            "rows_in": rows_in,
            "excluded": excluded,
            "cleaning": _summed([one["cleaning"] for one in counts]),
            "corrections": [entry for one in counts for entry in one.get("corrections", [])],
            "disclosure": disclosure,
        },
    )
    result, notes = told(contract, rows_in, sum(rows.values()), excluded)
    result["partitions"] = len(made_from)
    notes += disclosure["notices"] if disclosure is not None else []
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


def _union(ctx: Context, stack: ExitStack, resource: Resource, combined: _Combined) -> str:
    """All partitions of a resource as clean left them, as what can stand after FROM."""
    items = ", ".join(
        f"CAST({quoted(field.name)} AS {columns.cleaned_type(field)}) AS {quoted(field.name)}"
        for field in resource.cleaned_fields
    )
    paths = [
        stack.enter_context(table(ctx, state["keys"][resource.name], state["fingerprint"]))
        for _, state in sorted(combined.states.items())
    ]
    selects = [f"SELECT {items} FROM {engine.parquet(path)}" for path in paths]
    return f"({' UNION ALL '.join(selects)})"


def _disclosed(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    raw: dict[str, str],
    scratch: Path,
    made: tuple[str, str],
    rows: dict[str, int],
) -> tuple[dict[str, Any], dict[str, Path]]:
    """The tables protected, written and attacked; `made` is the newest extract's time and the fingerprint."""
    from apertura.contract.counted import refuse_counts_apart
    from apertura.detect.line import refuse_people
    from apertura.prepare.disclosure import across, neighbours, stage
    from apertura.prepare.disclosure.attacks import notices
    from apertura.publish.history import version_name

    privacy = ctx.dataset.contract.privacy
    if privacy is None:
        raise ContractError(f"{ctx.dataset.id} has no privacy model")
    refuse_counts_apart(ctx.dataset, public=lambda other: across.anything_of(ctx, other))
    for one in privacy.accepted:  # told to everybody in the certificate
        refuse_people(ctx.settings, f"{one.reason} {one.by}", f"{ctx.dataset.id}: a text of privacy.accepted")
    staged = {}
    for number, (name, relation) in enumerate(raw.items()):
        path = scratch / f"raw-{number}.parquet"  # read many times; it ends with the scratch folder
        engine.write_table(
            connection, f"SELECT * FROM {relation}", path, made[1], doing=f"combining {ctx.dataset.id}"
        )
        staged[name] = engine.parquet(path)
    # Before the comparison: what comes meanwhile is not among them.
    compared, beside = across.versions(ctx), neighbours.seen(ctx)
    protected = stage.apply(ctx, connection, privacy, staged)
    written = _write_all(ctx, connection, protected.relations, scratch, made[1], rows)
    attacks = stage.prove(ctx, connection, privacy, staged, written, version_name(*made))
    disclosure = {
        "tables": protected.documents,
        "attacks": [attack.to_json() for attack in attacks],
        "utility": stage.usefulness(ctx, connection, privacy, staged, written),
        "notices": notices(privacy),
        "versions": compared,
        "neighbours": beside,
    }
    return disclosure, written


def _write_all(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    relations: dict[str, str],
    scratch: Path,
    fingerprint: str,
    rows: dict[str, int],
) -> dict[str, Path]:
    """Each resource as a Parquet file in the scratch folder; `rows` takes the rows written."""
    written = {}
    doing = f"combining the partitions of {ctx.dataset.id}"
    for number, resource in enumerate(ctx.dataset.contract.resources):
        target = written[resource.name] = scratch / f"protect-{number}.parquet"
        select = _columns(resource, relations[resource.name])
        if ctx.dataset.contract.privacy is None:
            select = in_order(connection, resource, select, doing=doing)
        else:  # made anew each time it is read: looking at it first would cost more than it saves
            select = sorted_by_all(resource, select)
        rows[resource.name] = engine.write_table(
            connection,
            select,
            target,
            fingerprint,
            doing=doing,
        )
    return written


def _columns(resource: Resource, relation: str) -> str:
    """A resource's published columns in their types."""
    fields = resource.published_fields
    names = [quoted(field.name) for field in fields]
    items = ", ".join(
        f"CAST({_value(field)} AS {columns.published_type(field)}) AS {name}"
        for name, field in zip(names, fields, strict=True)
    )
    return f"SELECT {items} FROM {relation}"


def _value(field: FieldSpec) -> str:
    """A column as it stands; labels name the published code, states say at least that it is missing."""
    name = quoted(field.name)
    if field.label_of is not None:
        return f"place_named(CAST({quoted(field.label_of)} AS VARCHAR))"
    if field.state_of is None:
        return name
    missing = f"CASE WHEN {quoted(field.state_of)} IS NULL THEN {engine.literal(UNAVAILABLE)} END"
    return f"coalesce({name}, {missing})"


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
