"""Stage clean: from deidentified text to typed columns under their published names.

Normalises by the macros of sql/clean, derives, parses, applies the fixed generalisations, and holds what
could not be parsed against the contract's tolerance. Ends by writing the partition's last good state.
"""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from apertura.contract import Resource
from apertura.contract.check import parse_macro
from apertura.errors import ContractError, ToleranceError, in_our_words
from apertura.prepare import columns, engine
from apertura.prepare.columns import KINDS, Plan, plan_of
from apertura.prepare.partition import Extract, extract_of, told
from apertura.prepare.vocabulary import load
from apertura.quality.counts import shown
from apertura.runs.context import Context, StageResult
from apertura.runs.due import state_key
from apertura.runs.failpoint import failpoint
from apertura.runs.work import get_document, put_document, put_table, table, work_key

Counts = dict[str, dict[str, int]]
"""Field -> changed, nulled, unparsed, replaced."""


@in_our_words
def clean(ctx: Context, partition: str) -> StageResult:
    """Write clean.parquet for each resource of a partition, clean.json, and the last good state.

    FingerprintError when deidentify was made under another recipe or from another extract; ToleranceError
    when more values of a column than the contract tolerates could not be parsed.
    """
    contract = ctx.dataset.contract
    extract = extract_of(ctx, partition)
    before = get_document(ctx, "deidentify", partition, extract.fingerprint)
    keys: dict[str, str] = {}
    cleaning: dict[str, Counts] = {}
    rows: dict[str, int] = {}
    with ctx.scratch() as scratch, engine.connect(ctx.settings, scratch) as connection:
        load(connection, ctx.dataset)
        for number, resource in enumerate(contract.resources):
            folder = scratch / f"resource-{number}"
            folder.mkdir()
            source = work_key(ctx, "deidentify", partition, resource)
            with table(ctx, source, extract.fingerprint) as path:
                target, rows[resource.name], cleaning[resource.name] = _write(
                    ctx, connection, resource, engine.parquet(path), folder, extract.fingerprint
                )
            keys[resource.name] = put_table(ctx, "clean", partition, resource, target)
    counts = {
        "rows_in": before["counts"]["rows_in"],
        "rows_out": rows,
        "excluded": before["counts"]["excluded"],
        "refused": before["counts"]["refused"],
        "cleaning": cleaning,
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
    fields = [field for resource in cleaning.values() for field in resource.values()]
    totals = {f"values_{kind}": [field[kind] for field in fields] for kind in KINDS}
    result, notes = told(contract, counts["rows_in"], sum(rows.values()), counts["excluded"], **totals)
    return StageResult("clean", "done", extract.fingerprint, result, notes)


def _write(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    source: str,
    folder: Path,
    fingerprint: str,
) -> tuple[Path, int, Counts]:
    """Write a resource's published columns; returns the file, its rows and what cleaning did.

    In one pass where there is no reshape: the flags of each value stand beside the columns, so that
    counting them does not clean everything again. They hold no value and end with protect.
    """
    where = ctx.dataset.id
    plan = plan_of(resource)
    typed = columns.typed_select(plan, source)
    target = folder / "clean.parquet"
    if not resource.reshape:
        items = [*columns.published_items(resource), *columns.flag_items(plan)]
        select = f"SELECT {', '.join(items)} FROM ({typed})"
        rows = engine.write_table(connection, select, target, fingerprint, doing=f"cleaning {where}")
        return target, rows, _counted(ctx, connection, plan, engine.parquet(target))
    staged = folder / "typed.parquet"
    items = [engine.quoted(field.name) for field in plan.all] + columns.flag_items(plan)
    select = f"SELECT {', '.join(items)} FROM ({typed})"
    engine.write_table(connection, select, staged, fingerprint, doing=f"cleaning {where}")
    counts = _counted(ctx, connection, plan, engine.parquet(staged))
    return target, _reshape(ctx, connection, plan, staged, target, fingerprint), counts


def _counted(ctx: Context, connection: duckdb.DuckDBPyConnection, plan: Plan, relation: str) -> Counts:
    """What happened to each field; ToleranceError for the first one with too many unparsed values."""
    items = ", ".join(columns.count_items(plan.all))
    row = (
        engine.run(
            connection,
            f"SELECT {items} FROM {relation}",
            doing=f"counting what cleaning did in {ctx.dataset.id}",
        ).fetchone()
        or ()
    )
    step = len(KINDS) + 1
    counts: Counts = {}
    for number, field in enumerate(plan.all):
        *kinds, present = (int(count) for count in row[number * step : (number + 1) * step])
        counts[field.name] = dict(zip(KINDS, kinds, strict=True))
        unparsed = counts[field.name]["unparsed"]
        if present and unparsed / present > field.tolerance:
            contract = ctx.dataset.contract
            form = parse_macro(field) or field.type
            raise ToleranceError(
                f"{contract.id}: resource {plan.resource.name}, column {field.name}: "
                f"{shown(contract, unparsed)} of {shown(contract, present)} values could not be read as "
                f"{form}; the contract tolerates a share of {field.tolerance:g}",
                hint="see whether the source has changed how it writes this column (`format`, `clean`, "
                "`missingValues`), or raise its `tolerance` for a reason",
            )
    return counts


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
    _check_reshaped(connection, ctx, resource, sql)
    items = ", ".join(columns.published_items(resource))
    select = f"SELECT {items} FROM ({sql}\n)"
    return engine.write_table(connection, select, target, fingerprint, doing=f"reshaping {where}")


def _check_reshaped(
    connection: duckdb.DuckDBPyConnection, ctx: Context, resource: Resource, sql: str
) -> None:
    """The reshape gives the published columns in their types before generalisation, and no other."""
    described = engine.run(
        connection, f"DESCRIBE ({sql}\n)", doing=f"reading the reshape of {ctx.dataset.id}"
    ).fetchall()
    found = {str(name): str(kind) for name, kind, *_ in described}
    wanted = {field.name: columns.sql_type(field).replace(", ", ",") for field in resource.published_fields}
    wrong = sorted(
        name for name in {*found, *wanted} if found.get(name, "").replace(", ", ",") != wanted.get(name)
    )
    if wrong:
        raise ContractError(
            f"{ctx.dataset.id}: the reshape of resource {resource.name} does not give the published columns "
            f"in their types: {', '.join(wrong)}",
            hint=f"mend sql/reshape/{ctx.dataset.contract.institution}/{resource.name}.sql",
        )


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
