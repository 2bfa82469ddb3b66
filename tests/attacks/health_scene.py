"""The real counts of malnourished children, and how two linked tables of them are declared."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import yaml
from attacks_scene import contract, counted, field

from apertura.contract import Contract

HOME = Path(__file__).resolve().parents[2]
PRIVACY = """
unit: niña o niño
unpublished_totals: Nadie los tiene.
attacker: Conoce todas las celdas publicadas y los totales.
tables:
  - kind: counts
    resource: municipios
    count: casos
    dimensions: [{field: municipio, role: lugar}, {field: anio}, {field: tipo}]
  - kind: counts
    resource: departamentos
    count: casos
    dimensions: [{field: departamento, role: lugar, level: 1}, {field: anio}, {field: tipo}, {field: sexo},
                 {field: edad}]
roles:
  lugar: {levels: [{to: department}, {to: country}]}
"""


def malnutrition_contract() -> Contract:
    """Totals by municipality; sex and age only by department."""
    return contract(
        {
            "municipios": [field("municipio"), field("anio"), field("tipo"), *counted("casos")],
            "departamentos": [
                field("departamento"), field("anio"), field("tipo"), field("sexo"), field("edad"),
                *counted("casos"),
            ],
        },
        yaml.safe_load(PRIVACY),
    )  # fmt: skip


def _letters(name: str) -> str:
    """A name without case and accents."""
    return unicodedata.normalize("NFKD", name.strip().upper()).encode("ascii", "ignore").decode()


def _towns() -> dict[tuple[str, str], str]:
    """(department's code, municipality's name) -> code of INE."""
    with (HOME / "include/reference/territory/municipalities.csv").open(encoding="utf-8", newline="") as file:
        return {(one["code"][:2], _letters(one["name"])): one["code"] for one in csv.DictReader(file)}


TOWNS = _towns()


def _place(row: dict[str, Any]) -> str:
    """INE's code of a row's municipality. The file gives towns of one name the code of the first of them, so
    that of six the department would be another's: there the name and the department's own code tell."""
    code, department = f"{int(row['Cod_municipal']):04d}", f"{int(row['Cod_departamental']):02d}"
    return code if code[:2] == department else TOWNS[department, _letters(row["Municipio"])]


def malnutrition_tables(folder: Path, departments: set[str] | None = None) -> dict[str, pa.Table]:
    """Both tables, cells that the file repeats added up; of some departments only, when given."""
    [path] = (folder / "mspas").glob("*.xlsx")
    lines = (
        openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True)
    )
    header = [str(name).strip() if name is not None else "" for name in next(lines)]
    bands = [name for name in header if re.match(r"[FM] ", name)]
    places: Counter[tuple[Any, ...]] = Counter()
    parts: Counter[tuple[Any, ...]] = Counter()
    for line in lines:
        row = dict(zip(header, line[: len(header)], strict=True))
        if row["Cod_municipal"] is None:
            continue
        place = _place(row)
        if departments is not None and place[:2] not in departments:
            continue
        when = (str(int(row["periodo"])), row["Tipo"].strip())
        places[place, *when] += int(row["Cantidad"])
        for band in bands:
            parts[place[:2], *when, band[0], band[2:]] += int(row[band])
    return {
        "municipios": pa.Table.from_pylist(
            [
                dict(zip(("municipio", "anio", "tipo"), key, strict=True)) | {"casos": n}
                for key, n in places.items()
            ]
        ),
        "departamentos": pa.Table.from_pylist(
            [
                dict(zip(("departamento", "anio", "tipo", "sexo", "edad"), key, strict=True)) | {"casos": n}
                for key, n in parts.items()
            ]
        ),
    }
