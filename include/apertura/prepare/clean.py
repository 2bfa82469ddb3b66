"""Stage clean: from deidentified text to typed columns under their published names.

Normalises by the macros of sql/clean, derives, parses, applies the fixed generalisations, and holds what
could not be parsed against the contract's tolerance. Ends by writing the partition's last good state.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from apertura.contract import Resource
from apertura.errors import ContractError, in_our_words
from apertura.prepare import changes, columns, corrections, engine
from apertura.prepare.changes import Counts
from apertura.prepare.columns import KINDS, Plan, plan_of
from apertura.prepare.correction_texts import refuse_people
from apertura.prepare.corrections import Numbered, corrections_of
from apertura.prepare.partition import Extract, extract_of, told
from apertura.prepare.vocabulary import Macro, load
from apertura.runs.context import Context, StageResult
from apertura.runs.due import state_key
from apertura.runs.failpoint import failpoint
from apertura.runs.work import get_document, put_document, put_table, table, work_key


@dataclass
class _Work:
    """What the resources of one partition share."""

    partition: str
    fingerprint: str
    vocabulary: dict[str, Macro]
    unmatched: dict[str, dict[str, list[dict[str, object]]]] = field(default_factory=dict)


@in_our_words
def clean(ctx: Context, partition: str) -> StageResult:
    """Write clean.parquet for each resource of a partition, clean.json, and the last good state.

    FingerprintError when deidentify was made under another recipe or from another extract; ToleranceError
    when more values of a column than the contract tolerates could not be parsed; ContractError for a
    correction that finds what it does not expect, or seems to tell of a person.
    """
    contract = ctx.dataset.contract
    extract = extract_of(ctx, partition)
    before = get_document(ctx, "deidentify", partition, extract.fingerprint)
    keys: dict[str, str] = {}
    cleaning: dict[str, Counts] = {}
    rows: dict[str, int] = {}
    corrected: list[dict[str, Any]] = []
    with ctx.scratch() as scratch, engine.connect(ctx.settings, scratch) as connection:
        work = _Work(partition, extract.fingerprint, load(connection, ctx.dataset, whole=False))
        for number, resource in enumerate(contract.resources):
            folder = scratch / f"resource-{number}"
            folder.mkdir()
            source = work_key(ctx, "deidentify", partition, resource)
            mended = corrections_of(ctx.dataset, resource, partition)
            refuse_people(connection, ctx.dataset, resource, mended)
            corrected += corrections.told(contract, mended)
            with table(ctx, source, extract.fingerprint) as path:
                target, rows[resource.name], cleaning[resource.name] = _write(
                    ctx, connection, work, resource, mended, engine.parquet(path), folder
                )
            keys[resource.name] = put_table(ctx, "clean", partition, resource, target)
    counts = {
        "rows_in": before["counts"]["rows_in"],
        "rows_out": rows,
        "excluded": before["counts"]["excluded"],
        "refused": before["counts"]["refused"],
        "cleaning": cleaning,
        "corrections": corrected,
    }
    document = {
        "fingerprint": extract.fingerprint,
        "recipe": extract.recipe,
        "run": ctx.run_id,
        "keys": keys,
        "taken": extract.taken,
        "counts": counts,
    }
    put_document(ctx, "clean", partition, document)
    _remember(ctx, partition, extract, document)
    fields = [counted for resource in cleaning.values() for counted in resource.values()]
    totals = {f"values_{kind}": [counted[kind] for counted in fields] for kind in KINDS}
    result, notes = told(contract, counts["rows_in"], sum(rows.values()), counts["excluded"], **totals)
    return StageResult("clean", "done", extract.fingerprint, result, notes)


def _write(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    work: _Work,
    resource: Resource,
    mended: list[Numbered],
    source: str,
    folder: Path,
) -> tuple[Path, int, Counts]:
    """Write a resource's published columns; returns the file, its rows and what cleaning did.

    In one pass where there is no reshape: the flags of each value stand beside the columns, so that
    counting them does not clean everything again. They hold no value and end with protect.
    """
    where, fingerprint = ctx.dataset.id, work.fingerprint
    plan = plan_of(resource)
    typed = columns.typed_select(plan, source)
    flags = columns.flag_items(plan)
    if mended:
        corrections.guard(connection, ctx.dataset, plan, mended, typed)
        typed = corrections.corrected(plan, mended, typed)
        flags = [columns.flag(field.name) for field in plan.all]
    target = folder / "clean.parquet"
    if not resource.reshape:
        items = [*columns.cleaned_items(resource), *flags]
        select = f"SELECT {', '.join(items)} FROM ({typed})"
        rows = engine.write_table(connection, select, target, fingerprint, doing=f"cleaning {where}")
        return target, rows, _told_of(ctx, connection, work, plan, source, typed, target)
    staged = folder / "typed.parquet"
    items = [engine.quoted(field.name) for field in plan.all] + flags
    select = f"SELECT {', '.join(items)} FROM ({typed})"
    engine.write_table(connection, select, staged, fingerprint, doing=f"cleaning {where}")
    counts = _told_of(ctx, connection, work, plan, source, typed, staged)
    return target, _reshape(ctx, connection, plan, staged, target, fingerprint), counts


def _told_of(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    work: _Work,
    plan: Plan,
    source: str,
    typed: str,
    flagged: Path,
) -> Counts:
    """What cleaning did to each field; ToleranceError for the first one with too many unparsed values."""
    counts, there = changes.counted(ctx, connection, plan, engine.parquet(flagged))
    listed = changes.note_unmatched(ctx, connection, work.vocabulary, plan, typed, counts)
    work.unmatched[plan.resource.name] = listed
    changes.put_unmatched(ctx, work.partition, work.fingerprint, work.unmatched)
    changes.hold_to_tolerance(ctx, plan, counts, there)
    return changes.with_steps(ctx, connection, plan, source, counts)


def _reshape(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    staged: Path,
    target: Path,
    fingerprint: str,
) -> int:
    """Apply the resource's own SQL to the view `cleaned`, then the generalisations; returns the rows."""
    where, resource = ctx.dataset.id, plan.resource
    names = ", ".join(engine.quoted(field.name) for field in plan.all)
    engine.run(
        connection,
        f"CREATE OR REPLACE TEMP VIEW cleaned AS SELECT {names} FROM {engine.parquet(staged)}",
        doing=f"offering {where} to its reshape",
    )
    sql = ctx.dataset.reshape_sql_path(resource).read_text(encoding="utf-8").strip().rstrip(";")
    told = _check_reshaped(connection, ctx, resource, sql)
    items = ", ".join(columns.cleaned_items(resource, told))
    select = f"SELECT {items} FROM ({sql}\n)"
    return engine.write_table(connection, select, target, fingerprint, doing=f"reshaping {where}")


