"""Which time and which places a dataset covers: what the release says in words, as dates and codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from apertura.catalogue.rdf import Literal, typed

_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_SPAN = re.compile(rf"^({_DATE}|\.\.)?\s*/\s*({_DATE}|\.\.)?$")
_OPEN = re.compile(rf"^(?:desde\s+)?({_DATE})\s+en\s+adelante$|^desde\s+({_DATE})$", re.I)
_LIST = re.compile(rf"^{_DATE}(?:\s*(?:,|\by\b)\s*{_DATE})*$")
_DATATYPES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}


@dataclass(frozen=True)
class Period:
    """From the beginning of `start` to the end of `end`: a year, a month or a day; None is open."""

    start: str | None
    end: str | None

    @property
    def text(self) -> str:
        """ISO 8601: `2012/2019`, `2020-03/..`; one year alone is `2022`."""
        if self.start == self.end and self.start is not None:
            return self.start
        return f"{self.start or '..'}/{self.end or '..'}"

    def literal(self, moment: str | None) -> Literal | None:
        """`start` or `end` typed by how exact it is."""
        return typed(moment, _DATATYPES[len(moment)]) if moment else None


def periods(said: str | None, partitions: Iterable[str] = ()) -> list[Period]:
    """The periods of a contract's `temporal`; without one those of the release's partitions. Unknown: none.

    Understood: 2012/2019, 2020-03/2023-11, 2020/.., 2017 en adelante, 2022, and `2012, 2013 y 2016`.
    """
    words = " ".join((said or "").split())
    if match := _SPAN.match(words):
        start, end = (None if one in (None, "..") else one for one in match.groups())
        return [Period(start, end)] if (start or end) and _ordered(start, end) else []
    if match := _OPEN.match(words):
        return [Period(match[1] or match[2], None)]
    if _LIST.match(words):
        return _runs(re.findall(_DATE, words))
    keys = [one for one in partitions if re.fullmatch(_DATE, one)]
    return _runs(keys) if not words and keys and len({len(one) for one in keys}) == 1 else []


def _ordered(start: str | None, end: str | None) -> bool:
    if start is None or end is None:
        return True
    shorter = min(len(start), len(end))
    return start[:shorter] <= end[:shorter]


def _runs(moments: list[str]) -> list[Period]:
    """Consecutive years or months become one period."""
    made: list[Period] = []
    for one in sorted(set(moments)):
        last = made[-1].end if made else None
        if last is not None and _next(last) == one:
            made[-1] = Period(made[-1].start, one)
        else:
            made.append(Period(one, one))
    return made


def _next(moment: str) -> str | None:
    if len(moment) == 4:
        return f"{int(moment) + 1:04d}"
    if len(moment) == 7:
        year, month = int(moment[:4]), int(moment[5:])
        return f"{year + month // 12:04d}-{month % 12 + 1:02d}"
    return None
