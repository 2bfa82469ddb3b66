"""The real traffic accidents of 2017 and 2018, read as they are, and how they are to be protected."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import yaml
from attacks_scene import contract, field

from apertura.contract import Contract

YEARS = (2017, 2018)
FILES = {
    "personas": "Fallecidos y Lesionados",
    "hechos": "Hechos de Transito",
    "vehiculos": "Vehículos Involucrados",
}
KINDS = {
    1: "Colisión",
    2: "Choque",
    3: "Vuelco",
    4: "Caída",
    5: "Atropello",
    6: "Derrape",
    7: "Embarranco",
    8: "Encuneto",
}
SEX = {1: "Hombre", 2: "Mujer"}
DRUNK = {1: "No ebrio", 2: "Ebrio"}
VEHICLES = {
    1: "Automóvil", 2: "Camioneta", 3: "Pick up", 4: "Motocicleta", 5: "Camión", 6: "Cabezal",
    7: "Bus extraurbano", 8: "Jeep", 9: "Microbús", 10: "Taxi", 11: "Panel", 12: "Bus urbano", 13: "Tractor",
    14: "Moto taxi", 15: "Furgón", 16: "Grúa", 17: "Bus escolar", 18: "Bicicleta", 22: "Cuatrimoto",
    23: "Furgoneta",
}  # fmt: skip
GROUPS = {
    VEHICLES[code]: group
    for group, codes in {
        "Liviano": (1, 2, 3, 8, 10, 11),
        "Dos o tres ruedas": (4, 14, 18, 22),
        "Carga": (5, 6, 13, 15, 16, 23),
        "Bus": (7, 9, 12, 17),
    }.items()
    for code in codes
}
OUTCOME = {1: "Fallecido", 2: "Lesionado"}

PRIVACY = """
unit: persona
attacker: Una nota de prensa da fecha, hora, lugar, sexo y edad de quien sufrió el accidente.
tables:
  - kind: microdata
    resource: personas
    quasi_identifiers: [fecha, hora, municipio, sexo, edad, resultado]
    k: 5
    levels: {fecha: 1, municipio: 1, hora: 2, sexo: 0, edad: 3, resultado: 0}
    suppression: {limit: 0.2}
  - kind: microdata
    resource: conductores
    quasi_identifiers: [fecha, hora, municipio, sexo, edad]
    k: 5
    sensitive: [{field: estado, distinct_l: 2, largest_share: 0.9}]
    levels: {fecha: 1, municipio: 1, hora: 2, sexo: 0, edad: 3}
    suppression: {limit: 0.33}
  - kind: microdata
    resource: vehiculos
    quasi_identifiers: [fecha, municipio, tipo]
    k: 5
    levels: {fecha: 1, municipio: 1, tipo: 1}
    suppression: {limit: 0.12}
links:
  - about: fecha del hecho
    columns: {hechos: fecha, personas: fecha, conductores: fecha, vehiculos: fecha}
  - about: hora del hecho
    columns: {hechos: hora, personas: hora, conductores: hora}
  - about: lugar del hecho
    columns: {hechos: municipio, personas: municipio, conductores: municipio, vehiculos: municipio}
"""

FIELDS = """
when: &when
  - &date {name: fecha, type: date, hierarchy: [{to: quarter}, {to: year}]}
  - &hour {name: hora, type: integer,
           hierarchy: [{bands: [0, 6, 12, 18]}, {bands: [0, 12]}, {all: true}]}
  - &place {name: municipio, hierarchy: [{to: department}, {to: region}]}
sex: &sex {name: sexo, hierarchy: [{all: true}]}
age: &age {name: edad, type: integer,
           hierarchy: [{bands: [0, 15, 18, 25, 30, 40, 50, 60]}, {bands: [0, 18, 30, 60]},
                       {bands: [0, 18, 60]}, {bands: [0, 18]}, {all: true}]}
tables:
  hechos: [{name: fecha, type: date}, {name: hora, type: integer}, {name: municipio}, {name: tipo_evento}]
  personas: [*date, *hour, *place, *sex, *age, {name: resultado, hierarchy: [{all: true}]}]
  conductores: [*date, *hour, *place, *sex, *age,
                {name: estado, personal: sensible, access: confidencial, treatment: suppress}]
  vehiculos: [*date, *place, {name: tipo, hierarchy: [{map: GROUPS}, {all: true}]}]
"""


def traffic_contract() -> Contract:
    """Events in full without the vehicles' looks; persons, drivers and vehicles coarse and without a key."""
    tables = yaml.safe_load(FIELDS.replace("GROUPS", json.dumps(GROUPS)))["tables"]
    of_people = {"access": "confidencial", "personal": "personal"}

    def declared(one: dict[str, Any]) -> dict[str, Any]:
        return field(**{**(of_people if one["name"] in ("sexo", "edad", "resultado", "tipo") else {}), **one})

    return contract(
        {name: [declared(one) for one in fields] for name, fields in tables.items()}, yaml.safe_load(PRIVACY)
    )


def _rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    rows = []
    for year in YEARS:
        path = folder / "ine_transito" / f"{year} - {FILES[kind]}.xlsx"
        sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        header = next(lines)
        rows += [dict(zip(header, line, strict=True)) for line in lines]
    return rows


def _when(row: dict[str, Any]) -> dict[str, Any]:
    hour = row["hora_ocu"]
    return {
        "fecha": dt.date(row["año_ocu"], row["mes_ocu"], row["día_ocu"]),
        "hora": None if hour == 99 else hour,
        "municipio": f"{row['mupio_ocu']:04d}",
    }


def _age(row: dict[str, Any]) -> int | None:
    return None if row["edad_per"] == 999 else int(row["edad_per"])


def traffic_tables(folder: Path) -> dict[str, pa.Table]:
    """The raw tables at level 0, unknown codes as missing; `corre` is the source's row number."""
    hechos, personas, vehiculos = (_rows(folder, kind) for kind in ("hechos", "personas", "vehiculos"))
    made = {
        "hechos": [
            _when(row) | {"tipo_evento": KINDS.get(row["tipo_eve"]), "corre": row["núm_corre"]}
            for row in hechos
        ],
        "personas": [
            _when(row)
            | {"sexo": SEX.get(row["sexo_per"]), "edad": _age(row), "resultado": OUTCOME[row["fall_les"]]}
            for row in personas
        ],
        "conductores": [
            _when(row)
            | {"sexo": SEX.get(row["sexo_per"]), "edad": _age(row), "estado": DRUNK.get(row["estado_con"])}
            for row in vehiculos
        ],
        "vehiculos": [
            {name: value for name, value in _when(row).items() if name != "hora"}
            | {"tipo": VEHICLES.get(row["tipo_veh"])}
            for row in vehiculos
        ],
    }
    return {name: pa.Table.from_pylist(rows) for name, rows in made.items()}
