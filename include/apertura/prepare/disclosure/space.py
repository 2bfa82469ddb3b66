"""The space of cells: all tables of counts of a dataset, the totals above them, and the sums that tie them.

A cell is a coordinate: for each role a level and a label. A table without a role's dimension is the total
over it. Every table is added up along every role, one level at a time, until the total over everything:
sums that no table holds are cells, too, because somebody may add up or the institution may publish them.

What the attacker adds up is linear and the same for everybody, so only deviations from the true table
matter: `matrix @ deviation = 0`, with deviation 0 in every cell that is known. A count that is not
available, and a difference between an explicit total and its parts, are constants of that system: taken as
known, which favours the attacker. No count is negative; of a table that leaves out its zeros everybody knows
that a cell of it is 1 at least.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product

import duckdb
import numpy as np
import numpy.typing as npt
from scipy import sparse

from apertura.contract.privacy import Counts, Level, Privacy, Role
from apertura.errors import PrivacyError
from apertura.prepare.disclosure.rollup import Label, labels_above, levels_to_top

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Node = tuple[int, ...]
"""Level of each role."""


@dataclass(frozen=True)
class Table:
    """One table of counts as read: labels by row (as text, None for no value) and counts (None unknown)."""

    model: Counts
    labels: list[tuple[Label, ...]]
    counts: list[int | None]


@dataclass(frozen=True)
class Space:
    """n cells and m sums. Totals that no table holds are cells with `real` False."""

    values: Ints
    floor: Ints
    """The least that a cell can be: 1 where its table lists no zero, so that whatever stands there is a count
    of somebody; else 0."""
    need: Ints
    """Smallest width of the interval that an attacker may find, the threshold of the cell's table."""
    real: Flags
    known: Flags
    """Known to the attacker whatever is suppressed: not available, or published before."""
    primary: Flags
    free: Flags
    """Totals of a role whose totals the contract says nobody publishes."""
    matrix: sparse.csr_matrix
    """m × n: +1 for each part, -1 for their sum."""
    rows: dict[str, Ints]
    """Resource -> the cell of each row of its table."""
    inconsistent: int
    """Sums that the tables themselves do not keep."""

    @property
    def room(self) -> Ints:
        """How much less each cell could be than it is."""
        return self.values - self.floor

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.values)


def build(
    connection: duckdb.DuckDBPyConnection,
    privacy: Privacy,
    tables: list[Table],
    known: list[Flags],
    dataset: str,
) -> Space:
    """The space of these tables; `known` tells of each table's rows which the attacker knows anyway.

    PrivacyError when two tables disagree on a cell that both hold, or a label adds up to nothing.
    """
    return _Building(connection, privacy, tables, dataset).space(known)


