"""The stage validate: the protected tables against contract, suite and last release, before publication."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apertura.errors import QualityError, in_our_words
from apertura.quality.counts import about_people, shown
from apertura.quality.identifiers import RULES
from apertura.runs.context import WHOLE, Context, StageResult

if TYPE_CHECKING:
    import duckdb

    from apertura.contract import Resource
    from apertura.quality.compare import Compared
    from apertura.quality.gate import Found
    from apertura.quality.gx_duckdb import Outcome
    from apertura.quality.profile import Profile

STAGE = "validate"
SEVERITIES = ("critical", "warning", "info")


def preload() -> None:
    """Import everything heavy that `validate` needs: a scheduler does it once, its forks find it done."""
    import apertura.prepare.engine
    import apertura.prepare.keys
    import apertura.prepare.vocabulary
    import apertura.quality.compare
    import apertura.quality.derived
    import apertura.quality.gate
    import apertura.quality.gx_duckdb
    import apertura.quality.previous
    import apertura.quality.suites
    import apertura.runs.fingerprint
    import apertura.runs.work  # noqa: F401


@dataclass(frozen=True)
class _Findings:
    """What was found in all tables of a run."""

    outcomes: list[Outcome]
    profiles: dict[str, Profile]
    compared: list[Compared]
    stable: bool | None = None
    gate: list[Found] = field(default_factory=list)

    @property
    def failed(self) -> dict[str, list[Outcome | Compared]]:
        """What does not hold, by severity."""
        each: list[tuple[str, Outcome | Compared]] = [
            (one.expected.severity, one) for one in self.outcomes if not one.success
        ]
        each += [(one.severity, one) for one in self.compared if not one.success]
        return {severity: [one for own, one in each if own == severity] for severity in SEVERITIES}


@in_our_words
def validate(ctx: Context) -> StageResult:
    """Hold the combined tables of this run against everything that is expected of them.

    Writes validate.json (private, exact counts): {"fingerprint", "success", "expectations": [{"resource",
    "type", "column", "severity", "origin", "description", "success", "evaluated", "unexpected",
    "missing"}], "profile": {resource: `Profile`}, "comparison": None or {"version", "taken",
    "schema_stable", "items": [`Compared`]}, "statistics": {"evaluated", "successful", "failed": {severity:
    n}}, "gate": [`gate.Found`]}; counts are of rows, null where an expectation has none. `success` means
    that nothing critical failed, neither an expectation nor a comparison with the previous release.

    QualityError, after the document is written, when a critical one failed; FingerprintError when the
    tables were made under other rules; EngineError when an expectation could not be computed; StorageError
    when the previous release's tables are damaged.
    """
    from apertura.prepare.keys import key_id
    from apertura.quality.expected import expectations_of
    from apertura.quality.previous import previous_release
    from apertura.runs.fingerprint import recipe, release_fingerprint
    from apertura.runs.work import get_document, put_document

    expected = expectations_of(ctx.dataset)
    combined = get_document(ctx, "protect", WHOLE)
    fingerprint = release_fingerprint(recipe(ctx.dataset, key_id(ctx)), combined.get("partitions", {}))
    get_document(ctx, "protect", WHOLE, fingerprint)  # refuses tables made under another recipe

    before = previous_release(ctx, str(combined["taken"]), fingerprint)
    found = _evaluate(ctx, fingerprint, expected, before, len(combined["partitions"]))
    outcomes, failed = found.outcomes, found.failed
    document = {
        "fingerprint": fingerprint,
        "success": not failed["critical"],
        "expectations": [_entry(outcome) for outcome in outcomes],
        "profile": {name: one.to_json() for name, one in found.profiles.items()},
        "comparison": before
        and {
            "version": before["version"],
            "taken": before["taken"],
            "schema_stable": found.stable,
            "items": [one.to_json() for one in found.compared],
        },
        "gate": [one.to_json() for one in found.gate],
        "statistics": {
            "evaluated": len(outcomes),
            "successful": sum(outcome.success for outcome in outcomes),
            "failed": {
                severity: sum(not o.success and o.expected.severity == severity for o in outcomes)
                for severity in SEVERITIES
            },
        },
    }
    put_document(ctx, STAGE, WHOLE, document)
    if failed["critical"]:
        raise _refusal(ctx, failed["critical"], before)
    counts = {"expectations": len(outcomes)}
    counts |= {f"failed_{severity}": len(failed[severity]) for severity in ("warning", "info")}
    notes = [f"{s}: {_told(ctx, one)}" for s in ("warning", "info") for one in failed[s]]
    return StageResult(STAGE, "done", fingerprint, counts, notes)


def _evaluate(
    ctx: Context,
    fingerprint: str,
    expected: Sequence[Any],
    before: dict[str, Any] | None,
    partitions: int,
) -> _Findings:
    from apertura.prepare import engine
    from apertura.prepare.vocabulary import define
    from apertura.quality.gate import informed, search
    from apertura.quality.gx_duckdb import Session
    from apertura.quality.profile import measure
    from apertura.runs.work import table, work_key

    outcomes: list[Outcome] = []
    profiles: dict[str, Profile] = {}
    compared: list[Compared] = []
    gate: list[Found] = []
    stable = True
    with ExitStack() as stack:
        scratch = stack.enter_context(ctx.scratch())
        connection = stack.enter_context(engine.connect(ctx.settings, scratch))
        define(connection, ctx.dataset)
        session = Session(connection)
        for number, resource in enumerate(ctx.dataset.contract.resources):
            path = stack.enter_context(table(ctx, work_key(ctx, "protect", WHOLE, resource), fingerprint))
            view = f"resource_{number}"  # read in place: a copy in memory costs more than it saves
            engine.run(
                connection,
                f"CREATE VIEW {view} AS SELECT * FROM read_parquet({engine.literal(str(path))})",  # noqa: S608
                doing=f"opening the protected table of {resource.name}",
            )
            found = search(connection, view, resource)
            gate += found
            own = [item for item in expected if item.resource == resource.name]
            outcomes += session.evaluate(view, informed(own, found))
            profiles[resource.name] = measure(connection, view, resource)
            if before is not None:
                items, same = _compare(
                    ctx, connection, resource, view, profiles[resource.name], before, partitions
                )
                compared += items
                stable = stable and same
    return _Findings(outcomes, profiles, compared, stable if before is not None else None, gate)


def _compare(
    ctx: Context,
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    view: str,
    profile: Profile,
    before: dict[str, Any],
    partitions: int,
) -> tuple[list[Compared], bool]:
    """A table against the same one of the previous release; and whether columns and types are the same."""
    from apertura.prepare import engine
    from apertura.quality.compare import Side, compare
    from apertura.quality.previous import table_of
    from apertura.quality.profile import column_types, measure

    with table_of(ctx, before, resource) as path:
        if path is None:
            return [], False
        old, of = engine.parquet(path), f"the last release of {resource.name}"
        types = column_types(connection, view, of=f"the table of {resource.name}")
        same = types == column_types(connection, old, of=of)
        sides = (
            Side(old, measure(connection, old, resource), len(before["partitions"])),
            Side(view, profile, partitions),
        )
        return compare(connection, ctx.dataset.contract, resource, *sides), same


def _entry(outcome: Outcome) -> dict[str, Any]:
    item = outcome.expected
    return {
        "resource": item.resource,
        "type": item.type,
        "column": item.column,
        "severity": item.severity,
        "origin": item.origin,
        "description": item.description,
        "success": outcome.success,
        "evaluated": outcome.evaluated,
        "unexpected": outcome.unexpected,
        "missing": outcome.missing,
    }


def _told(ctx: Context, found: Outcome | Compared) -> str:
    """One failure in a sentence: names, and counts that single nobody out."""
    from apertura.quality.compare import Compared

    if isinstance(found, Compared):
        return _told_change(ctx, found)
    item = found.expected
    where = f"{item.resource}.{item.column}" if item.column else item.resource
    rows, contract = "", ctx.dataset.contract
    if found.unexpected is not None and found.evaluated is not None:
        people = item.type in RULES  # a number found is somebody's, also where the contract knows of nobody
        bad, of = shown(contract, found.unexpected, people=people), shown(contract, found.evaluated)
        if isinstance(shown(contract, found.evaluated - found.unexpected), str):
            bad = "nearly all"  # the exact number would tell the few others
        rows = f" ({bad} of {of} rows)"
    elif found.evaluated is not None:
        rows = f" ({shown(contract, found.evaluated)} rows)"
    return f"{where}: {item.type}{rows}"


_CHANGED = {
    "rows": "the number of rows changed by more than {0}",
    "nulls": "the share of empty cells rose by more than {0} (of all rows)",
    "shares": "more than {0} of the rows changed category",
    "totals": "the total changed by more than {0}",
}


def _told_change(ctx: Context, found: Compared) -> str:
    """One comparison that does not hold. How far it is off would tell exact counts of people."""
    where = f"{found.resource}.{found.column}" if found.column else found.resource
    text = _CHANGED[found.measure].format(f"{found.tolerance:.1%}") + " against the previous release"
    if about_people(ctx.dataset.contract):
        return f"{where}: {text}"
    size = "from nothing" if found.change is None else f"{found.change:.1%}"
    named = f"; gone: {', '.join(found.gone_named)}" if found.gone_named else ""
    return f"{where}: {text} ({size}{named})"


def _refusal(
    ctx: Context, failed: Sequence[Outcome | Compared], before: dict[str, Any] | None
) -> QualityError:
    from apertura.quality.compare import Compared

    lines, held, changed = [], "", ""
    for one in failed:
        if isinstance(one, Compared):
            lines.append(f"{_told(ctx, one)}, from guards.compare of include/datasets/{ctx.dataset.id}.yaml")
            version = before["version"] if before else "none"
            changed = (
                f"Compared is version {version}: if the change is real, raise its tolerance in "
                "`guards.compare`. "
            )
            continue
        lines.append(f"{_told(ctx, one)}, from {one.expected.place}")
        if one.expected.type in RULES:
            held = (
                "A column holds people's numbers, names or addresses: drop it, admit only what may leave, or "
                "declare `exempt` with the reason why it may (never for a CUI). "
            )
    return QualityError(
        f"{ctx.dataset.id}: {STAGE}: {len(failed)} critical expectations failed, so nothing is published:\n  "
        + "\n  ".join(lines),
        hint=f"the last release stays as it is. {held}{changed}If the data is wrong, ask the institution for "
        "a corrected extract; if the rule is, mend the contract or the suite, then clear this run from "
        "deidentify",
    )
