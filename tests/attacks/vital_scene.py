"""The real divorces and marriages, read as they are, and the one recoding that protects them in every year.

Spouses resemble each other: in one table whoever knows one half nearly knows the other, and neither l, t nor
the largest share can hold. So a couple is told of in tables without a key: both ages (five-year bands), place
and month, and of each spouse apart schooling, occupation, people and nationality.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyreadstat
import yaml
from attacks_scene import contract, field

from apertura.contract import Contract

PEOPLE = {1: "Maya", 2: "Garífuna", 3: "Xinka", 4: "Ladino", 5: "Otro"}
ETHNIC = {1: "Indígena", 2: "No indígena"}
INDIGENOUS = {
    "Maya": "Indígena", "Garífuna": "Indígena", "Xinka": "Indígena", "Indígena": "Indígena",
    "Ladino": "No indígena", "Otro": "No indígena", "No indígena": "No indígena",
}  # fmt: skip
SCHOOLING = {1: "Ninguno", 2: "Primaria", 3: "Básico", 4: "Diversificado", 5: "Universitario", 6: "Postgrado"}
SCHOOLING_2016 = {
    0: "Ninguno",
    1: "Primaria",
    2: "Básico",
    3: "Diversificado",
    4: "Universitario",
    5: "Postgrado",
}
GROUPS = {
    "Ninguno": "Hasta primaria", "Primaria": "Hasta primaria", "Básico": "Media", "Diversificado": "Media",
    "Universitario": "Superior", "Postgrado": "Superior",
}  # fmt: skip
NATIONS = {"Guatemala": "Guatemala", "América": "Otra", "Otra": "Otra"}
NATION = {320: "Guatemala"} | dict.fromkeys(
    (
        32,
        68,
        76,
        84,
        124,
        152,
        170,
        188,
        192,
        214,
        218,
        222,
        340,
        484,
        558,
        591,
        600,
        604,
        720,
        840,
        858,
        862,
    ),
    "América",
)
WORK = {
    "0": "Formal", "1": "Formal", "2": "Profesional", "3": "Profesional", "4": "Formal", "5": "Formal",
    "6": "Manual", "7": "Manual", "8": "Manual", "9": "Manual",
}  # fmt: skip

PRIVACY = """
unit: pareja
attacker: Uno de los cónyuges conoce toda su propia mitad, el lugar, la fecha y la edad de la otra persona.
tables:
  - kind: microdata
    resource: parejas
    quasi_identifiers: [fecha, edad_hombre, edad_mujer]
    k: 5
    also_against:
      - title: El hombre, que conoce su mitad.
        knows: [fecha, edad_hombre]
        sensitive: [{field: edad_mujer, distinct_l: 2, largest_share: 0.8}]
      - title: La mujer, que conoce su mitad.
        knows: [fecha, edad_mujer]
        sensitive: [{field: edad_hombre, distinct_l: 2, largest_share: 0.8}]
    levels: {fecha: 3, edad_hombre: 1, edad_mujer: 1}
    suppression: {limit: 0.08}
  - {kind: microdata, resource: lugares, quasi_identifiers: [fecha, lugar], k: 5,
     levels: {fecha: 1, lugar: 1}, suppression: {limit: 0.08}}
  - kind: microdata
    resource: estudios
    quasi_identifiers: [fecha, sexo, edad]
    k: 5
    sensitive: [{field: escolaridad, distinct_l: 2, largest_share: 0.8, t: 0.3}]
    also_against: [{title: Quien sabe también sus estudios., knows: [fecha, sexo, edad, escolaridad]}]
    levels: {fecha: 3, sexo: 0, edad: 2, escolaridad: 1}
    suppression: {limit: 0.08}
  - kind: microdata
    resource: ocupaciones
    quasi_identifiers: [fecha]
    k: 5
    sensitive: [{field: ocupacion, distinct_l: 2, largest_share: 0.8, t: 0.3}]
    also_against: [{title: Quien sabe también su ocupación., knows: [fecha, ocupacion]}]
    levels: {fecha: 3, ocupacion: 0}
    suppression: {limit: 0.08}
  - kind: microdata
    resource: pueblos
    quasi_identifiers: [fecha, sexo]
    k: 5
    sensitive: [{field: pueblo, distinct_l: 2, largest_share: 0.8, t: 0.3}]
    also_against: [{title: Quien sabe también su pueblo., knows: [fecha, sexo, pueblo]}]
    levels: {fecha: 3, sexo: 0, pueblo: 1}
    suppression: {limit: 0.08}
  - {kind: microdata, resource: nacionalidades, quasi_identifiers: [fecha, sexo, nacionalidad], k: 5,
     levels: {fecha: 3, sexo: 0, nacionalidad: 0}, suppression: {limit: 0.08}}
links:
  - about: fecha
    columns: {parejas: fecha, lugares: fecha, estudios: fecha, ocupaciones: fecha, pueblos: fecha,
              nacionalidades: fecha}
  - about: edad del hombre
    columns: {parejas: edad_hombre, estudios: edad}
