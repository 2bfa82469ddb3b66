"""When a dataset should be renewed, and whether it is late: by its frequency and its latest release."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from apertura.catalogue.model import Entry
from apertura.runs.due import renew_by

_AHEAD = 3


@dataclass(frozen=True)
class Schedule:
    """`next`: days on which a new version is expected; `late_since`: the day that passed without one.

    `covers_to` is the last day that the data tell of, where calidad.json knows it; `behind` says that it is
    older than twice the frequency: the source itself has not told newer things. It holds no count of days,
    so that a page made of it changes only when its state does.
    """

    fetched: dt.date | None
    next: tuple[dt.date, ...]
    late_since: dt.date | None
    covers_to: dt.date | None
    behind: bool

    @property
    def state(self) -> str:
        """In one word for filters and scorecards: al día, atrasado, sin calendario, retirado."""
        if self.fetched is None:
            return "retirado"
        if self.late_since or self.behind:
            return "atrasado"
        return "al día" if self.next else "sin calendario"


def schedule(entry: Entry, today: dt.date) -> Schedule:
    """The calendar of a dataset on a day; frequencies without a rhythm (irregular, notPlanned) have none."""
    if entry.latest is None:
        return Schedule(None, (), None, None, False)
    fetched = entry.latest.taken.astimezone(dt.UTC).date()
    first = renew_by(str(entry.own.get("accrualPeriodicity")), entry.latest.taken)
    age, current = _measured(entry, "edad_en_dias"), _measured(entry, "al_dia")
    covers = fetched - dt.timedelta(days=age) if isinstance(age, int) and not isinstance(age, bool) else None
    if first is None:
        return Schedule(fetched, (), None, covers, False)
    late_since = first if first < today else None
    rhythm, start = first - fetched, first
    while start < today:
        start += rhythm
    ahead = tuple(start + rhythm * step for step in range(_AHEAD))
    return Schedule(fetched, ahead, late_since, covers, current is False)


def _measured(entry: Entry, metric: str) -> object:
    dimensions = entry.quality.get("dimensiones", {})
    for one in dimensions.get("actualidad", {}).get("mediciones", []):
        if one.get("metrica") == metric:
            return one.get("valor")
    return None
