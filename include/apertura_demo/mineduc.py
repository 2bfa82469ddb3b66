"""The directory of upper-secondary schools as MINEDUC's search form exports it: HTML named .xls.

Latin-1, a table inside layout tables, `&nbsp;` for nothing, an empty last row, a footer with the count, an
error alert after the end; one file per department, the capital being the twenty-third.
"""

from __future__ import annotations

import html
import random
from pathlib import Path

from apertura_demo.canary import Canaries, encodings
from apertura_demo.files import write_once
from apertura_demo.people import make_landline, make_mobile, make_person
from apertura_demo.territory import CAPITAL_ZONES, PLACES, without_accents

HEADER = (
    "CODIGO", "DISTRITO", "DEPARTAMENTO", "MUNICIPIO", "ESTABLECIMIENTO", "DIRECCION", "TELEFONO",
    "SUPERVISOR", "DIRECTOR", "NIVEL", "SECTOR", "AREA", "STATUS", "MODALIDAD", "JORNADA", "PLAN",
    "DEPARTAMENTAL",
)  # fmt: skip

# One school type in many spellings, as in the real files.
TYPES = (
    "INSTITUTO NACIONAL DE EDUCACION DIVERSIFICADA",
    "INSTITUTO NACIONAL DE EDUCACIÓN DIVERSIFICADA",
    "INST. NAC. DE EDUC. DIVERSIFICADA",
    "INSTITUTO DE EDUCACION DIVERSIFICADA POR COOPERATIVA DE ENSEÑANZA",
    "COLEGIO PRIVADO MIXTO",
    "COLEGIO MIXTO PARTICULAR",
    "LICEO",
    "ESCUELA NACIONAL DE CIENCIAS COMERCIALES",
)
PATRONS = ('"LA CEIBA"', "EL IZOTE", "MONJA BLANCA", "LAGO DE ATITLÁN", "DOÑA JACARANDA", "SIGLO XXI")
MISSING = ("---", "--", "----", ".", "")

_LAYOUT_HEAD = (
    '<div id="_ctl0_ContentPlaceHolder1_reporte">\r\n\t<TABLE id="TableResumen" cellSpacing="0" width="776">'
    "\r\n\t\t<TR>\r\n\t\t\t<TD>\r\n\t\t\t\t<center>\r\n&nbsp;</center>\r\n<center>\r\n"
    '\t\t<table cellspacing="0" rules="all" border="1" id="_ctl0_ContentPlaceHolder1_dgResultado">\r\n'
    '\t<tr align="center" valign="middle" style="background-color:LightSteelBlue;">\r\n\t\t'
)
_LAYOUT_TAIL = (
    '\r\n\t</tr>\r\n</table>\r\n\t\t<span id="_ctl0_ContentPlaceHolder1_lblPie1" style="font-weight:bold;">'
    "{count} Establecimientos encontrados</span>&nbsp;</center>\r\n\t\t\t</TD>\r\n\t\t</TR>\r\n\t</TABLE>\r\n"
    "</div>{planted}<script>alert('Ocurrió un error!\\n Thread was being aborted.')</script>"
)


def files() -> dict[str, int]:
    """File name -> department number; 0 is the capital."""
    names = {without_accents(PLACES[d][0].department_name).upper() + ".xls": d for d in PLACES}
    return dict(sorted({**names, "CIUDAD CAPITAL.xls": 0}.items()))


def _phones(rng: random.Random) -> str:
    """A cell with none, one or several telephones, fixed or mobile, as people type them."""
    fixed, other, mobile = make_landline(rng), make_landline(rng), make_mobile(rng)
    return rng.choices(
        (fixed, mobile, f"{fixed}-{other}", f"{fixed}/{mobile}", f"{fixed[:4]}-{fixed[4:]}, {other}",
         f"{mobile} {fixed}", f"(502){mobile}", f"{fixed}-73", ""),
        (40, 30, 5, 6, 3, 4, 2, 3, 7),
    )[0]  # fmt: skip


def _missing_or(rng: random.Random, text: str, share: float) -> str:
    return rng.choice(MISSING) if rng.random() < share else text


