"""Monthly vehicle import files as SAT publishes them, with the quirks of the real ones.

Bars between columns, a blank in front of one header and of every tariff code, an empty last column, days
first, amounts without trailing zeros, exact duplicates (one row per vehicle), no row id; one month is
UTF-8 and the other latin-1.
"""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from apertura_demo.canary import Canaries, encodings
from apertura_demo.files import write_once

HEADER = (
    "Pais de Proveniencia", "Aduana de Ingreso", " Fecha de la Poliza", "Partida Arancelaria",
    "Modelo del Vehiculo", "Marca", "Linea", "Centimetros Cubicos", "Distintivo", "Tipo de Vehiculo",
    "Tipo de Importador", "Tipo Combustible", "Asientos", "Puertas", "Tonelaje", "Valor CIF", "Impuesto",
    "otro",
)  # fmt: skip

COUNTRIES = (
    ("CHINA", 8466), ("INDIA", 5997), ("JAPON", 5992), ("ESTADOS UNIDOS", 3927), ("COREA DEL SUR", 1220),
    ("CANADA", 868), ("MEXICO", 681), ("ESPAÑA", 90),
)  # fmt: skip
PORTS = (
    ("PUERTO QUETZAL", 15698), ("EL CARMEN", 5246), ("TECUN UMAN", 3343), ("PUERTO BARRIOS", 1788),
    ("SANTO TOMAS DE CASTILLA", 1474), ("G8, CENTRALSA", 481), ("LA ERMITA ", 60),
)  # fmt: skip
# make, line, tariff code, cc, class, kind, seats, doors, tonnes, value
MODELS = (
    ("QUETZALMOTO", "QM 150", "8711209000", "150", "LIVIANO", "MOTO", 2, 0, "0", 6200),
    ("QUETZALMOTO", "TAÑE 125 FI", "8711209000", "125", "LIVIANO", "MOTO", 2, 0, "0", 5400),
    ("CEIBA", 'RUTERO 110 5" EXHAUST', "8711209000", "110", "", "MOTO", 2, 0, "0", 4800),
    ("VOLCAN", "PACAYA LE 1.8", "8703236900", "1800", "LIVIANO", "AUTOMOVIL", 5, 4, "0", 41000),
    ("VOLCAN", "TAJUMULCO 4X4", "8703249000", "3500", "LIVIANO", "CAMIONETA", 7, 5, "0", 118000),
    ("IZABAL MOTORS", "RIO DULCE EXTRA CAB", "8704315100", "2700", "LIVIANO", "PICK UP", 2, 4, "1", 69000),
    ("IZABAL MOTORS", "CAÑON 10 TON", "8704229000", "7300", "PESADO", "CAMION", 3, 2, "10", 260000),
    ("PETENERA", "CABEZAL 6X4", "87012000", "", "PESADO", "CABEZAL", 2, 2, "20", 310000),
    ("PETENERA", "MICRO 15", "87021090009999", "2800", "LIVIANO", "MICROBUS", 15, 4, "3.4", 95000),
)
WEIGHTS = (30, 18, 3, 16, 9, 12, 3, 2, 1)

MONTHS = (
    ("web_imp_10082026.txt", dt.date(2026, 7, 8), "utf-8"),
    ("web_imp_09092026.txt", dt.date(2026, 8, 8), "latin-1"),
)
"""File name (date of publication), first policy's date, encoding of each generated month."""


def _amount(cents: int) -> str:
    """A amount as the source writes it: a point, no trailing zeros."""
    return f"{cents / 100:.2f}".rstrip("0").rstrip(".")


def month_rows(seed: int, first: dt.date, rows: int) -> list[list[str]]:
    """`rows` rows of 18 texts; shipments of equal vehicles are exact duplicates, about half of all."""
    rng = random.Random(seed)
    table: list[list[str]] = []
    while len(table) < rows:
        make, line, code, cc, weight, kind, seats, doors, tonnes, value = rng.choices(MODELS, WEIGHTS)[0]
        motorcycle = kind == "MOTO"
        cents = value * 100 + rng.randint(0, value * 20)
        row = [
            rng.choices(*zip(*COUNTRIES, strict=True))[0],
            rng.choices(*zip(*PORTS, strict=True))[0],
            (first + dt.timedelta(days=rng.randint(0, 30))).strftime("%d/%m/%Y"),
            f" {code}",
            str(first.year + rng.randint(0, 1) if motorcycle else rng.randint(2001, first.year)),
            make,
            line,
            cc,
            weight,
            kind,
            "DISTRIBUIDOR" if rng.random() < 0.15 else "OCASIONAL",
            "DIESEL" if weight == "PESADO" else rng.choices(("GASOLINA", "OTROS"), (98, 2))[0],
            str(seats),
            str(doors),
            tonnes,
            _amount(cents),
            _amount(cents * 12 // 100),
            "",
        ]
        copies = rng.randint(2, 6) if motorcycle and rng.random() < 0.6 else 1
        table.extend(list(row) for _ in range(min(copies, rows - len(table))))
    return table


def write(folder: Path, *, seed: int = 1, rows: int = 1500, canaries: Canaries | None = None) -> list[Path]:
    """Write the two months (`rows` rows each) that are not in `folder` yet; answers their paths.

    Canaries go where SAT's file has room for a person: the last column, which is declared and dropped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (name, first, encoding) in enumerate(MONTHS):
        path = folder / name
        paths.append(path)
        if path.exists():
            continue
        table = month_rows(seed * 1000 + number, first, rows)
        if canaries:
            _plant(table, canaries, encoding)
        text = "".join("|".join(row) + "\n" for row in [list(HEADER), *table])
        write_once(path, text.encode(encoding))
    return paths


def _plant(table: list[list[str]], canaries: Canaries, encoding: str) -> None:
    official = canaries.of("funcionario")
    texts = [
        text
        for value in (official.person.name, official.person.nit, official.person.cui, official.email)
        for text in encodings(value).values()
    ]
    for row, text in zip(table[:: max(1, len(table) // len(texts))], texts, strict=False):
        row[-1] = text.encode(encoding, "replace").decode(encoding)
