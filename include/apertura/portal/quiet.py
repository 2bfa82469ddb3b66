"""Whether releases have stopped following each other: many of them at once are one build of the portal."""

from __future__ import annotations

import datetime as dt

from apertura.errors import in_our_words
from apertura.publish.history import MANIFEST, TOMBSTONE
from apertura.settings import SETTLINGS, Settings
from apertura.storage import open_buckets


@in_our_words
def quiet(settings: Settings, now: dt.datetime, *, since: dt.datetime | None = None) -> bool:
    """No release or withdrawal within the last `portal_settle_seconds`, or waited long enough `since`."""
    settle = dt.timedelta(seconds=settings.portal_settle_seconds)
    if since is not None and now - since >= settle * SETTLINGS:
        return True
    _, public = open_buckets(settings)
    ends = (f"/{MANIFEST}", f"/{TOMBSTONE}")
    return not any(stat.key.endswith(ends) and now - stat.modified < settle for stat in public.list("datos/"))
