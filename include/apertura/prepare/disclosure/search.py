"""The generalisation of least information loss over the whole lattice, with suppression.

Nodes are combinations of levels, one for each quasi-identifier. What is not looked at is proven to be no
better (papers: Samarati 2001; OLA, El Emam 2009; Flash, Kohlmayer 2012):

1. k and distinct l are monotone under class suppression. Let K be the rows kept at a node: every class of
   K has at least k rows and l values. At a coarser node the classes of K are unions of those, so they still
   do, and the largest set of rows that passes there contains K. With several adversaries K passes for each
   of them. So when these models alone suppress more than the limit, every finer node is invalid. It is not
   true of an attribute whose own labels the search coarsens: those are left out of this argument.
2. Entropy l, t and largest share are not monotone once a passing class may swallow a failing one. Without
   suppression (limit 0) they are: entropy is concave, both distances and the maximum are convex, so a union
   of passing classes passes. Only then they count for 1.
3. With suppression, loss is not monotone. But a suppressed row or cell costs 1 in each column, at least what
   its label costs, so loss is never below loss with nothing suppressed, and that grows along the lattice: a
   coarser label holds at least the same values. So a node whose bound exceeds a loss that was reached is
   worse, and so is every coarser one. For discernibility the same holds of the sum of squared class sizes:
   a suppressed class of n rows costs n times N, at least n squared, and merging classes raises it.
4. What the monotone models suppress at a node, every finer node suppresses, too (1). There the same rows'
   labels hold no more values, so that they add at least as much to S in each column as here. So S at a finer
   node is at least its own S with nothing suppressed plus what these rows added here.

Candidates are looked at from the highest bound down. A coarser node has no lower bound, so it comes before
the finer ones that its failure would rule out: no failing node is evaluated beside the coarsest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from apertura.errors import PrivacyError
from apertura.prepare.disclosure.classes import Column, Floats, Ints, Table, coarsened
from apertura.prepare.disclosure.loss import column_loss

MOST_NODES = 5_000_000
"""Nodes of a lattice that is searched; a larger one needs fixed levels."""

_SAME = 1e-9
"""Bounds closer than this to the best loss are looked at: ties go by the tie-break, not by rounding."""

_CACHED = 30_000_000
"""Codes and counts kept of partial roll-ups, about 150 MB."""

_SHRINKS = 0.8

Levels = tuple[int, ...]


@dataclass(frozen=True)
class Verdict:
    """What a node comes to.

    score: loss or discernibility, of valid nodes. suppressed: rows, or cells, that had to go. ruled_out: the
    monotone models alone fail, so every finer node does. floor: for discernibility, the bound that holds
    for coarser nodes, too. added: by column, what the rows that the monotone models suppress add to S; empty
    where that bounds nothing.
    """

    valid: bool
    score: float = float("inf")
    suppressed: int = 0
    ruled_out: bool = False
    floor: float = 0.0
    added: tuple[float, ...] = ()


@dataclass(frozen=True)
class Found:
    """The best node, and how much was looked at."""

    levels: Levels
    verdict: Verdict
    nodes: int
    evaluated: int


class Rollups:
    """Tables at the nodes of a lattice, each made from one that is finer and smaller than the whole.

    Columns are coarsened one after another, so that nodes that begin alike share the first steps.
    """

    def __init__(self, table: Table, columns: Sequence[Column], width: int) -> None:
        """`table` is at level 0; its first `width` columns have levels to choose, the others stay."""
        self._columns = tuple(columns)
        self._width = width
        self._base = table
        self._floor: Levels = (0,) * len(columns)
        self._made: dict[Levels, Table | None] = {}
        self._held = 0
        # Those with the fewest values last: their steps are cheap and shrink little.
        self._order = sorted(range(width), key=lambda i: (-columns[i].domain, i))

    def start_from(self, floor: Levels) -> None:
        """No node finer than this will be asked for any more."""
        whole = floor + (0,) * (len(self._columns) - self._width)
        if whole != self._floor:
            self._base = coarsened(self._base, self._columns, self._floor, whole)
            self._floor = whole
            self._made.clear()
            self._held = 0

    def at(self, levels: Levels) -> Table:
        """The table at a node, rows in the order of their codes."""
        table, before = self._base, self._floor
        now = list(before)
        pending = [i for i in self._order if now[i] != levels[i]]
        for i in pending[:-1]:
            now[i] = levels[i]
            key = tuple(now)
            if key not in self._made:
                made = coarsened(table, self._columns, before, now)
                # A step that hardly shrinks the table is not worth its place: the next goes from before it.
                self._keep(key, made if len(made.counts) <= _SHRINKS * len(table.counts) else None)
            if (known := self._made[key]) is not None:
                table, before = known, key
        if before == levels + before[self._width :]:
            return table
        return coarsened(table, self._columns, before, levels + before[self._width :])

    def _keep(self, key: Levels, table: Table | None) -> None:
        if table is not None:
            size = len(table.counts) * (len(self._columns) + 2)
            if self._held + size > _CACHED:
                self._made = {key: None for key, known in self._made.items() if known is None}
                self._held = 0
            self._held += size
        self._made[key] = table


def best(
    choices: Sequence[Sequence[int]],
    sums: Sequence[Floats],
    columns: Sequence[Column],
    rows: int,
    rollups: Rollups,
    judge: Callable[[Levels, Table], Verdict],
    *,
    bounded: bool,
) -> Found | None:
    """The valid node of least score; ties go to fewer suppressed, then to the lowest levels, in order.

    choices: the levels of each quasi-identifier, rising. sums: `loss.share_sums`. `bounded` says that the
    score is Loss, of which the bound is known beforehand. None when no node is valid; PrivacyError when the
    lattice is too large to be searched.
    """
    shape = tuple(len(one) for one in choices)
    nodes = int(np.prod([float(n) for n in shape]))
    if nodes > MOST_NODES:
        raise PrivacyError(
            f"the hierarchies of {len(shape)} quasi-identifiers make {nodes:,} generalisations, more than "
            f"the {MOST_NODES:,} that are searched",
            hint="fix some columns with `levels`, or take levels out of their hierarchies",
        )
    rollups.start_from(tuple(one[0] for one in choices))
    chosen = tuple(by_level[list(one)] for one, by_level in zip(choices, sums, strict=True))
    bounds = Bounds(chosen, tuple(one.domain for one in columns), rows)
    lattice = _Lattice(choices, bounds, rollups, judge, bounded)
    lattice.descend()
    lattice.sweep()
    if lattice.found is None:
        return None
    return Found(lattice.found, lattice.verdict, nodes, lattice.evaluated)


@dataclass(frozen=True)
class Bounds:
    """For nodes their loss with nothing suppressed, from each column's S at its levels."""

    sums: tuple[Floats, ...]
    domains: tuple[int, ...]
    rows: int

    def over(self, tops: Sequence[int], added: Sequence[float]) -> Floats:
        """Of all nodes up to `tops` (places, inclusive), with something added to each column's S."""
        bounds: Floats = np.ones((), dtype=np.float64)
        for sums, domain, top, more in zip(self.sums, self.domains, tops, added, strict=True):
            losses = 1.0 + column_loss(sums[: top + 1] + more, self.rows, domain)
            # A rounding error must not make a coarser level look cheaper.
            bounds = np.multiply.outer(bounds, np.maximum.accumulate(losses))
        return np.asarray(bounds ** (1 / max(1, len(self.sums))) - 1.0, dtype=np.float64)


