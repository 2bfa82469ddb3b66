"""Divorces and marriages as INE's SPSS files hold them: one row a couple, the columns of each year's own."""

from __future__ import annotations

import random
from collections.abc import Sequence

from apertura import spanish
from apertura_demo.spss import ENCODING, Value, Variable, system_file

MONTHS = tuple(month.capitalize() for month in spanish.MONTHS)
DEPARTMENTS = {1: "Guatemala", 9: "Quetzaltenango"}
TOWNS = {"0101": "Guatemala", "0108": "Mixco", "0901": "Quetzaltenango"}
PEOPLE_OF_TWO = {1: "Indigena", 2: "No indigena", 9: "Ignorado"}
PEOPLE = {1: "Maya", 2: "Garífuna", 3: "Xinka", 4: "Mestizo / Ladino", 5: "Otro", 9: "Ignorado"}
SCHOOLING = {1: "Ninguno", 2: "Primaria", 3: "Básico", 4: "Diversificado", 5: "Universitario", 6: "Postgrado",
             9: "Ignorado"}  # fmt: skip
SCHOOLING_2016 = {0: "Ninguno", 1: "Primaria", 2: "Básica", 3: "Diversificado", 4: "Universitario",
                  5: "Post Grado", 9: "Ignorado"}  # fmt: skip
COUNTRIES = {222: "El Salvador", 320: "Guatemala", 724: "España", 840: "Estados Unidos de América",
             9999: "Ignorado"}  # fmt: skip
REGIMES = {
    1: "Comunidad absoluta",
    2: "Separación absoluta",
    3: "Comunidad de gananciales",
    9: "No especificado",
}
WORK = (21, 41, 52, 61, 71, 83, 91)


def vital_file(subject: str, year: int, seed: int, couples: int, planted: Sequence[str]) -> bytes:
    """A .sav of `divorcios` or `matrimonios` of a year; `planted` texts go into labels and notes."""
    rng = random.Random(f"{seed} {subject} {year}")
    variables = _variables(subject, year)
    told = [text for text in planted if _fits(text)]
    if told:
        names = dict(enumerate(told, start=50))
        variables["DEPREG"] = Variable("DEPREG", label=told[0], labels=DEPARTMENTS | names)
    rows = [_row(rng, subject, year) for _ in range(couples)]
    table = [[row[name] for name in variables] for row in rows]
    notes = told[0] if told else ""
    return system_file(list(variables.values()), table, label=notes[:60], notes=notes[:80])


def _fits(text: str) -> bool:
    """Whether a label or a note can hold the text."""
    return len(text) <= 110 and text == text.encode(ENCODING, "ignore").decode(ENCODING)


def _variables(subject: str, year: int) -> dict[str, Variable]:
    people = {2012: "GET", 2013: "PUE"}.get(year, "PUE" if subject == "matrimonios" else "PPER")
    work = "OCU" if year == 2012 else "CIUO"
    made = [
        Variable("DEPREG", labels=DEPARTMENTS),
        Variable("MUPREG", 8, labels=TOWNS),
        Variable("MESREG", labels=dict(enumerate(MONTHS, start=1))),
        Variable("AÑOREG", label="Año de registro"),
        Variable("DIAOCU", label="Día de ocurrencia"),
        Variable("MESOCU", labels=dict(enumerate(MONTHS, start=1))),
    ]
    if year >= 2016:
        made.append(Variable("AÑOOCU", label="Año de ocurrencia"))
    made += [Variable("DEPOCU", labels=DEPARTMENTS), Variable("MUPOCU", 8, labels=TOWNS)]
    if subject == "matrimonios":
        made += [Variable("CLAUNI", labels=REGIMES), Variable("NUNUHO"), Variable("NUNUMU")]
    schooling = SCHOOLING_2016 if year == 2016 else SCHOOLING
    for spouse in ("HOM", "MUJ"):
        made += [
            Variable(f"EDAD{spouse}", labels={999: "Ignorado"}),
            Variable(f"{people}{spouse}", labels=PEOPLE_OF_TWO if people == "GET" else PEOPLE),
            Variable(f"NAC{spouse}", labels=COUNTRIES),
            Variable(f"ESC{spouse}", labels=schooling),
            Variable(f"{work}{spouse}", 38 if work == "OCU" else 0),
        ]
    return {one.name: one for one in made}


def _row(rng: random.Random, subject: str, year: int) -> dict[str, Value]:
    town = rng.choices(list(TOWNS), (40, 20, 40))[0]
    month = rng.randint(1, 12)
    late = month == 12 and rng.random() < 0.6
    # Few bands and every pair of them: of unlike couples protection would leave a small file nothing.
    ages = {spouse: rng.choice((20, 25, 30)) + rng.randint(0, 4) for spouse in ("HOM", "MUJ")}
    row: dict[str, Value] = {
        "DEPREG": int(town[:2]),
        "MUPREG": town,
        "MESREG": 1 if late else month,
        "AÑOREG": year + late,
        "DIAOCU": rng.randint(1, 28),
        "MESOCU": month,
        "AÑOOCU": year,
        "DEPOCU": int(town[:2]),
        "MUPOCU": town,
        "CLAUNI": rng.choices(list(REGIMES), (1, 2, 96, 1))[0],
        "NUNUHO": rng.choice((1, 1, 2, 9)),
        "NUNUMU": rng.choice((1, 1, 2, 9)),
    }
    for spouse, age in ages.items():
        unknown = subject == "divorcios" and rng.random() < 0.25
        row |= {f"{name}{spouse}": value for name, value in _told(rng, year, unknown, age).items()}
    return row


def _told(rng: random.Random, year: int, unknown: bool, age: int) -> dict[str, Value]:
    """What a file says of one spouse; codes moved by one in 2016, occupations have four digits in 2012."""
    schooling = rng.choices((1, 2, 3, 4, 5, 6), (8, 22, 15, 30, 23, 2))[0]
    people = rng.choices((1, 4, 5), (30, 60, 10))[0]
    work = rng.choice(WORK)
    return {
        "EDAD": 999 if unknown else age,
        "GET": 9 if unknown else 1 + (people != 1),
        "PUE": 9 if unknown else people,
        "PPER": 9 if unknown else people,
        "NAC": rng.choices((320, 222, 840, 724, 9999), (84, 4, 4, 5, 3))[0],
        "ESC": 9 if unknown else schooling - (year == 2016),
        "CIUO": 99 if unknown else work,
        "OCU": "9999" if unknown else f"{work}12",
    }