def _check_reshaped(
    connection: duckdb.DuckDBPyConnection, ctx: Context, resource: Resource, sql: str
) -> list[str]:
    """The reshape gives the published columns in their types before generalisation, who a row is of where a
    unit of protection asks for it, and no other.

    It may leave out late columns, which follow from others; answers those that it gives.
    """
    described = engine.run(
        connection, f"DESCRIBE ({sql}\n)", doing=f"reading the reshape of {ctx.dataset.id}"
    ).fetchall()
    found = {str(name): str(kind) for name, kind, *_ in described}
    wanted = {field.name: columns.sql_type(field).replace(", ", ",") for field in resource.cleaned_fields}
    late = [field.name for field in resource.published_fields if field.late]
    wanted = {name: kind for name, kind in wanted.items() if name in found or name not in late}
    wrong = sorted(
        name for name in {*found, *wanted} if found.get(name, "").replace(", ", ",") != wanted.get(name)
    )
    if wrong:
        raise ContractError(
            f"{ctx.dataset.id}: the reshape of resource {resource.name} does not give the published columns "
            f"in their types: {', '.join(wrong)}",
            hint=f"mend sql/reshape/{ctx.dataset.contract.institution}/{resource.name}.sql",
        )
    return [name for name in late if name in found]


def _remember(ctx: Context, partition: str, extract: Extract, document: dict[str, Any]) -> None:
    """Make this the partition's last good state, unless a newer extract already is under these rules."""
    key = state_key(ctx, partition)
    try:
        kept = json.loads(ctx.private.get(key))
    except KeyError:
        kept = None
    if kept is not None and kept["recipe"] == extract.recipe and kept["taken"] > extract.taken:
        return
    failpoint("clean.state:before")
    ctx.private.put(key, json.dumps(document, ensure_ascii=False, sort_keys=True).encode())
    failpoint("clean.state:after")