class _Lattice:
    """Which nodes are decided, and the best so far."""

    def __init__(
        self,
        choices: Sequence[Sequence[int]],
        bounds: Bounds,
        rollups: Rollups,
        judge: Callable[[Levels, Table], Verdict],
        bounded: bool,
    ) -> None:
        self._choices = [list(one) for one in choices]
        self._from = bounds
        self._order_by = bounds.over([len(one) - 1 for one in choices], [0.0] * len(choices))
        self._bounds = self._order_by.copy() if bounded else np.zeros_like(self._order_by)
        self._decided = np.zeros(self._bounds.shape, dtype=np.bool_)
        self._rollups = rollups
        self._judge = judge
        self._rank: tuple[float, int, Levels] | None = None
        self._bounded = bounded
        self.found: Levels | None = None
        self.verdict = Verdict(valid=False)
        self.evaluated = 0

    def _evaluate(self, node: Levels) -> Verdict:
        """Judge one node and mark what its verdict decides."""
        levels = tuple(one[i] for one, i in zip(self._choices, node, strict=True))
        verdict = self._judge(levels, self._rollups.at(levels))
        self.evaluated += 1
        self._decided[node] = True
        below = tuple(slice(0, i + 1) for i in node)
        if verdict.ruled_out:
            self._decided[below] = True
        elif self._bounded and any(verdict.added):
            np.maximum(self._bounds[below], self._from.over(node, verdict.added), out=self._bounds[below])
        if not self._bounded:
            above = tuple(slice(i, None) for i in node)
            np.maximum(self._bounds[above], verdict.floor, out=self._bounds[above])
        if verdict.valid:
            rank = (round(verdict.score, 12), verdict.suppressed, levels)
            if self._rank is None or rank < self._rank:
                self._rank, self.found, self.verdict = rank, levels, verdict
        return verdict

    def _hopeless(self, node: Levels) -> bool:
        if self._rank is None:
            return False
        return bool(self._bounds[node] > self._rank[0] + _SAME * max(1.0, self._rank[0]))

    def descend(self) -> None:
        """From the coarsest node to finer ones as long as loss falls: a good first answer in a few steps."""
        here: Levels = tuple(len(one) - 1 for one in self._choices)
        now = self._evaluate(here)
        while now.valid:
            finer = [(*here[:i], here[i] - 1, *here[i + 1 :]) for i in range(len(here)) if here[i] > 0]
            finer.sort(key=lambda node: (float(self._order_by[node]), node))
            for node in finer:
                if self._decided[node]:
                    continue
                verdict = self._evaluate(node)
                if verdict.valid and verdict.score < now.score:
                    here, now = node, verdict
                    break
            else:
                return

    def sweep(self) -> None:
        """Decide every other node, from the highest bound down."""
        open_nodes = np.flatnonzero(~self._decided.ravel())
        heights = np.zeros(len(open_nodes), dtype=np.int64)
        places: list[Ints] = [np.asarray(p) for p in np.unravel_index(open_nodes, self._decided.shape)]
        for place in places:
            heights += place
        order = np.lexsort((-heights, -self._order_by.ravel()[open_nodes]))
        since = 0
        for at in order:
            node = tuple(int(place[at]) for place in places)
            if self._decided[node] or self._hopeless(node):
                continue
            if since % 64 == 0:
                self._raise_floor()
            since += 1
            self._evaluate(node)

    def _raise_floor(self) -> None:
        """Start roll-ups from the finest levels that are still open."""
        still = ~self._decided
        if self._rank is not None:
            still &= self._bounds <= self._rank[0] + _SAME * max(1.0, self._rank[0])
        floor = []
        for axis, levels in enumerate(self._choices):
            others = tuple(a for a in range(still.ndim) if a != axis)
            alive = still.any(axis=others)
            floor.append(levels[int(np.argmax(alive))])
        self._rollups.start_from(tuple(floor))
