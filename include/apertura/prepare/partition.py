"""One partition on its way: the extract it is made from, its fingerprint, what may be told of its counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apertura.contract import Contract, FieldSpec, Resource
from apertura.errors import FingerprintError
from apertura.prepare.keys import extract_key, key_id
from apertura.quality.counts import received, shown, shown_sum
from apertura.runs.context import Context
from apertura.runs.fingerprint import partition_fingerprint, recipe
from apertura.runs.work import get_document


@dataclass(frozen=True)
class Extract:
    """What extract left for a partition: its files and, with today's recipe, the fingerprint to come."""

    files: list[dict[str, Any]]
    digests: list[str]
    taken: str
    recipe: str
    fingerprint: str


def extract_of(ctx: Context, partition: str) -> Extract:
    """The partition's extract in this run. An extract is bytes only, so any recipe may work on it.

    FingerprintError when this run has no extract, or an empty one.
    """
    document = get_document(ctx, "extract", partition)
    files = list(document["files"])
    if not files:
        raise FingerprintError(
            f"{ctx.dataset.id}: this run's extract lists no file", hint="clear the run from its extract task"
        )
    today = recipe(ctx.dataset, key_id(ctx))
    digests = sorted(str(file["sha256"]) for file in files)
    return Extract(
        files=files,
        digests=digests,
        taken=str(document["taken"]),
        recipe=today,
        fingerprint=partition_fingerprint(today, digests, extract_key(ctx)),
    )


def missing_markers(field: FieldSpec) -> list[str]:
    """The texts that mean no value, the empty one apart: that is `empty_string`."""
    return [marker for marker in field.missingValues if marker != ""]


def needed_fields(resource: Resource) -> set[str]:
    """Fields that clean needs: the published ones, what they derive from, and who a row is of; no other.

    A reshape may read every transient column, so all of them stay for it. Late ones (`state_of`, `label_of`)
    come from no source: a reshape or protect tells them; nor does what is `reshaped`.
    """
    given = [field for field in resource.published_fields if not field.late and not field.reshaped]
    pending = [field.name for field in [*given, *resource.unit_fields]]
    if resource.reshape:
        pending += [field.name for field in resource.fields if field.treatment == "transient"]
    needed: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            derive = resource.field(name).derive
            pending += derive.of if derive is not None else []
    return needed


def told(
    contract: Contract, rows_in: int, rows_out: int, excluded: Mapping[str, int], **others: Iterable[int]
) -> tuple[dict[str, int], list[str]]:
    """Counts and notes for a run record, an XCom or a log; each of `others` is the sum of its counts.

    For a dataset about people they are rounded, and a count from 1 to 4 is only told as `<5` in a note.
    """
    measured = {
        "rows_in": received(contract, rows_in, excluded.values()),
        "rows_out": shown(contract, rows_out),
        **{f"excluded {basis}": shown(contract, count) for basis, count in excluded.items()},
        **{name: shown_sum(contract, counted) for name, counted in others.items()},
    }
    counts = {name: count for name, count in measured.items() if isinstance(count, int)}
    return counts, [f"{name}: {count}" for name, count in measured.items() if isinstance(count, str)]
