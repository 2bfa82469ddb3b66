"""Which partitions are due: decided from state, never from a scheduler's logical date."""

from __future__ import annotations

import datetime as dt
import json

from apertura.contract.words import Periodicity
from apertura.errors import SourceError
from apertura.prepare.keys import key_id
from apertura.runs import records
from apertura.runs.context import WHOLE, Context
from apertura.runs.fingerprint import recipe

DAYS: dict[Periodicity, int] = {
    "daily": 1,
    "weekly": 7,
    "monthly": 31,
    "quarterly": 92,
    "semiannual": 183,
    "annual": 366,
}
"""How long a release of each frequency may stand before it is late, days."""

GUATEMALA = dt.timezone(dt.timedelta(hours=-6))
"""The day on which a dataset is late is Guatemala's, which has no summer time."""

CHECK_EVERY = dt.timedelta(days=7)
"""A source is asked at least this often even when its data come rarely: institutions are early, too."""


def state_key(ctx: Context, partition: str) -> str:
    """Where a partition's last good state lies."""
    return f"partitions/{ctx.dataset.id}/{partition}.json"


def due(
    ctx: Context,
    offered: list[str],
    *,
    manual: bool = False,
    partitions: list[str] | None = None,
    force: bool = False,
) -> list[str]:
    """Keys of the partitions to run now, sorted.

    A partition is due when it was never good, when the contract, key or library has changed since, or when
    it is the newest and its time to ask again has come; a person's run always asks. `partitions` chooses
    among what is offered or kept; `force` takes everything.
    """
    states = {
        stat.key.rsplit("/", 1)[1].removesuffix(".json"): json.loads(ctx.private.get(stat.key))
        for stat in ctx.private.list(f"partitions/{ctx.dataset.id}/")
    }
    known = sorted({*offered, *states})
    if partitions:
        unknown = sorted(set(partitions) - set(known))
        if unknown:
            raise SourceError(
                f"{ctx.dataset.id}: {len(unknown)} of the {len(partitions)} partitions asked for are neither "
                "offered by the source nor kept",
                hint=f"offered are {_range(offered)}",
            )
        return sorted(set(partitions))
    if not known:
        raise SourceError(
            f"{ctx.dataset.id}: the source's index offers no file that the contract recognises",
            hint="look at the landing page: the source may have moved; or drop the file into the inbox",
        )
    if force:
        return known
    today = recipe(ctx.dataset, key_id(ctx))
    outdated = [key for key in known if key not in states or states[key]["recipe"] != today]
    newest = (offered or known)[-1]
    asked = [newest] if manual or _time_to_ask(ctx, states.get(newest)) else []
    return sorted({*outdated, *asked})


def _range(keys: list[str]) -> str:
    if not keys:
        return "none"
    return keys[0] if len(keys) == 1 else f"{keys[0]} to {keys[-1]}"


def _time_to_ask(ctx: Context, state: dict[str, str] | None) -> bool:
    if state is None:
        return True
    record = records.load(ctx.private, ctx.dataset.id, state["run"])
    if record is None:
        return True
    every = dt.timedelta(days=DAYS.get(ctx.dataset.contract.accrualPeriodicity, 7))
    asked = dt.datetime.fromisoformat(record["started"])
    # An hour of slack: today's run starts a little earlier or later than yesterday's did.
    return ctx.clock() - asked >= min(every, CHECK_EVERY) - dt.timedelta(hours=1)


def renew_by(frequency: str, taken: dt.datetime) -> dt.date | None:
    """The last day on which what was taken then (UTC) is in time; None for a frequency without a rhythm.

    The one rule for lateness: from the next day on, the dataset is late.
    """
    allowed = {str(name): days for name, days in DAYS.items()}.get(frequency)
    return None if allowed is None else taken.astimezone(dt.UTC).date() + dt.timedelta(days=allowed)


def lateness(ctx: Context, taken: dt.datetime) -> dt.timedelta | None:
    """How many days late a dataset is by its declared frequency, None when it is not (or has none)."""
    until = renew_by(ctx.dataset.contract.accrualPeriodicity, taken)
    if until is None:
        return None
    late = ctx.clock().astimezone(GUATEMALA).date() - until
    return late if late > dt.timedelta(0) else None


__all__ = ["GUATEMALA", "WHOLE", "due", "lateness", "renew_by", "state_key"]
