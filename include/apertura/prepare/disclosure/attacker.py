"""The attacker with linear programming: what follows for a suppressed cell from all that is known.

Fischetti and Salazar (2001): the attacker knows every sum, every known cell and that no count is negative,
and looks for the smallest and the largest value that a suppressed cell can have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from apertura.errors import PrivacyError
from apertura.prepare.disclosure.space import Flags, Ints, Space

Floats = npt.NDArray[np.float64]
TOLERANCE = 1e-6
_TRIES = 6
_LARGE = 20_000
_ITERATIONS = 200_000


@dataclass(frozen=True)
class Block:
    """Unknown cells that are tied to one another by sums, and to no other unknown cell."""

    cells: Ints
    matrix: sparse.csr_matrix
    """The sums over these cells only."""


def blocks(space: Space, unknown: Flags) -> Iterator[Block]:
    """The unknown cells in connected pieces, smallest cell number first."""
    cells = np.flatnonzero(unknown)
    if not len(cells):
        return
    matrix = space.matrix[:, cells].tocsr()
    matrix = matrix[np.diff(matrix.indptr) > 0]
    tied = (abs(matrix).T @ abs(matrix)) if matrix.shape[0] else sparse.csr_matrix((len(cells),) * 2)
    number, label = connected_components(tied, directed=False)
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(number + 1))
    for piece in range(number):
        columns = np.sort(order[starts[piece] : starts[piece + 1]])
        part = matrix[:, columns]
        yield Block(cells[columns], part[np.diff(part.tocsr().indptr) > 0].tocsr())


def around(space: Space, unknown: Flags, cell: int, number: int) -> Block:
    """The unknown cells tied to one cell by as few sums as give at least `number` of them, if there are."""
    mask = np.zeros(space.size, dtype=bool)
    mask[cell] = True
    ties = abs(space.matrix)
    while mask.sum() < number:
        lines = (ties @ mask.astype(float)) > 0
        grown = mask | (((ties.T @ lines.astype(float)) > 0) & unknown)
        if (grown == mask).all():
            break
        mask = grown
    cells = np.flatnonzero(mask)
    matrix = space.matrix[:, cells].tocsr()
    return Block(cells, matrix[np.diff(matrix.indptr) > 0])


def solve(
    cost: Floats, matrix: sparse.csr_matrix, lower: Floats, upper: Floats, where: str = "attacker"
) -> Floats:
    """The x that minimises cost @ x with matrix @ x = 0 within bounds; PrivacyError when there is none."""
    found = linprog(
        cost,
        A_eq=matrix if matrix.shape[0] else None,
        b_eq=np.zeros(matrix.shape[0]) if matrix.shape[0] else None,
        bounds=np.column_stack([lower, upper]),
        # On large and degenerate programs the simplex method crawls.
        method="highs-ipm" if len(cost) > _LARGE else "highs-ds",
        options={"maxiter": _ITERATIONS},
    )
    if found.status != 0 or found.x is None:
        raise PrivacyError(
            f"the linear program of the {where} has no solution (status {int(found.status)})",
            hint="report this to the maintainers",
        )
    return np.asarray(found.x, dtype=np.float64)


def interval(
    block: Block, values: Ints, cell: int, cap: float | None = None, floor: Ints | int = 0
) -> tuple[float, float]:
    """Smallest and largest value of a cell (a position in the block); largest at most value + `cap`.

    `floor`: the least that cells can be.
    """
    cost = np.zeros(len(block.cells))
    cost[cell] = 1.0
    lower = -(values - floor)[block.cells].astype(float)
    upper = np.full(len(block.cells), np.inf)
    top = float(values[block.cells].sum() + 100) if cap is None else cap
    upper[cell] = top
    low = solve(cost, block.matrix, lower, upper)[cell]
    high = solve(-cost, block.matrix, lower, upper)[cell]
    true = float(values[block.cells[cell]])
    return true + float(low), true + float(high)


class Deviations(Protocol):
    """What the search found already: two deviations from the true table, over all cells."""

    @property
    def first(self) -> Floats: ...

    @property
    def second(self) -> Floats: ...


def possible(space: Space, deviation: Floats) -> bool:
    """Whether the true table plus this deviation (n cells) keeps every sum and no cell is below its least."""
    off = abs(space.matrix @ deviation).max(initial=0.0)
    return bool(off < 10 * TOLERANCE and (deviation > -space.room - TOLERANCE).all())


def widths(space: Space, unknown: Flags, asked: Flags, found: Sequence[Deviations] = ()) -> Floats:
    """For each cell that is asked (and unknown): a width that its interval has at least; else NaN.

    `found` are tables that are known to be possible: they are checked here, not believed.

    Where it falls short of `need` it is the exact width of the interval; otherwise it may be wider.
    """
    width = np.full(space.size, np.nan)
    least, most = np.zeros(space.size), np.zeros(space.size)
    for one in [table for proof in found for table in (proof.first, proof.second)]:
        if possible(space, one) and not one[~unknown].any():
            np.minimum(least, one, out=least)
            np.maximum(most, one, out=most)
    for block in blocks(space, unknown):
        wanted = np.flatnonzero(asked[block.cells])
        if len(wanted):
            width[block.cells[wanted]] = _block_widths(space, block, wanted, least, most)
    return width


def _block_widths(space: Space, block: Block, wanted: Ints, below: Floats, above: Floats) -> Floats:
    """Tables that deviate in many cells at once prove most widths; the others are solved one by one."""
    size = len(block.cells)
    room, need = space.room[block.cells].astype(float), space.need[block.cells].astype(float)
    least, most = below[block.cells], above[block.cells]
    random = np.random.default_rng(size)
    lower, upper = -np.minimum(room, 2 * need), 2 * need
    open_cells = wanted[(most - least)[wanted] < need[wanted] - TOLERANCE]
    for _ in range(_TRIES if len(open_cells) > 2 else 0):
        cost = np.zeros(size)
        cost[open_cells] = random.choice([-1.0, 1.0], len(open_cells)) * random.uniform(
            0.5, 1, len(open_cells)
        )
        for sign in (1.0, -1.0):
            found = _kept(block, solve(sign * cost, block.matrix, lower, upper), lower)
            np.minimum(least, found, out=least)
            np.maximum(most, found, out=most)
        open_cells = wanted[(most - least)[wanted] < need[wanted] - TOLERANCE]
        if not len(open_cells):
            break
    width = (most - least)[wanted]
    for place, cell in enumerate(wanted):
        if width[place] < need[cell] - TOLERANCE:
            low, high = interval(block, space.values, int(cell), 2 * need[cell], space.floor)
            width[place] = high - low
    return np.asarray(width, dtype=np.float64)


def _kept(block: Block, deviation: Floats, lower: Floats) -> Floats:
    """A deviation that proves something: it keeps every sum and no count becomes negative."""
    off = abs(block.matrix @ deviation).max() if block.matrix.shape[0] else 0.0
    if off > TOLERANCE or (deviation < lower - TOLERANCE).any():
        return np.zeros(len(deviation))
    return deviation
