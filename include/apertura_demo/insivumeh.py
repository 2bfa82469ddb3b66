"""Daily records of weather stations as INSIVUMEH keeps them: one file wide, one long, with the real quirks.

The wide one has two header rows (code above, name below), days first and padded now and then, markers of
missing values in many shapes, lost decimal points, variable names with stray blanks, one day's row under the
day before, rows at the end without date. The long one has ISO dates and empty cells.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Sequence
from pathlib import Path

from apertura_demo.canary import Canaries
from apertura_demo.files import write_once

WIDE, LONG = "database_dataset.csv", "database_monthly_data_by_station.csv"
STATIONS = (
    ("INS010101CV", "INSIVUMEH"), ("INS160101CV", "COBAN"), ("INS170101CV", "FLORES AEROPUERTO"),
    ("INS-140301", "CHINIQUE"), ("INS041001CV", "SANTA CRUZ BALANYÁ"), ("INS180101CV", "PUERTO BARRIOS PHC"),
    ("PLUVIOMÉT", "NUEVA CONCEPCION"), ("INS090401AT", "PACHUTÉ"), ("INS142201AT", "PLAYA GRANDE IXCAN"),
)  # fmt: skip
"""Code and name in the header of the wide file; one code has lost its end, one is a word, and one says a
municipality that INE does not have."""
VARIABLES = {
    "LLUVIA": (0, 60), "TMAX": (20, 38), "TMIN": (-3, 22), "TMED": (14, 28), "BRILLO SOLAR": (0, 11),
    "RADIACION": (0, 2), "EVA. TANQUE": (0, 9), "EVA. PICHE": (0, 8), "NUBOSIDAD": (0, 8),
    "DIR. VIENTO": (0, 360), "VEL. VIENTO": (0, 40), "HUMEDAD REL.": (30, 98), "PRESION ATM.": (600, 770),
    "TSUELO": (16, 26),
}  # fmt: skip
LONG_VARIABLES = {
    "lluvia": (0, 60), "tmin": (-3, 22), "tseca": (14, 28), "tmax": (20, 38), "eva_tan": (0, 9),
    "eva_piche": (0, 8), "hum_rel": (30, 98), "bri_solar": (0, 11), "nub": (0, 8), "vel_viento": (0, 40),
    "dir_viento": (0, 360), "pre_atmos": (600, 770), "rad_solar": (0, 2), "tsuelo_50": (16, 26),
    "tsuelo_100": (17, 25),
}  # fmt: skip
MARKERS = (
    "-99.9",
    "-99.9",
    "-99.9",
    "-99.9",
    "-99",
    "-100",
    "-99.99",
    "-999",
    "-9.9",
    "NR",
    "R/",
    " vc",
    "#¡DIV/0!",
)
FIRST_WIDE, FIRST_LONG = dt.date(2024, 1, 1), dt.date(2024, 3, 1)
REPEATED = dt.date(2024, 1, 12)
"""The day whose soil temperature stands twice; the next day has none."""


def wide_rows(seed: int = 1, days: int = 30) -> list[list[str]]:
    """Both header rows, a row for each date and variable, three rows of nothing but a marker."""
    rng = random.Random(seed)
    table = [
        [" ", "VARIABLE", *(code for code, _ in STATIONS)],
        ["FECHA", "VARIABLE", *(n for _, n in STATIONS)],
    ]
    for number in range(days):
        day = FIRST_WIDE + dt.timedelta(number)
        for name, (low, high) in VARIABLES.items():
            shown = day - dt.timedelta(1) if name == "TSUELO" and day - dt.timedelta(1) == REPEATED else day
            date = f"{shown.day}/{shown.month}/{shown.year}" if number % 3 else shown.strftime("%d/%m/%Y")
            spelled = {"HUMEDAD REL.": "HUMEDAD REL", "RADIACION": "RADIACION "}.get(name, name)
            cells = [_cell(rng, low, high) for _ in STATIONS]
            table.append([date, spelled if number % 5 == 0 else name, *cells])
    # What a person who types gets wrong: points lost, a wind where clouds belong.
    _set(table, FIRST_WIDE, "TMAX", 2, "362.0")
    _set(table, FIRST_WIDE, "TMIN", 2, "196")
    _set(table, FIRST_WIDE, "NUBOSIDAD", 2, "7180")
    _set(table, FIRST_WIDE, "TMIN", 3, "-2.5")
    _set(table, FIRST_WIDE, "HUMEDAD REL", 3, "-31")
    _set(table, REPEATED, "TSUELO", 2, "19.2")
    for row in table[2:]:
        if row[1] == "TSUELO" and row[0] in (
            f"{REPEATED:%d/%m/%Y}",
            f"{REPEATED.day}/{REPEATED.month}/{REPEATED.year}",
        ):
            row[2] = "19.2" if row[2] == "19.2" else "18.4"
            row[3:] = ["-99.9"] * (len(row) - 3)
    return [*table, *([""] * (1 + len(STATIONS)) + ["-99.9"] for _ in range(3))]


def _cell(rng: random.Random, low: int, high: int) -> str:
    draw = rng.random()
    if draw < 0.4:
        return rng.choice(MARKERS)
    if draw < 0.43:
        return rng.choice(("", " ", "   "))
    return f"{rng.uniform(low, high):.1f}".removesuffix(".0")


def _set(table: list[list[str]], day: dt.date, variable: str, column: int, text: str) -> None:
    for row in table[2:]:
        if row[0] in (f"{day:%d/%m/%Y}", f"{day.day}/{day.month}/{day.year}") and row[1] == variable:
            row[column] = text
            return


def long_rows(seed: int = 1, days: int = 30) -> list[list[str]]:
    """The header and a row for each of four stations and day."""
    rng = random.Random(seed + 1000)
    phenomena = [f"Fenomenos/{number}" for number in range(11)]
    place = ["ID_INSIVUMEH", "Latitud", "Longitud", "Altitud"]
    table = [["fecha", "ID", "Nombre", *LONG_VARIABLES, *phenomena, *place]]
    for code, name in (STATIONS[0], STATIONS[1], ("INS140301CV", "CHINIQUE"), STATIONS[7]):
        long_name = name.replace(" ", "_").replace("É", "E")
        for number in range(days):
            values = [
                "" if rng.random() < 0.5 else f"{rng.uniform(low, high):.1f}"
                for low, high in LONG_VARIABLES.values()
            ]
            seen = [rng.choice(("0.0", "0.0", "1.0")) for _ in phenomena]
            day = (FIRST_LONG + dt.timedelta(number)).isoformat()
            own = f"INSDMCL{code[3:7]}0{code[7:9]}"
            table.append([day, code, long_name, *values, *seen, own, "14.5872", "-90.532679", "1502.0"])
    table[1][13] = "36.666666666666664"  # a mean of directions
    return table


def write(folder: Path, *, seed: int = 1, days: int = 30, canaries: Canaries | None = None) -> list[Path]:
    """Write the two files that are not in `folder` yet; answers their paths. No place for a person."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / WIDE, folder / LONG]
    for path, rows in zip(paths, (wide_rows(seed, days), long_rows(seed, days)), strict=True):
        write_once(path, _csv(rows))
    return paths


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()
