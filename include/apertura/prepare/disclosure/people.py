"""Units of protection: of how many different people the rows of a class are, and what they have in common.

(X,Y)-privacy (Wang and Fung 2006): a class hides as many people as there are in it, however many rows they
have. A row of which nobody knows whose it is may be of anybody who is in the class already: it adds nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apertura.prepare.disclosure.classes import Codes, Flags, Ints, class_ids, summed

Numbers = NDArray[np.integer]


def owners(codes: Sequence[Codes], nulls: Sequence[int]) -> tuple[Ints, Flags]:
    """Of each combination: the number of its owner, and whether all columns tell who that is.

    `codes` are those of the unit's columns, `nulls` the codes that stand for "no value" (-1: there is none).
    """
    known = np.ones(len(codes[0]), dtype=np.bool_)
    for one, null in zip(codes, nulls, strict=True):
        known &= one != null
    if len(codes) == 1:  # a code is a number already
        ids, number = codes[0].astype(np.int64), int(codes[0].max(initial=0)) + 1
    else:
        ids, number = class_ids(codes, [int(one.max(initial=0)) + 1 for one in codes])
    return np.where(known, ids, number), known


def counted(ids: Ints, number: int, kept: Ints, owner: Ints, known: Flags) -> Ints:
    """Different owners in each of `number` classes; one at least where there are rows."""
    here = np.flatnonzero((kept > 0) & known)
    pairs, found = class_ids([ids[here], owner[here]], [max(1, number), int(owner.max(initial=0)) + 1])
    of = np.zeros(found, dtype=np.int64)
    of[pairs] = ids[here]
    people = np.bincount(of, minlength=number)
    return np.where(summed(ids, number, kept) > 0, np.maximum(people, 1), 0)


def once_each(parts: Sequence[Numbers], there: Flags) -> Ints:
    """1 for the first combination of each tuple of `parts` among those that are `there`, 0 for all others."""
    weight = np.zeros(len(there), dtype=np.int64)
    here = np.flatnonzero(there)
    ids, number = class_ids([one[here] for one in parts], [int(one.max(initial=0)) + 1 for one in parts])
    first = np.empty(number, dtype=np.int64)
    first[ids[::-1]] = here[::-1]
    weight[first] = 1
    return weight
