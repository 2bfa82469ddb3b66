"""MINFIN's workbook of municipal revenue, with the quirks of the real one.

Every number is a decimal one, rows repeat their key because the sub-section was left out, codes of
municipalities were looked up by name alone (so two of equal name share one), one row's sums do not agree, two
amounts are negative, one of them by what binary arithmetic left over; one section is written in two ways.
"""

from __future__ import annotations

import random
from pathlib import Path

from apertura_demo.canary import Canaries
from apertura_demo.files import write_once
from apertura_demo.territory import PLACES, Place
from apertura_demo.workbooks import Cell, workbook

NAME = "6. Ejecucion Presupuestaria_ingresos FINAL.xlsx"
SHEET = "INGRESOS 2016 2019"
HEADER = (
    "No", "id_municipal", "Municipio", "id_dep", "Departamento", "Ejercicio", "Codigo clase", "Clase",
    "Codigo seccion", "seccion", "Asignado", "Modificado", "Vigente", "Devengado",
)  # fmt: skip
YEARS = (2016, 2017, 2018)
# class, its name, section, its name, how many rows the section has
SECTIONS = (
    (10000, "INGRESOS TRIBUTARIOS", 10100, "IMPUESTOS DIRECTOS", 1),
    (10000, "INGRESOS TRIBUTARIOS", 10200, "IMPUESTOS INDIRECTOS", 4),
    (11000, "INGRESOS NO TRIBUTARIOS", 11600, "MULTAS", 1),
    (14000, "INGRESOS DE OPERACION", 14200, "VENTA DE SERVICIOS", 2),
    (16000, "TRANSFERENCIAS CORRIENTES", 16200, "DEL SECTOR PÚBLICO", 1),
    (23000, "DISMINUCIÓN DE OTROS ACTIVOS FINANCIEROS", 23400,
     "DISM. DE ACT. DIFERIDOS Y ANTICIPOS A CONTRATISTAS", 1),
)  # fmt: skip
OTHER_SPELLING = "DISMINUCIÓN DE ACTIVOS DIFERIDOS Y ANTICIPOS A CONTRATISTAS"
NOISE = -3.63797880709171e-12
LOOKED_UP = {1202: 109}
"""Municipality -> the code of the first one of that name, which the source gave it."""


def rows(seed: int = 1) -> list[list[Cell]]:
    """The workbook's rows under the header."""
    rng = random.Random(seed)
    table: list[list[Cell]] = []
    towns = [place for department in sorted(PLACES) for place in PLACES[department]]
    for year in YEARS:
        for town in towns:
            for section in SECTIONS:
                for _ in range(section[4]):
                    table.append(_row(rng, len(table) + 1, town, year, section))
    _spoil(table)
    return table


def _row(
    rng: random.Random, number: int, town: Place, year: int, section: tuple[int, str, int, str, int]
) -> list[Cell]:
    code = town.department * 100 + town.number
    cents = rng.randint(0, 500_000_000)
    changed = rng.choice((0, 0, rng.randint(0, 90_000_000)))
    text = OTHER_SPELLING if section[2] == 23400 and year == YEARS[-1] else section[3]
    return [
        float(number),
        float(LOOKED_UP.get(code, code)),
        town.name.upper(),
        float(town.department),
        town.department_name.upper(),
        float(year),
        float(section[0]),
        section[1],
        float(section[2]),
        text,
        cents / 100,
        changed / 100,
        (cents + changed) / 100,
        rng.randint(0, cents + changed) / 100,
    ]


def _spoil(table: list[list[Cell]]) -> None:
    """One row whose sums do not agree, two negative amounts, one with the noise of binary fractions."""
    town = next(row for row in table if row[1] == 102.0 and row[5] == 2017.0)
    town[10:] = [415210442.0, 0.0, 415210000.0, 4889960300.74]
    table[10][13] = NOISE
    table[25][13] = -100.0
    next(row for row in table if row[8] == 11600.0)[13] = 492.190000000006


def write(folder: Path, *, seed: int = 1, canaries: Canaries | None = None) -> list[Path]:
    """Write the workbook unless it is there; answers its path. A canary is the workbook's author."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    if not path.exists():
        author = canaries.of("funcionario").person.name if canaries else ""
        write_once(path, workbook({SHEET: [list(HEADER), *rows(seed)]}, author=author))
    return [path]
