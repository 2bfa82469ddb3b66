"""The catalogue of the justice sector's open datasets: a JSON list of flat objects, every value a text.

Dates are serial numbers of Excel, one address fills the field of every format, some addresses have blanks
around them or inside, titles and descriptions have line breaks, and a few keys are missing here and there.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from apertura_demo.canary import Canaries
from apertura_demo.files import write_once

FILE = "datasheets.json"
LOADED = "43710"
"""2 September 2019, as Excel counts days."""

_UNITS = (
    (
        "Instituto de la Defensa Pública Penal",
        "Departamento de estadística",
        "Acceso a Justicia",
        "idpp.gob.gt",
    ),
    ("Organismo Judicial", "CIDEJ", "Poder Judicial", "oj.gob.gt"),
    ("Organismo Judicial", "CENADOJ", "Pluralismo Juridico", "oj.gob.gt"),
    ("Ministerio público", "Ministerio público", "Género", "mp.gob.gt"),
    ("Procuraduría de los Derechos Humanos", "Ministerio Público", "Derechos Humanos", "pdh.org.gt"),
)
_SUBJECTS = ("Casos ingresados", "Sentencias emitidas", "Personas atendidas", "Resoluciones por mes")
_FORMATS = ("EnlaceWord", "EnlaceExcel", "EnlaceCSV", "EnlaceJson")


def entries(seed: int, count: int) -> list[dict[str, str]]:
    """`count` entries; each 20th has an oddity of its own."""
    rng = random.Random(seed)
    table = []
    for number in range(1, count + 1):
        institution, unit, theme, host = rng.choice(_UNITS)
        subject, year = rng.choice(_SUBJECTS), rng.randint(2012, 2019)
        kind = rng.choices(("pdf", "xls", "html"), (85, 10, 5))[0]
        link = f"http://www.{host}/estadisticas/{number:04d}-{year}.{kind}"
        entry = {
            "id": str(number),
            "Institucion": institution,
            "EnlaceImagen": f"https://imagenes.example/{host}.png",
            "Dependencia": unit,
            "Categoria": theme,
            "Nombre": f"{subject} - Período {year}",
            "Descripcion": f"Documento que recopila {subject.lower()} del año {year}, por departamento ",
            "Enlace1": link,
            **dict.fromkeys(_FORMATS, link),
            "Valoracion": str(rng.choices((4, 3, 2, 5), (88, 9, 2, 1))[0]),
            "Tags": "justicia, datos, guatemala",
            "FechaPublicacion": LOADED,
            "FechaActualizacion": LOADED,
            "Licencia": "Creative Commons Attribution 4.0",
        }
        table.append(_odd(entry, number))
    return table


def _odd(entry: dict[str, str], number: int) -> dict[str, str]:
    """The oddities, at fixed places."""
    if number == 1:
        entry |= {"EnlaceJson": " ", "Comentarios": "Muy útil\npara comparar"}
    elif number == 2:
        entry["Nombre"] = entry["Nombre"].replace(" - ", "\nPolicía Nacional Civil ")
    elif number == 3:
        for key in ("Enlace1", *_FORMATS, "Valoracion"):
            del entry[key]
    elif number == 4:
        link = entry["Enlace1"].replace("estadisticas/", "casos ingresados/") + " "
        entry |= dict.fromkeys(("Enlace1", *_FORMATS), link)
    elif number == 5:
        entry["EnlaceCSV"] = entry["Enlace1"].rpartition(".")[0] + ".csv"
    return entry


def write(folder: Path, *, seed: int = 5, count: int = 60, canaries: Canaries | None = None) -> list[Path]:
    """Write the catalogue unless it is there. It has no people, so nothing is planted."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    write_once(path, json.dumps(entries(seed, count), ensure_ascii=False, indent=4).encode())
    return [path]