"""
TABLES = ("parejas", "lugares", "estudios", "ocupaciones", "pueblos", "nacionalidades")
AGES = "[{bands: [15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65]}, {bands: [15, 25, 35, 45, 55]}, {all: true}]"
FIELDS = f"""
date: &date {{name: fecha, type: date, hierarchy: [{{to: month}}, {{to: quarter}}, {{to: year}}]}}
sex: &sex {{name: sexo, hierarchy: [{{all: true}}]}}
tables:
  parejas: [*date, {{name: edad_hombre, type: integer, hierarchy: {AGES}}},
            {{name: edad_mujer, type: integer, hierarchy: {AGES}}}]
  lugares: [*date, {{name: lugar, hierarchy: [{{to: department}}, {{to: region}}]}}]
  estudios: [*date, *sex, {{name: edad, type: integer, hierarchy: {AGES}}},
             {{name: escolaridad, hierarchy: [{{map: {json.dumps(GROUPS)}}}]}}]
  ocupaciones: [*date, {{name: ocupacion, hierarchy: [{{map: {json.dumps(WORK)}}}]}}]
  pueblos: [*date, *sex, {{name: pueblo, hierarchy: [{{map: {json.dumps(INDIGENOUS)}}}]}}]
  nacionalidades: [*date, *sex, {{name: nacionalidad, hierarchy: [{{map: {json.dumps(NATIONS)}}}]}}]
"""


def vital_contract() -> Contract:
    """The contract of divorces and of marriages alike."""
    tables = yaml.safe_load(FIELDS)["tables"]
    about_people = {"access": "confidencial", "personal": "personal"}

    def declared(table: str, one: dict[str, Any]) -> dict[str, Any]:
        open_field = one["name"] in ("fecha", "lugar")
        return field(**{**({} if open_field else about_people), **one, "source": f"{table} {one['name']}"})

    return contract(
        {name: [declared(name, one) for one in fields] for name, fields in tables.items()},
        yaml.safe_load(PRIVACY),
    )


def _number(value: Any, unknown: tuple[int, ...]) -> int | None:
    try:
        number = int(float(value))
    except (TypeError, ValueError):
        return None
    return None if number in unknown else number


def _spouse(row: dict[str, Any], sex: str, year: int) -> dict[str, Any]:
    schooling = SCHOOLING_2016 if year == 2016 else SCHOOLING
    people = next((row[name + sex] for name in ("PPER", "PUE") if name + sex in row), None)
    ethnic = row.get("GET" + sex)
    nation = _number(row["NAC" + sex], (9999,))
    work = str(row.get("CIUO" + sex, row.get("OCU" + sex))).split(".")[0]
    work = work.zfill(2) if "CIUO" + sex in row else work.zfill(4)
    known = work[:2].isdigit() and work[:2] not in ("97", "98", "99")
    return {
        "edad": _number(row["EDAD" + sex], (999,)),
        "nacionalidad": None if nation is None else NATION.get(nation, "Otra"),
        "pueblo": ETHNIC.get(_number(ethnic, ())) if people is None else PEOPLE.get(_number(people, ())),
        "escolaridad": schooling.get(_number(row["ESC" + sex], ())),
        "ocupacion": work[0] if known else None,
    }


def read_vital(folder: Path) -> dict[tuple[str, int], dict[str, pa.Table]]:
    """(subject, year) -> raw tables at level 0. Subject and year come from the content, names are opaque."""
    found = {}
    for path in sorted((folder / "ine_vitales").glob("*.sav")):
        frame, _ = pyreadstat.read_sav(str(path), apply_value_formats=False)
        rows = frame.to_dict("records")
        subject = "matrimonios" if "CLAUNI" in frame.columns else "divorcios"
        year = int(min(row["AÑOREG"] for row in rows))
        couples, spouses = [], []
        for row in rows:
            day = dt.date(year, int(row["MESOCU"]), min(int(row["DIAOCU"]), 28))
            husband, wife = (_spouse(row, sex, year) for sex in ("HOM", "MUJ"))
            couples.append(
                {
                    "fecha": day,
                    "lugar": row["MUPOCU"],
                    "edad_hombre": husband["edad"],
                    "edad_mujer": wife["edad"],
                }
            )
            spouses += [{"fecha": day, "sexo": "Hombre", **husband}, {"fecha": day, "sexo": "Mujer", **wife}]
        found[subject, year] = {
            "parejas": _told(couples, "fecha", "edad_hombre", "edad_mujer"),
            "lugares": _told(couples, "fecha", "lugar"),
            "estudios": _told(spouses, "fecha", "sexo", "edad", "escolaridad"),
            "ocupaciones": _told(spouses, "fecha", "ocupacion"),
            "pueblos": _told(spouses, "fecha", "sexo", "pueblo", missing="pueblo"),
            "nacionalidades": _told(spouses, "fecha", "sexo", "nacionalidad"),
        }
    return found


def _told(rows: list[dict[str, Any]], *names: str, missing: str = "") -> pa.Table:
    """Some columns of the rows that tell them all, but for `missing`: others are in no table about it."""
    kept = [{name: row[name] for name in names} for row in rows]
    told = [row for row in kept if all(row[name] is not None for name in names if name != missing)]
    return pa.Table.from_pylist(told)


SUBJECTS = [
    ("divorcios", 2012),
    ("divorcios", 2013),
    ("divorcios", 2016),
    ("divorcios", 2020),
    ("divorcios", 2021),
    ("matrimonios", 2020),
]
"""What the six real files hold."""
