"""SEGEPLAN's ranking of municipal management: formulas with saved values, a used range far past the data."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from apertura_demo.canary import Canaries
from apertura_demo.files import write_once
from apertura_demo.workbooks import Cell, Formula, workbook

NAME = "1. Ranking Municipal - SEGEPLAN.xlsx"
HEADER = (
    "id_municipal", "municipio", "id_dep", "departamento", "segeplan2013", "segeplan2016", "segeplan2018",
    "Promediosegeplan",
)  # fmt: skip
NEW = ("0514", "1021", "1230", "1333", "1714", "1911")
"""Municipalities that are younger than the first measurement."""
_TERRITORY = Path(__file__).resolve().parents[1] / "reference" / "territory"


def rows(seed: int = 1) -> list[list[Cell]]:
    """All 340 municipalities of INE's list, with figures of our own."""
    rng = random.Random(seed)
    with (_TERRITORY / "departments.csv").open(encoding="utf-8", newline="") as lines:
        names = {row["code"]: row["name"] for row in csv.DictReader(lines)}
    with (_TERRITORY / "municipalities.csv").open(encoding="utf-8", newline="") as lines:
        towns = list(csv.DictReader(lines))
    table: list[list[Cell]] = []
    for number, town in enumerate(towns, start=2):
        code = town["code"]
        figures = [
            None if code in NEW and year == 0 else rng.randint(500, 6500) / 10_000 for year in range(3)
        ]
        known = [figure for figure in figures if figure is not None]
        mean = Formula(f"=AVERAGE(E{number}:G{number})", round(sum(known) / len(known), 10))
        table.append([float(int(code)), town["name"], float(int(code[:2])), names[code[:2]], *figures, mean])
    return table


def write(folder: Path, *, seed: int = 1, canaries: Canaries | None = None) -> list[Path]:
    """Write the workbook unless it is there; answers its path. A canary is the workbook's author."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    if not path.exists():
        author = canaries.of("funcionario").person.name if canaries else ""
        table = [list[Cell](HEADER), *rows(seed)]
        write_once(path, workbook({"final": table}, author=author, formatted=["H1000"]))
    return [path]
