"""The stage validate: the protected tables against contract and suite, before anything is published."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from apertura.errors import QualityError, in_our_words
from apertura.quality.counts import shown
from apertura.quality.identifiers import RULES
from apertura.runs.context import WHOLE, Context, StageResult

if TYPE_CHECKING:
    from apertura.quality.gx_duckdb import Outcome

STAGE = "validate"
SEVERITIES = ("critical", "warning", "info")


def preload() -> None:
    """Import everything heavy that `validate` needs: a scheduler does it once, its forks find it done."""
    import apertura.prepare.engine
    import apertura.prepare.keys
    import apertura.prepare.vocabulary
    import apertura.quality.derived
    import apertura.quality.gx_duckdb
    import apertura.quality.suites
    import apertura.runs.fingerprint
    import apertura.runs.work  # noqa: F401


@in_our_words
def validate(ctx: Context) -> StageResult:
    """Hold the combined tables of this run against everything that is expected of them.

    Writes validate.json (private, exact counts): {"fingerprint", "success", "expectations": [{"resource",
    "type", "column", "severity", "origin", "description", "success", "evaluated", "unexpected",
    "missing"}], "statistics": {"evaluated", "successful", "failed": {severity: n}}}; counts are of rows,
    null where an expectation has none. `success` means that no critical expectation failed.

    QualityError, after the document is written, when a critical one failed; FingerprintError when the
    tables were made under other rules; EngineError when an expectation could not be computed.
    """
    from apertura.prepare.keys import key_id
    from apertura.quality.expected import expectations_of
    from apertura.runs.fingerprint import recipe, release_fingerprint
    from apertura.runs.work import get_document, put_document

    expected = expectations_of(ctx.dataset)
    combined = get_document(ctx, "protect", WHOLE)
    fingerprint = release_fingerprint(recipe(ctx.dataset, key_id(ctx)), combined.get("partitions", {}))
    get_document(ctx, "protect", WHOLE, fingerprint)  # refuses tables made under another recipe

    outcomes = _evaluate(ctx, fingerprint, expected)
    failed = {
        severity: [o for o in outcomes if not o.success and o.expected.severity == severity]
        for severity in SEVERITIES
    }
    document = {
        "fingerprint": fingerprint,
        "success": not failed["critical"],
        "expectations": [_entry(outcome) for outcome in outcomes],
        "statistics": {
            "evaluated": len(outcomes),
            "successful": sum(outcome.success for outcome in outcomes),
            "failed": {severity: len(failed[severity]) for severity in SEVERITIES},
        },
    }
    put_document(ctx, STAGE, WHOLE, document)
    if failed["critical"]:
        raise _refusal(ctx, failed["critical"])
    counts = {"expectations": len(outcomes)}
    counts |= {f"failed_{severity}": len(failed[severity]) for severity in ("warning", "info")}
    notes = [f"{o.expected.severity}: {_told(ctx, o)}" for s in ("warning", "info") for o in failed[s]]
    return StageResult(STAGE, "done", fingerprint, counts, notes)


def _evaluate(ctx: Context, fingerprint: str, expected: Sequence[Any]) -> list[Outcome]:
    from apertura.prepare import engine
    from apertura.prepare.vocabulary import read_vocabulary
    from apertura.quality.gx_duckdb import Session
    from apertura.runs.work import table, work_key

    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        scratch = stack.enter_context(ctx.scratch())
        connection = stack.enter_context(engine.connect(ctx.settings, scratch))
        for macro in read_vocabulary(ctx.dataset.vocabulary_paths).values():
            engine.run(connection, macro.sql, doing=f"loading sql/clean/{macro.name}.sql")
        session = Session(connection)
        for number, resource in enumerate(ctx.dataset.contract.resources):
            path = stack.enter_context(table(ctx, work_key(ctx, "protect", WHOLE, resource), fingerprint))
            view = f"resource_{number}"  # read in place: a copy in memory costs more than it saves
            engine.run(
                connection,
                f"CREATE VIEW {view} AS SELECT * FROM read_parquet({engine.literal(str(path))})",  # noqa: S608
                doing=f"opening the protected table of {resource.name}",
            )
            outcomes += session.evaluate(view, [item for item in expected if item.resource == resource.name])
    return outcomes


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


def _told(ctx: Context, outcome: Outcome) -> str:
    """One failed expectation in a sentence: names, and counts that single nobody out."""
    item = outcome.expected
    where = f"{item.resource}.{item.column}" if item.column else item.resource
    rows, contract = "", ctx.dataset.contract
    if outcome.unexpected is not None and outcome.evaluated is not None:
        people = item.type in RULES  # a number found is somebody's, also where the contract knows of nobody
        found, of = shown(contract, outcome.unexpected, people=people), shown(contract, outcome.evaluated)
        if isinstance(shown(contract, outcome.evaluated - outcome.unexpected), str):
            found = "nearly all"  # the exact number would tell the few others
        rows = f" ({found} of {of} rows)"
    elif outcome.evaluated is not None:
        rows = f" ({shown(contract, outcome.evaluated)} rows)"
    return f"{where}: {item.type}{rows}"


def _refusal(ctx: Context, failed: Sequence[Outcome]) -> QualityError:
    lines = [f"{_told(ctx, outcome)}, from {outcome.expected.place}" for outcome in failed]
    people = "A column holds people's numbers or addresses: drop it, or admit only what may leave. "
    held = people if any(outcome.expected.type in RULES for outcome in failed) else ""
    return QualityError(
        f"{ctx.dataset.id}: {STAGE}: {len(failed)} critical expectations failed, so nothing is published:\n  "
        + "\n  ".join(lines),
        hint=f"the last release stays as it is. {held}If the data is wrong, ask the institution for a "
        "corrected extract; if the rule is, mend the contract or the suite, then clear this run from "
        "deidentify",
    )