class _Building:
    """Cells by node while the lattice is being added up."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        privacy: Privacy,
        tables: list[Table],
        dataset: str,
    ) -> None:
        self.connection, self.tables, self.dataset = connection, tables, dataset
        names = {d.role or d.field for table in tables for d in table.model.dimensions}
        self.roles = sorted(names)
        declared = [privacy.roles.get(name, Role()) for name in self.roles]
        self.levels: list[list[Level]] = [levels_to_top(role) for role in declared]
        self.unknown = [role.totals == "unknown" for role in declared]
        self.top: Node = tuple(len(levels) for levels in self.levels)
        self.cells: dict[Node, dict[tuple[Label, ...], int]] = defaultdict(dict)
        self.values: list[int] = []
        self.available: list[bool] = []
        self.thresholds: list[int] = []
        self.real: list[bool] = []
        self.free: list[bool] = []
        self.tabled: list[Node] = []
        self.up: dict[tuple[int, int, Label], Label] = {}

    def space(self, known_rows: list[Flags]) -> Space:
        rows = {table.model.resource: self._place(table) for table in self.tables}
        self.tabled = list(self.cells)
        self._labels_up()
        parts = self._add_up()
        entries: list[tuple[int, int, int]] = []
        inconsistent = 0
        for row, (parent, children) in enumerate(parts):
            entries.append((row, parent, -1))
            entries += [(row, child, 1) for child in children]
            if all(self.available[c] for c in (parent, *children)):
                inconsistent += self.values[parent] != sum(self.values[c] for c in children)
        lines, columns, signs = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        size = len(self.values)
        values, need = np.array(self.values, dtype=np.int64), np.array(self.thresholds, dtype=np.int64)
        available = np.array(self.available)
        known = ~available
        for table, flags in zip(self.tables, known_rows, strict=True):
            known[rows[table.model.resource][flags]] = True
        floor = np.zeros(size, dtype=np.int64)
        for table in self.tables:
            if 0 not in table.counts:
                floor[rows[table.model.resource]] = 1
        return Space(
            values=values,
            floor=np.minimum(floor, values),
            need=need,
            real=np.array(self.real),
            known=known,
            primary=available & (values > 0) & (values < need),
            free=np.array(self.free),
            matrix=sparse.csr_matrix((signs.astype(float), (lines, columns)), shape=(len(parts), size)),
            rows=rows,
            inconsistent=inconsistent,
        )

    def _place(self, table: Table) -> Ints:
        """The cells of a table's rows."""
        model = table.model
        at = [self.roles.index(d.role or d.field) for d in model.dimensions]
        if len(set(at)) != len(at):
            raise PrivacyError(
                f"{self.dataset}, {model.resource}: two dimensions have one role",
                hint="give each dimension of a table a role of its own in `privacy`",
            )
        found = []
        for labels, count in zip(table.labels, table.counts, strict=True):
            node, label = list(self.top), [_top_label(levels) for levels in self.levels]
            for role, dimension, one in zip(at, model.dimensions, labels, strict=True):
                if dimension.total is None or one != dimension.total:
                    node[role], label[role] = dimension.level, one
            found.append(self._real(tuple(node), tuple(label), count, model))
        return np.array(found, dtype=np.int64)

    def _real(self, node: Node, label: tuple[Label, ...], count: int | None, model: Counts) -> int:
        cell = self.cells[node].get(label)
        if cell is None:
            return self._new(node, label, count, model.threshold, real=True)
        if count is not None and self.available[cell] and self.values[cell] != count:
            raise PrivacyError(
                f"{self.dataset}, {model.resource}: a cell of it has another count in a linked table",
                hint="mend the reshaping: linked tables are sums of one another",
            )
        if count is not None:
            self.values[cell], self.available[cell] = count, True
        self.thresholds[cell] = max(self.thresholds[cell], model.threshold)
        return cell

    def _new(
        self, node: Node, label: tuple[Label, ...], count: int | None, threshold: int, *, real: bool
    ) -> int:
        cell = self.cells[node][label] = len(self.values)
        self.values.append(count or 0)
        self.available.append(count is not None)
        self.thresholds.append(threshold)
        self.real.append(real)
        self.free.append(not real and self._nobody_has(node))
        return cell

    def _nobody_has(self, node: Node) -> bool:
        """Whether these totals come from a table only over a role whose totals nobody publishes."""
        return all(
            any(unknown and below < here for unknown, below, here in zip(self.unknown, at, node, strict=True))
            for at in self.tabled
            if _under(at, node)
        )

    def _labels_up(self) -> None:
        """Each role's labels at each level, of all tables, with the label above."""
        for role, levels in enumerate(self.levels):
            seen: set[Label] = set()
            for level in range(len(levels)):
                seen |= {
                    label[role]
                    for node, cells in self.cells.items()
                    if node[role] == level
                    for label in cells
                }
                where = f"{self.dataset}, role {self.roles[role]}"
                above = labels_above(self.connection, levels, level, seen, where)
                self.up |= {(role, level, one): above[one] for one in seen}
                seen = {above[one] for one in seen}

    def _add_up(self) -> list[tuple[int, list[int]]]:
        """All sums as (total, parts); totals that are in no table become cells."""
        sums: list[tuple[int, list[int]]] = []
        nodes = list(product(*(range(top + 1) for top in self.top)))
        had = [node for node in nodes if node in self.tabled or not self._nobody_has(node)]
        # Totals that nobody has matter only as a step to totals that somebody has.
        steps = {node for node in nodes if any(_under(node, one) for one in had)}
        # Finer nodes come first, so that a node is complete before it is added up.
        for node in nodes:
            if node not in self.cells:
                continue
            for role, level in enumerate(node):
                above = (*node[:role], level + 1, *node[role + 1 :])
                if above in steps:
                    sums += self._add_up_along(node, role, above)
        return sums

    def _add_up_along(self, node: Node, role: int, above: Node) -> list[tuple[int, list[int]]]:
        groups: dict[tuple[Label, ...], list[int]] = defaultdict(list)
        for label, part in self.cells[node].items():
            upper = self.up[role, node[role], label[role]]
            groups[(*label[:role], upper, *label[role + 1 :])].append(part)
        sums = []
        for label, parts in groups.items():
            cell = self.cells[above].get(label)
            if cell is None:
                count = sum(self.values[part] for part in parts)
                threshold = max(self.thresholds[part] for part in parts)
                cell = self._new(above, label, count, threshold, real=False)
            sums.append((cell, parts))
        return sums


def _under(node: Node, other: Node) -> bool:
    """Whether the other is a total of this one, or itself."""
    return all(here <= above for here, above in zip(node, other, strict=True))


def _top_label(levels: list[Level]) -> Label:
    return "*" if levels[-1].all else "GT"
