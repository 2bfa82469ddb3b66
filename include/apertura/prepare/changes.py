"""What cleaning did, counted: by field, by step, against the tolerance; and the places nobody knows."""

# ruff: noqa: S608 (names are declared ones, through quoted(); texts go through literal())

from __future__ import annotations

import duckdb

from apertura.contract import FieldSpec
from apertura.contract.check import parse_macro
from apertura.contract.steps import macro_of
from apertura.errors import ToleranceError
from apertura.prepare import columns, engine
from apertura.prepare.columns import KINDS, Plan
from apertura.prepare.vocabulary import Macro, define_detectors
from apertura.quality.counts import THRESHOLD, shown
from apertura.runs.context import Context
from apertura.runs.work import put_document

Counts = dict[str, dict[str, int]]
"""Field -> changed, nulled, unparsed, replaced, corrected; `step:<n>:<macro>` where several steps clean."""

UNMATCHED = "unmatched"
"""The private document that lists names of places which no code list has."""

MOST_LISTED = 200
"""Names of places that are listed; the others are only counted."""

_PLACES = ("department_", "municipality_")


def counted(
    ctx: Context, connection: duckdb.DuckDBPyConnection, plan: Plan, relation: str
) -> tuple[Counts, dict[str, int]]:
    """What happened to each field, and how many values each had to be interpreted, from the flag columns."""
    counts: Counts = {field.name: dict.fromkeys(KINDS, 0) for field in plan.all}
    there = {field.name: 0 for field in plan.all}
    found = engine.run(
        connection,
        columns.flags_select(plan.all, relation),
        doing=f"counting what cleaning did in {ctx.dataset.id}",
    ).fetchall()
    for number, flags, rows in found:
        name = plan.all[number].name
        for kind, bit in KINDS.items():
            counts[name][kind] += rows if flags & bit else 0
        there[name] += rows if flags & columns.PRESENT else 0
    return counts, there


def hold_to_tolerance(ctx: Context, plan: Plan, counts: Counts, there: dict[str, int]) -> None:
    """ToleranceError for the first field of which more was not interpreted than the contract tolerates."""
    contract = ctx.dataset.contract
    for field in plan.all:
        unparsed, present = counts[field.name]["unparsed"], there[field.name]
        if present and unparsed / present > field.tolerance:
            raise ToleranceError(
                f"{contract.id}: resource {plan.resource.name}, column {field.name}: "
                f"{shown(contract, unparsed)} of {shown(contract, present)} values could not be read as "
                f"{_form(field)}; the contract tolerates a share of {field.tolerance:g}",
                hint="see whether the source has changed how it writes this column (`format`, `clean`, "
                "`missingValues`), or raise its `tolerance` for a reason" + _where(field),
            )


def _form(field: FieldSpec) -> str:
    """What a field's values could not be read as: the macro that had no answer."""
    if macro := parse_macro(field):
        return macro
    if field.derive is not None:
        return field.derive.macro
    return macro_of(field.clean[-1]) if columns.may_refuse(field) else field.type


def _where(field: FieldSpec) -> str:
    if not _is_place(field):
        return ""
    return f"; unknown names of places are in {UNMATCHED}.json of this run's work in the private bucket"


def with_steps(
    ctx: Context, connection: duckdb.DuckDBPyConnection, plan: Plan, source: str, counts: Counts
) -> Counts:
    """The counts, and of each field that several steps clean, what each of them changed.

    A second look at those columns alone, and only when anything was changed.
    """
    counts = {
        field.name: {**counts[field.name], **dict.fromkeys(columns.steps_of(field), 0)} for field in plan.all
    }
    touched = [
        field
        for field in plan.sources
        if columns.steps_of(field) and counts[field.name]["changed"] + counts[field.name]["unparsed"]
    ]
    if touched:
        select = columns.steps_select(touched, source)
        row = engine.run(connection, select, doing=f"counting the steps of {ctx.dataset.id}").fetchone()
        steps = iter(row or ())
        for field in touched:
            counts[field.name] |= {name: int(next(steps)) for name in columns.steps_of(field)}
    return counts


def note_unmatched(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    vocabulary: dict[str, Macro],
    plan: Plan,
    relation: str,
    counts: Counts,
) -> dict[str, list[dict[str, object]]]:
    """For each strict field of a place, the names that no code list has, the most frequent first.

    Only what looks like a place is listed: letters and blanks, in at least five rows, of open columns, and
    nothing that a detector of personal data knows. All else is only in the counts. The list stays private.
    """
    listed: dict[str, list[dict[str, object]]] = {}
    detectors = sorted(
        name for name in vocabulary if name.startswith("holds_") and _takes_one(vocabulary[name])
    )
    for field in plan.all:
        if field.derive is None or not _is_place(field) or not counts[field.name]["unparsed"]:
            continue
        of = [plan.resource.field(name) for name in field.derive.of]
        if any(one.personal != "none" or one.access != "publica" for one in of):
            continue
        if not listed:
            define_detectors(connection, ctx.dataset)  # only where a place is unknown: most runs go without
        names = [columns.text(one.name) for one in of]
        tests = [f"{columns.text(field.name)} IS NULL"]
        for name in names:
            tests.append(f"regexp_full_match({name}, '[\\p{{L}}.'' -]{{2,60}}')")
            tests += [f"NOT coalesce({detector}({name}), false)" for detector in detectors]
        order = ", ".join(names)
        rows = engine.run(
            connection,
            f"SELECT {order}, count(*) FROM ({relation}) WHERE {' AND '.join(tests)} GROUP BY ALL "
            f"HAVING count(*) >= {THRESHOLD} ORDER BY count(*) DESC, {order} LIMIT {MOST_LISTED}",
            doing=f"listing unknown places of {ctx.dataset.id}",
        ).fetchall()
        listed[field.name] = [{"place": list(row[:-1]), "rows": int(row[-1])} for row in rows]
    return listed


def put_unmatched(
    ctx: Context, partition: str, fingerprint: str, listed: dict[str, dict[str, list[dict[str, object]]]]
) -> None:
    """Keep the lists of all resources in the run's private work, when there are any."""
    if any(fields for fields in listed.values()):
        put_document(ctx, UNMATCHED, partition, {"fingerprint": fingerprint, "places": listed})


def _is_place(field: FieldSpec) -> bool:
    derive = field.derive
    return derive is not None and derive.strict and derive.macro.startswith(_PLACES)


def _takes_one(macro: Macro) -> bool:
    return macro.sql.partition("(")[2].partition(")")[0].count(",") == 0
