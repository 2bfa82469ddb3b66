"""INE's traffic accidents (workbooks), divorces and marriages (SPSS), as it publishes them.

Everything is a code; unknown is 9, 99, 999 or 9999 by column and, for a model's decade, by year; accented
names of columns; empty sheets after the first; municipalities without their leading zero. The SPSS files have
random names, windows-1252 texts with Ñ in the variables' names, columns renamed over the years, value labels
whose codes changed, and events that are registered a year later.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

from apertura_demo.canary import Canaries, encodings
from apertura_demo.files import write_once
from apertura_demo.ine_vital import vital_file
from apertura_demo.workbooks import Cell, workbook

YEARS = (2017, 2018)
WHEN = ("núm_corre", "año_ocu", "día_ocu", "hora_ocu", "g_hora", "g_hora_5", "mes_ocu", "día_sem_ocu",
        "mupio_ocu", "depto_ocu", "zona_ocu")  # fmt: skip
PERSON = ("sexo_per", "edad_per", "g_edad_80ymás", "g_edad_60ymás", "edad_quinquenales")
VEHICLE = ("tipo_veh", "marca_veh", "color_veh", "modelo_veh", "g_modelo_veh")
HEADERS = {
    "Hechos de Transito": (*WHEN, *VEHICLE, "tipo_eve"),
    "Fallecidos y Lesionados": (*WHEN, *PERSON, "mayor_menor", *VEHICLE, "tipo_eve", "fall_les",
                                "int_o_noint"),
    "Vehículos Involucrados": (*WHEN, *PERSON, "estado_con", "mayor_menor", *VEHICLE, "tipo_eve"),
}  # fmt: skip
"""Part of the file's name -> its header."""
TOWNS = ((101, 55), (108, 25), (115, 12), (501, 8))
"""Few places: a small file that is spread over the country would have nothing left after protection."""

VITAL = {
    "PZrZNHRSBszrytDemoG8VuGha9WbabSm.sav": ("divorcios", 2012),
    "201712041525490jDemoKWMXOZPJq5KpY.sav": ("divorcios", 2013),
    "RESsr1X3WuQcTxhDemoyslBKGtHAXqSrH.sav": ("divorcios", 2016),
    "20210730184315YdDemotyVWNULqHYzwT.sav": ("divorcios", 2020),
    "20210730183005QLDemoFKDwxMZkfk1gT.sav": ("matrimonios", 2020),
}
"""File name, which tells nothing, -> subject and year of occurrence."""


def accidents(kind: str, year: int, seed: int, count: int) -> list[list[Cell]]:
    """`count` rows of one workbook, under its header's names."""
    rng = random.Random(f"{seed} {year} {kind}")
    return [[_row(rng, year, number)[name] for name in HEADERS[kind]] for number in range(1, count + 1)]


def _row(rng: random.Random, year: int, number: int) -> dict[str, Cell]:
    town = rng.choices(*zip(*TOWNS, strict=True))[0]
    hour = rng.choices((6, 7, 12, 17, 18, 19, 20), (10, 15, 10, 20, 20, 20, 5))[0]
    age = rng.choices((rng.randint(18, 59), rng.randint(5, 17), rng.randint(60, 80), 999), (90, 4, 2, 4))[0]
    # Running off the road, a bank and a ditch are told apart since 2018.
    kinds = {1: 45, 2: 12, 3: 4, 4: 4, 5: 35} | ({6: 3, 7: 2, 8: 1} if year >= 2018 else {})
    decade = rng.choices((1, 2, 3, 4, 5, 6 if year < 2018 else 99), (1, 4, 8, 14, 18, 55))[0]
    # Three draws, as ever: of other rows some would be too few to be protected.
    day, month, _ = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1, 7)
    date = dt.date(year, month, day)
    return {
        "núm_corre": number,
        "año_ocu": year,
        "día_ocu": date.day,
        "hora_ocu": hour,
        "g_hora": 1 + hour // 6,
        "g_hora_5": 1 + (hour >= 12) + (hour >= 18),
        "mes_ocu": date.month,
        "día_sem_ocu": date.isoweekday(),
        "mupio_ocu": town,
        "depto_ocu": town // 100,
        "zona_ocu": rng.randint(1, 19) if town == 101 else 99,
        "sexo_per": rng.choices((1, 2, 9), (89, 9, 2))[0],
        "edad_per": age,
        "g_edad_80ymás": 16 if age == 999 else min(15, max(1, age // 5 - 1)),
        "g_edad_60ymás": 12 if age == 999 else min(11, max(1, age // 5 - 1)),
        "edad_quinquenales": 18 if age == 999 else min(17, 1 + age // 5),
        "estado_con": rng.choices((1, 2, 9), (30, 10, 60))[0],
        "mayor_menor": 9 if age == 999 else 1 + (age < 18),
        "tipo_veh": rng.choices((1, 3, 4, 5, 9, 99), (20, 10, 40, 10, 10, 10))[0],
        "marca_veh": rng.choice((69, 6, 67, 999)),
        "color_veh": rng.choice((1, 2, 5, 99)),
        "modelo_veh": 9999 if decade in (6, 99) else 1960 + 10 * decade + rng.randint(0, 8),
        "g_modelo_veh": decade,
        "tipo_eve": rng.choices(list(kinds), list(kinds.values()))[0],
        "fall_les": rng.choices((1, 2), (9, 91))[0],
        "int_o_noint": rng.choice((1, 1, 2, 9)),
    }


def write(
    folder: Path, *, seed: int = 1, rows: int = 1400, couples: int = 300, canaries: Canaries | None = None
) -> list[Path]:
    """Write the workbooks (`rows` rows each) and SPSS files (`couples` rows each) that are not there yet.

    Fake people go where such files have room for them: a workbook's author and its sheets' names and cells,
    labels, titles and notes of the SPSS files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    planted = _planted(canaries)
    author = canaries.of("funcionario").person.name if canaries else ""
    for year in YEARS:
        for kind in HEADERS:
            paths.append(folder / f"{year} - {kind}.xlsx")
            table: list[Sequence[Cell]] = [list(HEADERS[kind]), *accidents(kind, year, seed, rows)]
            sheets: dict[str, Sequence[Sequence[Cell]]] = {"Sheet1": table}
            if year >= 2018:
                sheets |= {"Sheet2": [], author[:30] or "Sheet3": [[text] for text in planted]}
            if not paths[-1].exists():
                write_once(paths[-1], workbook(sheets, author=author))
    for name, (subject, year) in VITAL.items():
        paths.append(folder / name)
        if not paths[-1].exists():
            write_once(paths[-1], vital_file(subject, year, seed, couples, planted))
    return paths


def _planted(canaries: Canaries | None) -> list[str]:
    """Every way of writing a fake official's name and numbers."""
    if canaries is None:
        return []
    official = canaries.of("funcionario")
    values = (official.person.name, official.person.cui, official.email)
    return [text for value in values for text in encodings(value).values()]
