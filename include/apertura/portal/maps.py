"""The map of departments: a grid of 22 equal tiles, placed as the departments lie.

A tile shows its name and its figure, small departments as large as big ones; no outline of anybody's is used.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Department:
    """A department's name (INE's), its tile's column and row (both from 0, north-west first)."""

    name: str
    column: int
    row: int


DEPARTMENTS = {
    "01": Department("Guatemala", 3, 3),
    "02": Department("El Progreso", 4, 2),
    "03": Department("Sacatepéquez", 2, 3),
    "04": Department("Chimaltenango", 2, 2),
    "05": Department("Escuintla", 2, 4),
    "06": Department("Santa Rosa", 3, 4),
    "07": Department("Sololá", 1, 3),
    "08": Department("Totonicapán", 1, 2),
    "09": Department("Quetzaltenango", 0, 3),
    "10": Department("Suchitepéquez", 1, 4),
    "11": Department("Retalhuleu", 0, 4),
    "12": Department("San Marcos", 0, 2),
    "13": Department("Huehuetenango", 1, 1),
    "14": Department("Quiché", 2, 1),
    "15": Department("Baja Verapaz", 3, 2),
    "16": Department("Alta Verapaz", 3, 1),
    "17": Department("Petén", 3, 0),
    "18": Department("Izabal", 4, 1),
    "19": Department("Zacapa", 5, 2),
    "20": Department("Chiquimula", 5, 3),
    "21": Department("Jalapa", 4, 3),
    "22": Department("Jutiapa", 4, 4),
}
COLUMNS, ROWS = 6, 5
