"""Labels of counts one level up: which cell of a coarser table a cell of a finer one adds into.

`hierarchy` labels a field's own values; a table of counts holds labels already (a month, a department), so
that here a label becomes the label above it. Levels that follow one another are nested (contract.privacy).
"""

from __future__ import annotations

import re

import duckdb

from apertura.contract.privacy import Level, Role
from apertura.errors import PrivacyError
from apertura.prepare.disclosure.hierarchy import ALL, COUNTRY
from apertura.prepare.engine import literal, run

Label = str | None
"""A label of a dimension; None where the table has no value: a category of its own at every level."""

_MONTH = re.compile(r"\d{4}-\d\d(-\d\d.*)?")
_YEAR = re.compile(r"\d{4}(-.*)?")
_LOWER = re.compile(r"-?\d+")


def levels_to_top(role: Role) -> list[Level]:
    """The declared levels and, above them, the total over the role; a country is such a total already."""
    last = role.levels[-1] if role.levels else None
    closed = last is not None and (last.all or last.to == "country")
    return [*role.levels, *([] if closed else [Level(all=True)])]


def labels_above(
    connection: duckdb.DuckDBPyConnection,
    levels: list[Level],
    level: int,
    labels: set[Label],
    where: str,
) -> dict[Label, Label]:
    """Each label of `level` (0 is the value itself) with its label at `level + 1`.

    PrivacyError when one has none: the sum above would leave out what the attacker counts. `where` names
    the resource and column for it.
    """
    above = levels[level]
    below = levels[level - 1] if level else None
    named = sorted(one for one in labels if one is not None)
    if above.to == "region":
        found = _regions(connection, named)
    else:
        found = {one: _above(one, below, above) for one in named}
    lost = sum(one is None for one in found.values())
    if lost:
        raise PrivacyError(
            f"{where}: {lost} of {len(named)} labels have no label at level {level + 1} of the role",
            hint="mend the values in clean, or the role's levels in `privacy.roles`",
        )
    # A total over everything holds what has no value, too.
    top = above.all is not None or above.to == "country"
    return {**found, None: (ALL if above.all else COUNTRY) if top else None}


def _regions(connection: duckdb.DuckDBPyConnection, codes: list[str]) -> dict[Label, Label]:
    if not codes:
        return {}
    listed = ", ".join(literal(code) for code in codes)
    rows = run(
        connection,
        f"SELECT code, region_of(code) FROM (SELECT unnest([{listed}]) AS code)",  # noqa: S608 (literal())
        doing="naming the regions of a table of counts",
    ).fetchall()
    return {str(code): region for code, region in rows}


def _above(label: str, below: Level | None, above: Level) -> Label:
    if above.all:
        return ALL
    if above.bands is not None:
        return _band(label, above.bands)
    if above.prefix is not None:
        return label[: above.prefix]
    if above.map is not None:
        if below is None or below.map is None:
            return above.map.get(label)
        return next((above.map[value] for value, name in below.map.items() if name == label), None)
    return _place_or_time(label, str(above.to))


def _place_or_time(label: str, to: str) -> Label:
    if to == "country":
        return COUNTRY
    if to == "department":
        code = label[:2]
        return code if len(label) == 4 and label.isdigit() and 1 <= int(code) <= 22 else None
    if to == "year":
        return label[:4] if _YEAR.fullmatch(label) else None
    if not _MONTH.fullmatch(label):
        return None
    if to == "month":
        return label[:7]
    return f"{label[:4]}-T{(int(label[5:7]) + 2) // 3}"


def _band(label: str, bounds: list[int]) -> Label:
    """The band of a number or of a finer band, as macro band_label writes it."""
    lower = _LOWER.match(label)
    if lower is None:
        return None
    place = sum(bound <= int(lower.group()) for bound in bounds)
    if place == 0:
        return None
    if place == len(bounds):
        return f"{bounds[-1]}+"
    first, last = bounds[place - 1], bounds[place] - 1
    return str(first) if first == last else f"{first}-{last}"
