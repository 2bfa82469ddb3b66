"""Proof that cells are protected: two tables that differ in them and agree in all that is known.

The attacker cannot tell the two from each other nor from the true table, so that the interval of each cell
is at least as wide as the two differ in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from apertura.prepare.disclosure.attacker import TOLERANCE, Block, Floats, possible, solve
from apertura.prepare.disclosure.space import Flags, Space

_UNMET = 1e6


@dataclass(frozen=True)
class Proof:
    """Two deviations from the true table, over all cells; which cells they change and prove protected."""

    first: Floats
    second: Floats
    changed: Flags
    covers: Flags


def proof_of(space: Space, first: Floats, second: Floats) -> Proof:
    """The proof of two deviations; it covers nothing if they break a sum or make a count negative."""
    changed = np.maximum(abs(first), abs(second)) > TOLERANCE
    first, second = np.where(changed, first, 0.0), np.where(changed, second, 0.0)
    sound = possible(space, first) and possible(space, second)
    covers = (abs(first - second) >= space.need - TOLERANCE) & sound
    return Proof(first, second, changed, covers)


def alternatives(space: Space, block: Block, wanted: Flags, sign: Floats, weight: Floats) -> Proof:
    """The pair of tables, changed in this block only, that is lightest and lacks least of the wanted widths.

    `sign` of a wanted cell: whether it is larger in the first table (1) or in the second (-1). All arrays
    are over the cells of the space.
    """
    size, sums = len(block.cells), block.matrix.shape[0]
    asked = np.flatnonzero(wanted[block.cells])
    room = space.room[block.cells].astype(float)
    need = space.need[block.cells[asked]].astype(float)
    number = len(asked)
    pick = sparse.csr_matrix((sign[block.cells[asked]], (np.arange(number), asked)), shape=(number, size))
    none, lacks = sparse.csr_matrix((sums, size)), sparse.csr_matrix((sums, number))
    one = sparse.identity(number, format="csr")
    matrix = sparse.vstack(
        [
            sparse.hstack([block.matrix, -block.matrix, none, none, lacks, lacks]),
            sparse.hstack([none, none, block.matrix, -block.matrix, lacks, lacks]),
            sparse.hstack([pick, -pick, -pick, pick, one, -one]),
        ]
    ).tocsr()
    # The last variables are the widths: at least what is needed, with what is lacking made up at a price.
    cost = np.concatenate([np.tile(weight[block.cells], 4), np.full(number, _UNMET), np.zeros(number)])
    lower = np.concatenate([np.zeros(4 * size + number), need])
    endless = np.full(size, np.inf)
    upper = np.concatenate([endless, room, endless, room, np.full(2 * number, np.inf)])
    found = solve(cost, matrix, lower, upper, "search for complementary cells")
    first, second = np.zeros(space.size), np.zeros(space.size)
    first[block.cells] = found[:size] - found[size : 2 * size]
    second[block.cells] = found[2 * size : 3 * size] - found[3 * size : 4 * size]
    return proof_of(space, first, second)


def changed(space: Space, proofs: list[Proof]) -> Flags:
    """The cells that any of the proofs changes."""
    cells = np.zeros(space.size, dtype=bool)
    for proof in proofs:
        cells |= proof.changed
    return cells
