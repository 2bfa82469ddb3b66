"""The models of disclosure control over classes: k-anonymity, l-diversity, t-closeness, largest share.

k-anonymity: Samarati and Sweeney 1998. Distinct and entropy l: Machanavajjhala et al. 2007 (entropy l is
exp of the entropy in nats). t-closeness with equal and ordered distance: Li et al. 2007; the distribution
a class is compared with is that of the table before suppression.

Where a table says whose its rows are (`unit`), k counts people, and l, t and share must hold counted by rows,
as they are published, and by people: somebody with many rows speaks once.

A missing sensitive value is no value: who knows that somebody has one sets it aside. So distinct l counts the
known values of a class (one that has none tells nothing), and the largest share is that of a known value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apertura.contract.privacy import Sensitive
from apertura.prepare.disclosure import people
from apertura.prepare.disclosure.classes import Codes, Column, Flags, Floats, Ints, Table, class_ids, summed

Numbers = NDArray[np.number]

_ANY = 2**31
"""Distinct values of a class that has none: more than any model asks."""

EXACT = 1e-9
"""Shares and distances that differ by less are equal: a limit is met by what rounds to it."""


@dataclass(frozen=True)
class Watch:
    """A sensitive attribute: where it stands among the columns, what is asked, the order of its labels.

    ranks: for each level, label code -> place in the order; None where codes are in order already.
    """

    position: int
    asked: Sensitive
    ranks: tuple[Codes, ...] | None = None


@dataclass(frozen=True)
class Model:
    """What must hold against somebody who knows these columns."""

    title: str
    k: int
    known: tuple[int, ...]
    watches: tuple[Watch, ...] = ()
    unit: tuple[int, ...] = ()
    """Columns that tell whose a row is; none: each row is of another person."""


@dataclass(frozen=True)
class Spread:
    """How a sensitive attribute is spread in each class; all arrays are by class."""

    distinct: Ints
    entropy_l: Floats
    t: Floats
    share: Floats


@dataclass(frozen=True)
class Crowd:
    """How many k counts in each class: people where the table tells whose its rows are, else rows.

    `owner` and `known` are by combination: whose it is, and whether that is known; None where rows count.
    """

    sizes: Ints
    owner: Ints | None = None
    known: Flags | None = None


@dataclass(frozen=True)
class View:
    """A grouped table at some levels: codes by column, how many each column can have, and the levels."""

    table: Table
    columns: tuple[Column, ...]
    levels: tuple[int, ...]
    extra: int = 0
    """Codes beyond the labels: 1 where a suppressed cell is a category of its own."""

    def ids(self, positions: Sequence[int], codes: Sequence[Codes] | None = None) -> tuple[Ints, int]:
        """Classes of equal labels in these columns."""
        if codes is None and len(set(positions)) == len(self.columns):
            rows = len(self.table.counts)  # grouped by all columns: each combination is a class
            return np.arange(rows), rows
        given = self.table.codes if codes is None else codes
        sizes = [self.columns[i].size(self.levels[i]) + self.extra for i in positions]
        return class_ids([given[i] for i in positions], sizes)

    def owners(self, unit: Sequence[int]) -> tuple[Ints, Flags]:
        """Whose each combination is, and whether that is known."""
        nulls = [self.columns[i].nulls[self.levels[i]] for i in unit]
        return people.owners([self.table.codes[i] for i in unit], nulls)

    def crowd(self, model: Model, ids: Ints, number: int, kept: Ints) -> Crowd:
        """What k counts in each class."""
        if not model.unit:
            return Crowd(summed(ids, number, kept))
        owner, known = self.owners(model.unit)
        return Crowd(people.counted(ids, number, kept, owner, known), owner, known)


def spread(view: View, watch: Watch, ids: Ints, number: int, kept: Ints, reference: Ints) -> Spread:
    """Distribution of a sensitive attribute in each of `number` classes.

    `kept` are the counts of rows of each combination that are still there (0 where suppressed), `reference`
    those whose distribution t compares with.
    """
    level = view.levels[watch.position]
    values = view.table.codes[watch.position].astype(np.int64)
    if watch.ranks is not None:
        values = watch.ranks[level][values].astype(np.int64)
    size = int(values.max()) + 1 if len(values) else 1
    total = np.bincount(values, weights=reference, minlength=size)
    # Only values that occur: those that do not would stretch the ordered distance.
    occurring = np.flatnonzero(total)
    place = np.zeros(size, dtype=np.int64)
    place[occurring] = np.arange(len(occurring))
    share_of_all = total[occurring] / max(1.0, total.sum())

    here = np.flatnonzero(kept)
    missing = _place_of_missing(view, watch, place)
    return spread_over(
        ids[here], place[values[here]], kept[here], number, share_of_all, watch.asked, missing=missing
    )


def spread_over(
    ids: Ints,
    places: Ints,
    counts: Ints,
    number: int,
    share_of_all: Floats,
    asked: Sensitive,
    *,
    missing: int = -1,
) -> Spread:
    """Distribution of an attribute in each of `number` classes, from rows of (class, value, how many).

    Values are their places in the order; `share_of_all`: by place, the distribution that t compares with;
    `missing`: the place of "no value", -1 when all have one.
    """
    m = max(1, len(share_of_all))
    pairs, found = class_ids([ids, places], [max(1, number), m])
    weight = np.bincount(pairs, weights=counts, minlength=found)
    owner = np.zeros(found, dtype=np.int64)
    value = np.zeros(found, dtype=np.int64)
    owner[pairs], value[pairs] = ids, places
    sizes = np.bincount(owner, weights=weight, minlength=number)
    p = weight / sizes[owner]
    entropy = np.bincount(owner, weights=-p * np.log(p), minlength=number)
    distance = _ordered if asked.distance == "ordered" else _equal
    t = distance(owner, value, weight, sizes, share_of_all)
    there = value != missing
    distinct = np.bincount(owner[there], minlength=number).astype(np.int64)
    distinct[distinct == 0] = _ANY
    share = np.zeros(number)
    np.maximum.at(share, owner[there], p[there])
    return Spread(distinct, np.exp(entropy), t, share)


def worst(
    view: View, crowd: Crowd, watch: Watch, ids: Ints, number: int, kept: Ints, reference: Ints
) -> Spread:
    """The spread by rows and, where the table tells whose they are, by people: the worse of both.

    `crowd` is that of these classes with these counts.
    """
    rows = spread(view, watch, ids, number, kept, reference)
    owner, known = crowd.owner, crowd.known
    if owner is None or known is None:
        return rows
    values = view.table.codes[watch.position]
    once = people.once_each([ids, values, owner], kept > 0)
    of_all = people.once_each([values, owner], reference > 0)
    by_people = spread(view, watch, ids, number, once, of_all)
    # Somebody with two values counts in both, and once in the class.
    several = summed(ids, number, once) / np.maximum(1, crowd.sizes)
    valued = crowd.sizes
    if (null := view.columns[watch.position].nulls[view.levels[watch.position]]) >= 0:
        valued = people.counted(ids, number, np.where(values != null, kept, 0), owner, known)
    distinct = np.where(rows.distinct == _ANY, _ANY, np.minimum(rows.distinct, valued))
    return Spread(
        distinct,
        np.minimum(rows.entropy_l, by_people.entropy_l),
        np.maximum(rows.t, by_people.t),
        np.maximum(rows.share, by_people.share * several),
    )


def _place_of_missing(view: View, watch: Watch, place: Ints) -> int:
    """Where "no value" stands among the values that occur; -1 when all rows have one."""
    level = view.levels[watch.position]
    null = view.columns[watch.position].nulls[level]
    if null < 0:
        return -1
    return int(place[null if watch.ranks is None else int(watch.ranks[level][null])])


def _equal(owner: Ints, value: Ints, weight: Numbers, sizes: Numbers, q: Floats) -> Floats:
    """Half the sum of absolute differences; values that a class lacks differ by their share of all."""
    number, p = len(sizes), weight / sizes[owner]
    seen = np.bincount(owner, weights=q[value], minlength=number)
    differences = np.bincount(owner, weights=np.abs(p - q[value]), minlength=number)
    return np.asarray((differences + np.maximum(0.0, q.sum() - seen)) / 2, dtype=np.float64)


def _ordered(owner: Ints, value: Ints, weight: Numbers, sizes: Numbers, q: Floats) -> Floats:
    """Sum of absolute differences of the cumulative shares, over m - 1, without a class x value matrix.

    Pairs come sorted by class and value, so a class's cumulative share is constant between two of its
    values, and the sum of |P - Q| over such a stretch is two prefix sums around the place where Q passes P.
    """
    m, number = len(q), len(sizes)
    if m < 2 or not len(owner):
        return np.zeros(number)
    cumulative = np.cumsum(q)
    prefix = np.concatenate(([0.0], np.cumsum(cumulative)))
    starts = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
    running = np.cumsum(weight)  # whole numbers: nothing is lost over many classes
    before = np.concatenate(([0.0], running))[starts]
    inside = (running - np.repeat(before, np.diff(np.append(starts, len(owner))))) / sizes[owner]
    following = np.append(value[1:], m - 1)
    following[starts[1:] - 1] = m - 1
    crossing = np.clip(np.searchsorted(cumulative, inside), value, following)
    stretch = (
        inside * (2 * crossing - value - following)
        - (prefix[crossing] - prefix[value])
        + (prefix[following] - prefix[crossing])
    )
    total = np.bincount(owner, weights=stretch, minlength=number)
    total[owner[starts]] += prefix[value[starts]]
    return np.asarray(np.maximum(0.0, total) / (m - 1), dtype=np.float64)


def refused(spread_: Spread, asked: Sensitive, *, only_distinct: bool) -> Flags:
    """Classes that do not meet what is asked of a sensitive attribute."""
    bad = np.zeros(len(spread_.distinct), dtype=np.bool_)
    if asked.distinct_l is not None:
        bad |= spread_.distinct < asked.distinct_l
    if only_distinct:
        return bad
    if asked.entropy_l is not None:
        bad |= spread_.entropy_l < asked.entropy_l * (1 - EXACT)
    if asked.t is not None:
        bad |= spread_.t > asked.t + EXACT
    if asked.largest_share is not None:
        bad |= spread_.share > asked.largest_share + EXACT
    return bad


EVERYTHING, DISTINCT, NOTHING = "everything", "distinct", "nothing"
"""How much of what a watch asks is judged."""


def failing(
    view: View,
    model: Model,
    kept: Ints,
    *,
    codes: Sequence[Codes] | None = None,
    judged: Sequence[str] | None = None,
) -> Flags:
    """Combinations whose class does not meet a model; suppressed ones (kept 0) never fail.

    `codes` replace the view's (cells that became null); `judged` says for each watch how much of it counts,
    everything by default.
    """
    ids, number = view.ids(model.known, codes)
    crowd = view.crowd(model, ids, number, kept)
    sizes = crowd.sizes
    bad = (sizes > 0) & (sizes < model.k)
    for i, watch in enumerate(model.watches):
        much = EVERYTHING if judged is None else judged[i]
        only_distinct = much == DISTINCT
        if much == NOTHING or (only_distinct and watch.asked.distinct_l is None):
            continue
        found = worst(view, crowd, watch, ids, number, kept, view.table.counts)
        bad |= (sizes > 0) & refused(found, watch.asked, only_distinct=only_distinct)
    return np.asarray(bad[ids] & (kept > 0), dtype=np.bool_)
