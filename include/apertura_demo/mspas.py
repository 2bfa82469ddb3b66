"""What the Ministry of Health keeps of malnutrition and of deaths by COVID-19: counts, small ones too.

Malnutrition is a workbook with a column for each sex and age band, a blank after one header, numbers for
codes, and one code for two municipalities of one name. Deaths are a CSV with a column for each date, month
first.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from pathlib import Path

from apertura_demo.canary import Canaries
from apertura_demo.files import write_once
from apertura_demo.territory import PLACES, Place, without_accents
from apertura_demo.workbooks import Cell, workbook

MALNUTRITION = "3. Desnutricion.xlsx"
DEATHS = "covid_fallecidos_municipio_2020_archivo_local.csv"
BANDS = (
    "F < 1 mes ", "M < 1 mes", "F 1m a < 2m", "M 1m a < 2m", "F 2m a < 1 a", "M 2m a < 1 a", "F 1a a 4 a",
    "M 1a a 4 a",
)  # fmt: skip
HEADER = (
    "No", "Cod_municipal", "Municipio", "Cod_departamental", "Departamento", "periodo", "Tipo", "Cantidad",
    *BANDS,
)  # fmt: skip
ALIKE = {(12, 2): 109, (17, 2): 509, (10, 7): 1229, (17, 5): 1311}
"""Department and number of municipalities to which the source gives the code of another of that name."""
_MEANS = (0, 0, 8, 8, 25, 25, 60, 60)


def malnutrition_rows(seed: int = 1, towns: int = 2) -> list[list[Cell]]:
    """Municipalities of all departments, two years, both kinds; a few counts are small."""
    rng = random.Random(seed)
    table: list[list[Cell]] = []
    for places in PLACES.values():
        chosen = [*places[:towns], *(p for p in places[towns:] if _alike(p))]
        for place in chosen:
            code = ALIKE.get((place.department, place.number), place.department * 100 + place.number)
            for year in (2018, 2019):
                for kind in ("Aguda", "Crónica"):
                    bands = [round(mean * rng.uniform(0.6, 1.4)) for mean in _MEANS]
                    if place.department % 5 == 0:
                        bands[0] = rng.randint(0, 2)
                    if rng.random() < 0.06:
                        bands = [0, 0, rng.randint(0, 1), 0, 0, 1, 0, rng.randint(0, 2)]
                    table.append(
                        [len(table) + 1.0, float(code), place.name.upper(), float(place.department),
                         place.department_name.upper(), float(year), kind, float(sum(bands)),
                         *map(float, bands)]
                    )  # fmt: skip
    return table


def _alike(place: Place) -> bool:
    return (
        place.department,
        place.number,
    ) in ALIKE or place.department * 100 + place.number in ALIKE.values()


def deaths_rows(seed: int = 1, days: int = 60) -> list[list[str]]:
    """The header, then a few municipalities of six departments; most cells are zero."""
    rng = random.Random(seed)
    dates = [dt.date(2021, 7, 1) + dt.timedelta(number) for number in range(days)]
    names = [f"{day.month}/{day.day}/{day.year}" for day in dates]
    table = [["departamento", "codigo_departamento", "municipio", "codigo_municipio", "poblacion", *names]]
    for department in (1, 4, 9, 13, 17, 20):
        for place in PLACES[department][:4]:
            weight = 8 if place.number < 3 else 1
            counts = [str(rng.randint(0, weight) if rng.random() < 0.3 else 0) for _ in dates]
            table.append([*_named(place), str(rng.randint(10_000, 200_000)), *counts])
    return table


def _named(place: Place) -> list[str]:
    department = without_accents(place.department_name).upper()
    code = str(place.department * 100 + place.number)
    return [department, str(place.department), without_accents(place.name).upper(), code]


def write(folder: Path, *, seed: int = 1, canaries: Canaries | None = None) -> list[Path]:
    """Write the two files that are not in `folder` yet; answers their paths.

    A canary is the workbook's author: the counts have no place for a person.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / MALNUTRITION, folder / DEATHS]
    if not paths[0].exists():
        author = canaries.of("funcionario").person.name if canaries else ""
        write_once(
            paths[0], workbook({"Hoja 1": [list[Cell](HEADER), *malnutrition_rows(seed)]}, author=author)
        )
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(deaths_rows(seed))
    write_once(paths[1], stream.getvalue().encode())
    return paths
