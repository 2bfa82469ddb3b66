"""Give back complementary cells that the proofs can do without, dearest first.

A proof that changes a cell is mended around it: a linear program looks, within a few sums of the cell, for
deviations that leave it alone and still differ enough wherever no other proof does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from apertura.prepare.disclosure.attacker import Floats
from apertura.prepare.disclosure.proof import Proof, changed, proof_of
from apertura.prepare.disclosure.space import Flags, Ints, Space

_REACH = 3
_NEAR = 160
"""Cells that a proof may be mended over: a linear program of some milliseconds."""


def given_back(
    space: Space, required: Flags, unknown: Flags, cost: Floats, proofs: list[Proof]
) -> tuple[Flags, list[Proof]]:
    """The pattern without the cells it can do without, and the proofs that still hold for it."""
    proofs = list(proofs)
    kept = required | space.primary | space.free
    unknown = unknown & (kept | changed(space, proofs))
    ties = _ties(space)
    given = np.flatnonzero(unknown & ~kept)
    for cell in given[np.argsort(-cost[given], kind="stable")]:
        if not unknown[cell]:
            continue
        mended = _without(space, int(cell), required, unknown, cost, proofs, ties)
        if mended is not None:
            proofs = mended
            unknown[cell] = False
            unknown &= kept | changed(space, proofs)
    return unknown, proofs


@dataclass(frozen=True)
class _Ties:
    rows: sparse.csr_matrix
    columns: sparse.csc_matrix


def _ties(space: Space) -> _Ties:
    return _Ties(space.matrix.tocsr(), space.matrix.tocsc())


def _near(ties: _Ties, cell: int, unknown: Flags) -> Ints:
    """Unknown cells within a few sums of the cell, at most `_NEAR` or those of one sum."""
    found = np.array([cell], dtype=np.int64)
    for _ in range(_REACH):
        lines = np.unique(np.concatenate([_of(ties.columns, int(one)) for one in found]))
        grown = np.unique(np.concatenate([found, *(_of(ties.rows, int(line)) for line in lines)]))
        grown = grown[unknown[grown]]
        if len(grown) > _NEAR and len(found) > 1:
            break
        found = grown
    return found


def _of(matrix: sparse.csr_matrix | sparse.csc_matrix, line: int) -> Ints:
    return np.asarray(matrix.indices[matrix.indptr[line] : matrix.indptr[line + 1]], dtype=np.int64)


def _without(
    space: Space,
    cell: int,
    required: Flags,
    unknown: Flags,
    cost: Floats,
    proofs: list[Proof],
    ties: _Ties,
) -> list[Proof] | None:
    """The proofs, none of which changes the cell; None when one cannot be mended."""
    near = _near(ties, cell, unknown)
    proofs = list(proofs)
    for number, proof in enumerate(proofs):
        if not proof.changed[cell]:
            continue
        others = np.zeros(space.size, dtype=bool)
        for other, one in enumerate(proofs):
            if other != number:
                others |= one.covers
        only = required & proof.covers & ~others
        mended = _mended(space, cell, near, only, cost, proof, ties)
        if mended is None or not (mended.covers >= only).all():
            return None
        proofs[number] = mended
    return proofs


def _mended(
    space: Space, cell: int, near: Ints, only: Flags, cost: Floats, proof: Proof, ties: _Ties
) -> Proof | None:
    """The proof with the cell left alone, changed within `near`, still covering `only`."""
    matrix = ties.columns[:, near].tocsr()
    matrix = matrix[np.diff(matrix.indptr) > 0]
    size, sums = len(near), matrix.shape[0]
    asked = np.flatnonzero(only[near])
    sign = np.where(proof.first >= proof.second, 1.0, -1.0)[near]
    pick = sparse.csr_matrix((sign[asked], (np.arange(len(asked)), asked)), shape=(len(asked), size))
    none = sparse.csr_matrix((sums, size))
    keep = sparse.vstack(
        [
            sparse.hstack([matrix, -matrix, none, none]),
            sparse.hstack([none, none, matrix, -matrix]),
        ]
    ).tocsr()
    differ = sparse.hstack([-pick, pick, pick, -pick]).tocsr()
    room = space.room[near].astype(float)
    weight = np.where(only[near], 1e-3, cost[near])
    endless = np.full(size, np.inf)
    top = np.concatenate([endless, room, endless, room])
    top[near.searchsorted(cell) + size * np.arange(4)] = 0.0
    found = linprog(
        np.tile(weight, 4),
        A_eq=keep,
        b_eq=np.concatenate([matrix @ proof.first[near], matrix @ proof.second[near]]),
        A_ub=differ if len(asked) else None,
        b_ub=-space.need[near[asked]].astype(float) if len(asked) else None,
        bounds=np.column_stack([np.zeros(4 * size), top]),
        method="highs",
    )
    if found.x is None:
        return None
    first, second = proof.first.copy(), proof.second.copy()
    first[near] = found.x[:size] - found.x[size : 2 * size]
    second[near] = found.x[2 * size : 3 * size] - found.x[3 * size :]
    return proof_of(space, first, second)
