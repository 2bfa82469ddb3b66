"""Complementary suppression: the cells that must go, too, so that sums do not give the small ones back.

Of the many patterns that hold, one that loses little. A linear program looks for two other tables with the
same known cells, between which each cell to protect differs by its width; the cells that these tables change
are the pattern, and the tables are its proof. Costs are reweighted until they concentrate on few cells
(Candès, Wakin and Boyd 2008); then `prune` gives back what the proofs can do without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apertura.errors import PrivacyError
from apertura.prepare.disclosure.attacker import TOLERANCE, Block, Floats, around, blocks, widths
from apertura.prepare.disclosure.proof import Proof, alternatives, changed
from apertura.prepare.disclosure.prune import given_back
from apertura.prepare.disclosure.space import Flags, Space

_REWEIGHTED = 3
_ORIENTATIONS = 12
_WORTH = 0.95
"""Another pair of tables for a whole block is worth it while this share of its cells, at most, is left."""
_NEAR = (300, 2000, 10**9)
_REPAIRS = 12
_AGAIN = 0.5
"""A cell that the last release suppressed costs half: a pattern that stays tells less by comparison."""
_LAST_RESORT = 1e3
"""What a total that no table holds costs beside any count: protection should not rest on it."""
_FREE = 1e-3


@dataclass(frozen=True)
class Pattern:
    """Which cells are unknown to the attacker: `suppressed` ones of tables, and totals that nobody has."""

    suppressed: Flags
    unknown: Flags
    assumed: int
    """Totals of `threshold` or more among these: protection rests on nobody publishing them."""
    widths: Floats
    """Proven width of the interval of each cell that is protected; NaN for others."""
    rounds: int


def find(space: Space, previous: Flags, dataset: str) -> Pattern:
    """The pattern; `previous` are cells that the last release suppressed, which cost less to suppress again.

    Every suppressed cell, complementary ones too, is protected to its `need`. PrivacyError when no pattern
    protects some small cells.
    """
    # A small total that no table holds is unknown as long as what is below it is protected.
    required = space.primary & space.real
    unknown = space.primary | (space.free & ~space.known)
    proofs: list[Proof] = []
    open_cells = required
    for number in range(_REPAIRS):
        cost = _costs(space, previous)
        unknown, found = _protected(space, open_cells, unknown, cost, dataset)
        proofs = [*proofs, *found]
        unknown, proofs = given_back(space, required, unknown, cost, proofs)
        asked = unknown & space.real
        width = widths(space, unknown, asked, proofs)
        short = asked & (np.nan_to_num(width, nan=np.inf) < space.need - TOLERANCE)
        # What follows from the rest anyway tells nothing more by being published.
        useless = short & ~required & (np.nan_to_num(width) < TOLERANCE)
        unknown &= ~useless
        short &= ~useless
        if not short.any():
            assumed = unknown & ~space.real & ~space.primary & ~space.free
            width[useless] = np.nan
            return Pattern(unknown & space.real, unknown, int(assumed.sum()), width, number + 1)
        required, open_cells = required | short, short
    raise PrivacyError(
        f"{dataset}: complementary suppression did not settle after {_REPAIRS} rounds",
        hint="publish the tables at a coarser level, or fewer of them together",
    )


def _costs(space: Space, previous: Flags) -> Floats:
    """What is lost with each cell: its count and the cell itself."""
    cost = 1.0 + space.values.astype(float)
    cost[space.values == 0] = space.need[space.values == 0]
    cost[~space.real] = _LAST_RESORT
    cost[space.free | (space.primary & ~space.real)] = _FREE
    cost[previous] *= _AGAIN
    return cost


def _protected(
    space: Space, required: Flags, unknown: Flags, costs: Floats, dataset: str
) -> tuple[Flags, list[Proof]]:
    """`unknown` and what must join it so that each required cell can differ by its width; the proofs.

    More unknown cells never narrow an interval: what is protected once needs no second look.
    """
    usual = ~space.known & (unknown | (space.real & (space.values > 0)))
    proofs: list[Proof] = []
    unknown, missing = unknown.copy(), required.copy()
    # Zeros and totals that no table holds join only where nothing else helps.
    for candidates in (usual, usual | (~space.known & space.real)):
        cost = np.where(unknown, _FREE, costs)
        for block in blocks(space, candidates | unknown):
            if missing[block.cells].any():
                proofs += _block_proofs(space, block, missing, cost)
        unknown |= changed(space, proofs)
        if not missing.any():
            return unknown, proofs
    proofs += _local_proofs(space, ~space.known, missing, np.where(unknown, _FREE, costs))
    if not missing.any():
        return unknown | changed(space, proofs), proofs
    raise PrivacyError(
        f"{dataset}: some small counts cannot be protected: their sums are known and leave no room",
        hint="publish the tables coarser, or say `totals: unknown` of a role whose sums nobody has",
    )


def _block_proofs(space: Space, block: Block, missing: Flags, cost: Floats) -> list[Proof]:
    """Proofs for cells of the block that are `missing`, which is brought up to date.

    A pair of tables serves for all cells that can move at once, another for those that are left.
    """
    proofs: list[Proof] = []
    cost = cost.copy()
    sign = _orientation(block, missing)
    for _ in range(_ORIENTATIONS):
        left = int(missing[block.cells].sum())
        proof = _concentrated(space, block, missing, sign, cost) if left else None
        if proof is None:
            break
        proofs.append(proof)
        cost[proof.changed] = _FREE
        missing &= ~proof.covers
        if int(missing[block.cells].sum()) > left * _WORTH:
            break
        sign = -sign
    return proofs


def _local_proofs(space: Space, candidates: Flags, missing: Flags, cost: Floats) -> list[Proof]:
    """Proofs for what is still missing, cell by cell: around it, further around it, in all tied to it."""
    proofs: list[Proof] = []
    cost = cost.copy()
    for cell in np.flatnonzero(missing):
        for reach in _NEAR:
            if not missing[cell]:
                break
            block = around(space, candidates, int(cell), reach)
            one = np.zeros_like(missing)
            one[cell] = True
            for wanted in (missing, one):
                sign = _orientation(block, wanted)
                proof = _concentrated(space, block, wanted, sign, cost) if missing[cell] else None
                if proof is not None:
                    proofs.append(proof)
                    cost[proof.changed] = _FREE
                    missing &= ~proof.covers
    return proofs


def _concentrated(space: Space, block: Block, wanted: Flags, sign: Floats, cost: Floats) -> Proof | None:
    """The cheapest pair of tables for as many wanted cells as can move together; None when none can."""
    best: Proof | None = None
    price, weight = np.inf, cost / space.need
    for _ in range(1 + _REWEIGHTED):
        proof = alternatives(space, block, wanted, sign, weight)
        if not (proof.covers & wanted).any():
            return None
        if best is not None and not (proof.covers >= best.covers).all():
            break
        total = float(cost[proof.changed].sum())
        if total >= price - TOLERANCE:
            break
        best, price = proof, total
        wanted = wanted & proof.covers
        sign = np.where(proof.first >= proof.second, 1.0, -1.0)
        weight = cost / (np.maximum(abs(proof.first), abs(proof.second)) + 0.5)
    return best


def _orientation(block: Block, required: Flags) -> Floats:
    """For each cell of the space, whether it grows while others shrink: as even as can be in every sum."""
    sign = np.ones(len(required))
    columns = block.matrix.tocsc()
    balance = np.zeros(block.matrix.shape[0])
    for place in np.flatnonzero(required[block.cells]):
        part = slice(columns.indptr[place], columns.indptr[place + 1])
        lines, signs = columns.indices[part], columns.data[part]
        if float(balance[lines] @ signs) > 0:
            sign[block.cells[place]] = -1.0
        balance[lines] += sign[block.cells[place]] * signs
    return sign
