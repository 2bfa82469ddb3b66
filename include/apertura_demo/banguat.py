"""BANGUAT's foreign trade and exchange rate, with the quirks of the real files.

Tariff codes without the zero in front, commas between some thousands, customs offices and a country that no
list has, repeated keys, titles above the header, countries' codes as column names, months as Spanish words,
headings and empty lines between the codes of the tariff.
"""

from __future__ import annotations

import random
from pathlib import Path

from apertura import spanish
from apertura_demo.canary import Canaries
from apertura_demo.files import write_once
from apertura_demo.workbooks import Cell, workbook

IMPORTS = "Importaciones.csv"
BY_COUNTRY = "Importaciones - Pais de origen.xlsx"
CATALOGUE = "Catalogo.xlsx"
EXCHANGE = "Tipo de cambio y tasa de  Interes - Tipo de Cambio Venta.xlsx"
MONTHS = tuple(month.capitalize() for month in spanish.MONTHS)
COUNTRIES = (
    1003, 1005, 1007, 2101, 2102, 2104, 2107, 2208, 2354, 3101, 3102, 3201, 3301, 3503, 3507, 4104, 4107,
    4113, 4116, 4122, 4128, 4132, 4133, 4134, 5113, 5211, 5312, 5341, 5351, 5402, 5404, 5406, 5411, 6002,
    7441, 8001, 8038, 9903,
)  # fmt: skip
CUSTOMS = (2, 11, 15, 29, 31, 34, 106, 108)
# heading, its text, code of ten digits, its text (ours)
TARIFF = (
    ("01.01", "CABALLOS Y ASNOS VIVOS", "0101.21.00.00", "- - De raza"),
    ("01.01", "CABALLOS Y ASNOS VIVOS", "0101.30.00.00", "- Asnos"),
    ("04.02", "LECHE Y NATA", "0402.21.11.00", "- - - En envases"),
    ("09.01", "CAFÉ", "0901.11.10.00", "- - - Pergamino"),
    ("31.03", "ABONOS FOSFATADOS", "3103.11.00.00", "- - Superfosfatos"),
    ("84.71", "MÁQUINAS DE DATOS", "8471.30.00.00", "- Máquinas portátiles"),
    ("87.03", "AUTOMÓVILES", "8703.80.00.00", "- - Otros:\nlos demás"),
    ("87.11", "MOTOCICLETAS", "8711.20.90.00", "- - Otras"),
    ("97.01", "CUADROS", "9701.10.10.00", "- - Pinturas"),
)
UNKNOWN_CODE = "3923100000"


def imports(seed: int = 1, count: int = 1200) -> list[list[str]]:
    """Rows of the CSV file: half a year, codes as numbers, a comma between the thousands of every fourth."""
    rng = random.Random(seed)
    table = []
    for number in range(count):
        code = rng.choice(TARIFF)[2].replace(".", "") if number else UNKNOWN_CODE
        value, weight = rng.randint(0, 2_000_000), rng.randint(0, 90_000)
        row = [
            "2024",
            str(rng.randint(1, 6)),
            code.lstrip("0"),
            "2603" if number == 1 else str(rng.choice(COUNTRIES[:-1])),
            str(rng.choices(CUSTOMS, (20, 15, 15, 10, 10, 10, 10, 5))[0]),
            str(rng.randint(1, 3)),
            f"{value:,}" if number % 4 == 0 else str(value),
            str(weight),
        ]
        table.append(row)
        if number % 40 == 0:
            table.append([*row[:6], str(rng.randint(1, 9000)), "10"])
    return [*table, list(table[-1])]


def by_country(seed: int = 1) -> list[list[Cell]]:
    """The wide sheet: two title rows, the header, newest year first, no cell where nothing was imported."""
    rng = random.Random(seed)
    table: list[list[Cell]] = [["Por país de origen"], ["Importaciones CIF (cifras en US$)"]]
    table.append(["Año", "Mes", "Totales", *COUNTRIES])
    for year in (2023, 2022):
        for month in MONTHS:
            values = [rng.randint(0, 900_000_000) if rng.random() < 0.6 else None for _ in COUNTRIES]
            table.append([year, month, sum(value or 0 for value in values), *values])
    return table


def exchange(seed: int = 1) -> list[list[Cell]]:
    """Months from 1995 to September 2017: two title rows, the header, decimals of several kinds."""
    rng = random.Random(seed)
    table: list[list[Cell]] = [["Tipo de cambio promedio, venta"], ["Quetzales por dólares"]]
    table.append(["Año", "Mes", "Tipo de Cambio"])
    for number in range(273):
        rate = 5.7 + number / 140 + rng.random() / 10
        decimals = 5 if number < 120 else 2 if number > 264 else 15
        table.append([1995 + number // 12, MONTHS[number % 12], round(rate, decimals)])
    return table


def catalogue() -> dict[str, list[list[Cell]]]:
    """The workbook of code lists: only the tariff's sheet is read."""
    sheet: list[list[Cell]] = [["CÓDIGO VII", "\nSAC VII ENMIENDA \n\nEnero 2022\n"]]
    seen: set[str] = set()
    for heading, title, code, text in TARIFF:
        if heading not in seen:
            seen.add(heading)
            # Some headings are numbers in the real file, and blank lines stand between chapters.
            sheet += [[None, f"{len(seen)}.\xa0\xa0PARTE"], [31.03 if heading == "31.03" else heading, title]]
        sheet.append([code, text])
    return {"Aduanas": [["CÓDIGO", "DESCRIPCIÓN"], [2, "Express Aéreo"]], "SAC 7a. E": sheet}


def write(folder: Path, *, seed: int = 1, canaries: Canaries | None = None) -> list[Path]:
    """Write the files that are not in `folder` yet; answers their paths. A canary is their author."""
    folder.mkdir(parents=True, exist_ok=True)
    author = canaries.of("funcionario").person.name if canaries else ""
    header = ["ANYO", "MES", "SAC", "PAIS", "ADUANA", "VIA", "VALOR", "PESO"]
    lines = [
        ",".join(f'"{text}"' if "," in text else text for text in row) for row in [header, *imports(seed)]
    ]
    notes: list[list[Cell]] = [["Nombre", "Tipo de cambio promedio, venta"]]
    content = {
        IMPORTS: "".join(f"{line}\n" for line in lines).encode(),
        BY_COUNTRY: workbook({"Datos": by_country(seed), "Descripción": [["Código", "País"]]}, author=author),
        CATALOGUE: workbook(catalogue(), author=author),
        EXCHANGE: workbook({"Datos": exchange(seed), "Ficha técnica": notes}, author=author),
    }
    for name, data in content.items():
        write_once(folder / name, data)
    return [folder / name for name in content]