def schools(seed: int, department: int, count: int) -> list[list[str]]:
    """`count` schools of a department, 17 texts each; the last is named like its director."""
    rng = random.Random(seed * 100 + department)
    supervisors = [make_person(rng).name for _ in range(4)]
    table = []
    for index in range(count):
        if department == 0:
            zone = rng.choice(CAPITAL_ZONES)
            place = ("CIUDAD CAPITAL", f"ZONA {zone}", f"00-{zone:02d}", "GUATEMALA NORTE")
        else:
            town = rng.choice(PLACES[department])
            direction = "GUATEMALA SUR" if department == 1 else town.department_name.upper()
            code = f"{department:02d}-{town.number:02d}"
            place = (
                without_accents(town.department_name).upper(),
                without_accents(town.name).upper(),
                code,
                direction,
            )
        director = make_person(rng).name
        director = director.upper() if rng.random() < 0.8 else director
        school = f"{rng.choice(TYPES)} {rng.choice(PATRONS)}" if rng.random() < 0.8 else rng.choice(TYPES)
        table.append(
            [
                f"{place[2]}-{index + 1:04d}-46",
                f"{max(department, 1):02d}-{rng.randint(1, 40):03d}",
                place[0],
                place[1],
                director if index == count - 1 else school,
                _missing_or(rng, f"{rng.randint(1, 12)}A. CALLE {rng.randint(1, 20)}-01 ZONA 1", 0.03),
                _phones(rng),
                rng.choice(supervisors).upper(),
                director if index == count - 1 else _missing_or(rng, director, 0.08),
                "DIVERSIFICADO",
                rng.choices(("PRIVADO", "OFICIAL", "COOPERATIVA", "MUNICIPAL"), (84, 11, 3, 2))[0],
                rng.choices(("URBANA", "RURAL", "SIN ESPECIFICAR"), (80, 19, 1))[0],
                rng.choices(("ABIERTA", "CERRADA TEMPORALMENTE", "TEMPORAL TITULOS"), (73, 25, 2))[0],
                rng.choices(("MONOLINGUE", "BILINGUE"), (97, 3))[0],
                rng.choice(("DOBLE", "VESPERTINA", "MATUTINA", "NOCTURNA")),
                rng.choice(("DIARIO(REGULAR)", "FIN DE SEMANA", "SEMIPRESENCIAL (UN DÍA A LA SEMANA)")),
                place[3],
            ]
        )  # fmt: skip
    return table


def page(table: list[list[str]], planted: str = "") -> bytes:
    """The export of one department as bytes: rows, one empty row, the count, the alert."""

    def row(cells: list[str]) -> str:
        return "".join(f"<td>{html.escape(cell, quote=False) or '&nbsp;'}</td>" for cell in cells)

    colours = ("", ' style="background-color:LightGoldenrodYellow;"')
    body = row(list(HEADER))
    for index, cells in enumerate(table):
        body += f"\r\n\t</tr><tr{colours[index % 2]}>\r\n\t\t{row(cells)}"
    body += f'\r\n\t</tr><tr style="background-color:Gold;">\r\n\t\t{row([""] * len(HEADER))}'
    tail = _LAYOUT_TAIL.replace("{count}", str(len(table))).replace("{planted}", planted)
    return (_LAYOUT_HEAD + body + tail).encode("latin-1", "xmlcharrefreplace")


def write(folder: Path, *, seed: int = 1, count: int = 40, canaries: Canaries | None = None) -> list[Path]:
    """Write the 23 files (`count` schools each) that are not in `folder` yet; answers their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, department in files().items():
        path = folder / name
        paths.append(path)
        if not path.exists():
            table = schools(seed, department, count)
            write_once(path, page(table, _plant(table, canaries) if canaries else ""))
    return paths


def _plant(table: list[list[str]], canaries: Canaries) -> str:
    """Put the fake people into `table`; answers what stands outside of it in the page.

    Every way of writing them in the columns that are dropped; their mobiles in the cell of telephones,
    beside a fixed line too; one school that is named like its director.
    """
    director, supervisor = canaries.of("director"), canaries.of("supervisor")
    mobile = director.person.mobile
    names = list(encodings(director.person.name).values())
    others = list(encodings(supervisor.person.name).values())
    phones = [mobile, f"{mobile[:4]}-{mobile[4:]}", f"(502) {mobile[:4]} {mobile[4:]}", f"22550100/{mobile}",
              f"PROF. {director.person.name} {mobile}", f"{supervisor.person.mobile} 77550100"]  # fmt: skip
    for index, cells in enumerate(table[:-1]):
        cells[8] = names[index % len(names)]
        cells[7] = others[index % len(others)]
        if index % 3 == 0:
            cells[6] = phones[index // 3 % len(phones)]
    table[-1][4] = director.person.name.upper()
    table[-1][8] = director.person.name
    return f"<!-- generado por {supervisor.person.name} {supervisor.email} {supervisor.person.cui} -->"
