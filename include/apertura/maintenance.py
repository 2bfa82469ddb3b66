"""What is done each day for an institution, whatever its datasets do: nothing old stays behind."""

from __future__ import annotations

from contextlib import ExitStack

from apertura import pipeline
from apertura.contract import Project
from apertura.errors import ContractError, LeaseBusyError, in_our_words
from apertura.publish import sweep
from apertura.runs import lease
from apertura.runs.context import Context
from apertura.runs.retention import tidy
from apertura.settings import Settings
from apertura.storage import open_buckets
from apertura.storage.scratch import sweep as sweep_scratch

RUN = "mantenimiento"


@in_our_words
def maintain(settings: Settings, institution: str) -> dict[str, int]:
    """Remove what retention allows, releases that were never finished, what killed tasks left on this disk.

    Answers how many objects went (work, extracts, inbox, releases), how many folders (scratch), and how many
    datasets were passed over for this time: one at work keeps its files, and while there is one so do the
    institution's extracts; one with a wrong contract keeps its unfinished releases. ContractError when the
    institution's own file is wrong: it says how long things may stay.
    """
    private, _ = open_buckets(settings)
    held: list[Context] = []
    busy: list[str] = []
    wrong: list[str] = []
    with ExitStack() as leases:
        for dataset_id in Project(settings.home).dataset_ids(institution):
            try:
                ctx = pipeline.context(dataset_id, RUN, settings=settings)
                leases.enter_context(lease.held(ctx, last=True))
                held.append(ctx)
            except LeaseBusyError:
                busy.append(dataset_id)
            except ContractError:  # so nothing of it can be at work
                wrong.append(dataset_id)
        removed = tidy(settings, private, institution, pipeline.clock()(), busy=busy)
        removed["releases"] = sum(sweep(ctx) for ctx in held)
    removed["scratch"] = sweep_scratch(settings.scratch)
    removed["passed_over"] = len(busy) + len(wrong)
    return removed
