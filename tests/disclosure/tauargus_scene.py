"""A table of counts given to tau-Argus, as pytauargus brings its engine: cells, margins, hierarchies, levels.

Everything here runs in this process with the solver that the wheel brings (HiGHS): methods OPT and MOD, and
the audit of intervals. The methods that need programs of their own (GH, NET, CTA) are not used.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path

Cell = tuple[str, ...]
Tree = Mapping[str, str]
"""Label -> the label above it, for a dimension with a level between its labels and its total."""
TOTAL = "Total"
THRESHOLD = 5
_MARGIN = 100_000
"""What a margin costs beside any count: as in ours, protection should not rest on it."""


@dataclass(frozen=True)
class Pattern:
    """What tau-Argus suppresses, margins with the label `Total` (or that of a level above) included."""

    hidden: set[Cell]
    narrowest: float
    """The smallest width of an interval of a suppressed cell, by its own audit."""


def sums_of(cells: Mapping[Cell, int], trees: Mapping[int, Tree]) -> dict[Cell, list[Cell]]:
    """Every margin of a table and the cells that it adds up; `trees` by the position of the dimension."""
    sums: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in cells:
        ways = []
        for place, label in enumerate(cell):
            above = [trees[place][label]] if place in trees else []
            ways.append([label, *above, TOTAL])
        for labels in itertools.product(*ways):
            if labels != cell:
                sums[labels].append(cell)
    return dict(sums)


def tauargus(
    folder: Path,
    cells: Mapping[Cell, int],
    trees: Mapping[int, Tree] | None = None,
    *,
    taken: Set[Cell] = frozenset(),
) -> Pattern:
    """Suppress a table: small counts, margins too, are unsafe, and so are `taken` ones (of a linked table).

    Protection levels are 2 below (or to zero) and the rest of the threshold above, which asks a little more
    than an interval as wide as the threshold.
    """
    from pytauargus.engine import run_batch
    from pytauargus.result import parse_simple_tab

    trees = trees or {}
    folder.mkdir(parents=True, exist_ok=True)
    width = len(next(iter(cells)))
    names = [f"D{place}" for place in range(width)]
    margins = {labels: sum(cells[cell] for cell in parts) for labels, parts in sums_of(cells, trees).items()}
    lines = [_line(cell, count, 1 + count, taken) for cell, count in cells.items()]
    lines += [_line(cell, count, _MARGIN, taken) for cell, count in margins.items()]
    (folder / "table.tab").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "table.rda").write_text(_metadata(folder, names, trees), encoding="utf-8")
    crossed = "".join(f'"{name}"' for name in names)
    (folder / "batch.arb").write_text(
        f'<OPENTABLEDATA> "table.tab"\n<OPENMETADATA> "table.rda"\n<SPECIFYTABLE> {crossed}|"N"||\n'
        '<SAFETYRULE> MAN(0)\n<READTABLE> 2\n<SUPPRESS> OPT(1)\n<WRITETABLE> (1,5,SO+,"out.tab")\n',
        encoding="utf-8",
    )
    with contextlib.chdir(folder):  # the solver leaves its logs where it is started
        engine = run_batch(folder / "batch.arb")
        widths = [row["max"] - row["min"] for row in engine.audit(0)]
    rows = parse_simple_tab(folder / "out.tab", names, "N")
    hidden = [tuple(str(row[name]) or TOTAL for name in names) for row in rows if row["status"] in ("U", "M")]
    return Pattern(set(hidden), min(widths, default=float("inf")))


def _line(cell: Cell, count: int, cost: int, taken: Set[Cell]) -> str:
    small = 0 < count < THRESHOLD
    below = min(count, 2) if small or cell in taken else 0
    above = THRESHOLD - below if small or cell in taken else 0
    status = "U" if below or above else "S"
    return ";".join([*cell, str(count), str(count), str(cost), status, str(below), str(above)])


def _metadata(folder: Path, names: list[str], trees: Mapping[int, Tree]) -> str:
    lines = ['<SEPARATOR> ";"', '<SAFE> "S"', '<UNSAFE> "U"', '<PROTECT> "P"']
    for place, name in enumerate(names):
        lines += [name, " <RECODEABLE>", f' <TOTCODE> "{TOTAL}"']
        if place in trees:
            parts: dict[str, list[str]] = defaultdict(list)
            for label, above in sorted(trees[place].items()):
                parts[above].append(label)
            told = [
                line
                for above, below in sorted(parts.items())
                for line in (above, *(f"@{one}" for one in below))
            ]
            (folder / f"{name}.hrc").write_text("\n".join(told) + "\n", encoding="utf-8")
            lines += [f' <HIERCODELIST> "{name}.hrc"', ' <HIERLEADSTRING> "@"', " <HIERARCHICAL>"]
    lines += ["N", " <NUMERIC>", "F", " <FREQUENCY>", "C", " <NUMERIC> <COSTVAR>", "ST", " <STATUS>"]
    return "\n".join([*lines, "LO", " <NUMERIC> <LOWERPL>", "UP", " <NUMERIC> <UPPERPL>"]) + "\n"
