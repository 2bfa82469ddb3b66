"""privacidad.html: the privacy certificate of a release as a page in Spanish that a lawyer can read.

It is made of privacidad.json, the contract's titles and the dated file of legal bases; it tells no figure
that privacidad.json does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from apertura.contract import Contract, Institution
from apertura.publish import page
from apertura.publish.protection import MEASURED, NOTHING
from apertura.spanish import day, number, percent

KIND = "Certificado de privacidad"
LAW = Path("include/reference/legal.yaml")
_UNTOLD = "no se dice"
_SIZES = {
    "1": "Un solo registro",
    "2-4": "De 2 a 4",
    "5-9": "De 5 a 9",
    "10-19": "De 10 a 19",
    "20+": "20 o más",
}
_RISKS = (
    ("unicos", None, "Registros únicos: no hay otro igual en lo que alguien puede saber"),
    ("fiscal", "sobre_el_umbral", "Registros en grupos de menos de 5"),
    ("fiscal", "maximo", "Riesgo del peor registro, si se sabe que la persona está en la tabla"),
    ("fiscal", "medio", "Riesgo medio, si se sabe que la persona está en la tabla"),
    ("periodista", "maximo", "Riesgo del peor registro, si no se sabe que la persona está en la tabla"),
    ("comercial", "medio", "Proporción de registros que se acertarían uniendo toda la tabla con otra"),
)
_EXPLAINED = {
    "enlace": "Toma cada registro original y busca en la tabla publicada a quién podría corresponder.",
    "pocas columnas": "Prueba todas las combinaciones de unas pocas columnas que alguien podría conocer.",
    "personas distintas": "Cuenta de cuántas personas son los registros de cada grupo.",
    "certeza": "Busca si todos los candidatos comparten el dato sensible: entonces no haría falta encontrar "
    "a la persona.",
    "cruce de tablas": "Usa una tabla para buscar personas en otra.",
    "resta entre tablas": "Resta una de otra dos tablas de las mismas personas que callan filas distintas.",
    "resta": "Suma y resta celdas, totales y tablas enlazadas para recuperar los conteos suprimidos.",
    "orden de las filas": "Mira si el orden de las filas repite el del archivo original.",
    "números de fila": "Mira si alguna columna numera las filas del archivo original.",
    "tamaño de los seudónimos": "Busca a quien tiene un número de registros poco común.",
    "diccionario sin clave": "Prueba números posibles para deshacer los seudónimos.",
    "otras versiones": "Compara con todas las versiones anteriores, también las retiradas.",
    "otros conjuntos": "Cruza con otros conjuntos que la institución publica.",
    "otros": "Otras formas de buscar a una persona.",
}


def privacy_page(
    contract: Contract,
    institution: Institution,
    privacy: Mapping[str, Any],
    *,
    home: Path,
    rows: Mapping[str, int],
    version: str,
    taken: str,
) -> bytes:
    """The page as UTF-8 HTML; `privacy` is privacidad.json's document, `rows` the published ones by resource,
    `home` the project's folder (for the texts of the law), `taken` the newest extract's ISO time."""
    body = page.fill(
        "privacy.html",
        privacy=privacy,
        verdict=_verdict(privacy),
        cards=_cards(privacy, rows),
        law=_law(home),
        decision=privacy["decision"] | {"fecha": day(privacy["decision"]["fecha"]),
                                        "revision": day(privacy["decision"]["revision"])},
        tables=_columns(contract, privacy),
        guarantees=_guarantees(contract, privacy),
        risks=_risks(privacy),
        costs=_costs(contract, privacy),
        counts=_counts(privacy),
        attacks=_attacks(privacy),
        prior=privacy.get("publicaciones_anteriores", []),
        accepted=privacy.get("excepciones_aceptadas", []),
        gate=privacy.get("busqueda_de_datos_personales"),
        titles={resource.name: resource.title for resource in contract.resources},
        columns=_titles(contract),
        unit=institution.information_unit,
        day=day,
    )  # fmt: skip
    return page.render(
        contract.title,
        body,
        kind=KIND,
        facts=[
            ("Institución", institution.title),
            ("Versión", version),
            ("Extracto obtenido", day(taken)),
        ],
        files=[
            page.way_home(str(privacy["conjunto"])),
            ("privacidad.json", "Este certificado en JSON"),
            ("calidad.html", "Informe de calidad"),
            ("datapackage.json", "Diccionario de datos (JSON)"),
        ],
        footer="Certificado generado por Apertura junto con los datos; describe solo la versión indicada. "
        "No contiene ningún dato de personas.",
    )


def _titles(contract: Contract) -> dict[tuple[str, str], str]:
    return {
        (resource.name, field.name): field.title or field.name
        for resource in contract.resources
        for field in resource.fields
    }


def _law(home: Path) -> dict[str, Any]:
    """The texts of legal bases, by the word of the contract; without the file only the words are shown."""
    try:
        document = yaml.safe_load((home / LAW).read_text(encoding="utf-8"))
        bases = {str(name): (str(one["law"]), str(one["text"])) for name, one in document["bases"].items()}
        return {
            "bases": bases,
            "date": day(str(document["date"])),
            "checked": bool(document["checked_by_lawyer"]),
            "told": lambda basis: _basis(bases, basis),
        }
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError):
        return {"bases": {}, "date": None, "checked": False, "told": lambda basis: _basis({}, basis)}


def _basis(bases: Mapping[str, tuple[str, str]], basis: Mapping[str, Any]) -> dict[str, str]:
    """Law and text of a stated basis: `oficio-art10-2` is numeral 2 of `oficio-art10-N`."""
    word = str(basis["base"])
    head, _, which = word.rpartition("-")
    law, text = bases.get(word) or bases.get(f"{head}-N") or ("", "")
    stated = basis.get("ley") or law.replace("numeral N", f"numeral {which}")
    return {"ley": stated or word, "texto": "" if basis.get("ley") else text}


def _verdict(privacy: Mapping[str, Any]) -> dict[str, str]:
    """The one line on top. A release exists only when every model holds and every attack failed."""
    columns = [one for table in privacy["recursos"] for one in table["columnas"]]
    personal = [one for one in columns if one["dato_personal"] != "ninguno"]
    if "proteccion" in privacy:
        if privacy.get("excepciones_aceptadas"):
            text = "Protegido, con excepciones que una persona aceptó: se detallan abajo"
            return {"tone": "warn", "text": text}
        if any(one["que"] == "registros originales" for one in privacy["publicaciones_anteriores"]):
            text = "Protegido aquí; hay copias públicas de los registros originales por otra vía"
            return {"tone": "warn", "text": text}
        return {"tone": "good", "text": "Protegido: ningún ataque tuvo éxito"}
    if any(one["publicada"] and one["tratamiento"] == "conservar" for one in personal):
        return {"tone": "plain", "text": "Contiene datos personales que la ley permite publicar"}
    if any(one["publicada"] for one in personal):
        return {"tone": "plain", "text": "Los datos personales se publican transformados"}
    if personal:
        return {"tone": "good", "text": "Los datos personales de la fuente no se publican"}
    return {"tone": "good", "text": "Ninguna columna de la fuente contiene datos personales"}


def _cards(privacy: Mapping[str, Any], rows: Mapping[str, int]) -> list[tuple[str, str, str]]:
    """What, figure, small print."""
    columns = [one for table in privacy["recursos"] for one in table["columnas"]]
    out = sum(not one["publicada"] for one in columns)
    cards = [("Filas publicadas", number(sum(rows.values())),
              f"en {len(rows)} tablas" if len(rows) > 1 else "")]  # fmt: skip
    if out:
        cards.append(("Columnas que no salen", number(out), f"de {number(len(columns))} columnas"))
    if "proteccion" in privacy:
        cards.insert(0, ("Se protege a cada", privacy["proteccion"]["unidad"], "unidad de protección"))
        reached = [one["k"] for table in _records(privacy) for one in table[MEASURED]["alcanzado"]]
        if reached:
            cards.append(("Grupo más pequeño", number(min(reached)), "registros que no se distinguen"))
        tried = privacy["ataques"]
        small = "ninguno tuvo éxito" if not privacy.get("excepciones_aceptadas") else "además de lo aceptado"
        cards.append(("Ataques intentados", number(len(tried)), small))
    return cards


def _records(privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    tables = privacy["proteccion"]["tablas"] if "proteccion" in privacy else []
    return [table for table in tables if table["tipo"] == "registros"]


def _columns(contract: Contract, privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns of each table; those that are published first."""
    titles = _titles(contract)
    result = []
    for table in privacy["recursos"]:
        rows = [
            {
                **one,
                "nombre": titles[(table["recurso"], one["columna"])] if "columna" in one else _source(one),
                "hecho": _done(one),
                "notas": _notes(one),
            }
            for one in table["columnas"]
        ]
        rows.sort(key=lambda row: not row["publicada"])
        result.append({"table": table["recurso"], "rows": rows})
    return result


def _source(column: Mapping[str, Any]) -> str:
    name = column.get("columna_de_origen", column.get("columna_derivada", ""))
    return name if isinstance(name, str) else ", ".join(name)


_DONE = {
    "conservar": "Se conserva",
    "seudonimizar": "Se reemplaza por un seudónimo",
    "generalizar": "Se agrupa",
    "suprimir": "Se suprime donde hace falta",
    "eliminar": "No sale",
    "usar y eliminar": "No sale",
}


def _done(column: Mapping[str, Any]) -> str:
    """What was done to a column, in one line."""
    word = _DONE[column["tratamiento"]]
    if "nivel" in column:
        level = column["nivel"]
        return f"{word}: {level['en_palabras']}" if level["numero"] else f"Sin agrupar: {level['a']}"
    if "generalizacion" in column:
        by = column["generalizacion"]
        told = by["a"] if "a" in by else f"grupos desde {', '.join(map(str, by['desde']))}"
        return f"{word}: {told}"
    return word


def _notes(column: Mapping[str, Any]) -> list[str]:
    """Small print of what was done."""
    notes = [column["papel"]] if "papel" in column else []
    if "nivel" in column:
        level = column["nivel"]
        notes.append(f"nivel {level['numero']} de {level['de']}{', fijo' if level['fijo'] else ''}")
    if "seudonimo" in column:
        one = column["seudonimo"]
        notes += [f"el mismo en: {one['dominio']}", f"cambia: {one['rotacion']}"]
    return notes


def _guarantees(contract: Contract, privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each table and adversary what is asked and what was reached."""
    titles = _titles(contract)
    result = []
    for table in _records(privacy):
        for model, reached in zip(table["modelos"], table[MEASURED]["alcanzado"], strict=True):
            what = "Personas distintas" if table.get("cuenta", "").startswith("Personas") else "Registros"
            rows = [
                (f"{what} que no se distinguen entre sí (k)", f"al menos {model['k']}", str(reached["k"]))
            ]
            for asked, got in zip(model["sensibles"], reached["sensibles"], strict=True):
                rows += _certainty(titles[(table["recurso"], asked["columna"])], asked, got)
            result.append({"table": table["recurso"], "model": model, "reached": reached, "rows": rows})
    return result


def _certainty(title: str, asked: Mapping[str, Any], got: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    name = f"«{title}»"
    rows = []
    if "l_distinta" in asked:
        rows.append((f"Valores distintos de {name} en cada grupo (l)", f"al menos {asked['l_distinta']}",
                     str(got["l_distinta"])))  # fmt: skip
    if "l_entropia" in asked:
        rows.append((f"Diversidad de {name} por entropía (l)", f"al menos {asked['l_entropia']:g}",
                     f"{got['l_entropia']:g}"))  # fmt: skip
    if "mayor_proporcion" in asked:
        rows.append((f"Mayor proporción de un mismo valor de {name}",
                     f"a lo más {percent(asked['mayor_proporcion'])}",
                     percent(got["mayor_proporcion"])))  # fmt: skip
    if "t" in asked:
        worst = [one for one in (got["t_antes_de_suprimir"], got["t_publicada"]) if one is not None]
        rows.append((f"Distancia de {name} a la distribución general (t)", f"a lo más {asked['t']:g}",
                     f"{max(worst):g}"))  # fmt: skip
    return rows


def _risks(privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    result = []
    for table in _records(privacy):
        risk = table[MEASURED]["riesgo"]
        rows = []
        for name, part, label in _RISKS:
            pair = [
                risk[when][name] if part is None else risk[when][name][part] for when in ("antes", "despues")
            ]
            rows.append({"label": label, "before": _share(pair[0]), "after": _share(pair[1])})
        groups = [
            {
                "label": label,
                "before": risk["antes"]["por_tamano"][size],
                "after": risk["despues"]["por_tamano"][size],
            }
            for size, label in _SIZES.items()
        ]
        result.append(
            {
                "table": table["recurso"],
                "rows": rows,
                "groups": groups,
                "least": (risk["antes"]["grupo_menor"], risk["despues"]["grupo_menor"]),
                "small": any(one["before"] is None for one in groups),
            }
        )
    return result


def _share(told: Any) -> str:
    if told is None:
        return _UNTOLD
    if isinstance(told, str):
        return f"más de {percent(float(told.removeprefix('>')))}"
    return percent(float(told))


def _costs(contract: Contract, privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What protection took away: rows, and detail of each column."""
    titles = _titles(contract)
    levels = {
        (table["recurso"], one["columna"]): one["nivel"]["en_palabras"]
        for table in privacy["recursos"]
        for one in table["columnas"]
        if "nivel" in one
    }
    result = []
    for table in _records(privacy):
        name, measured = table["recurso"], table[MEASURED]
        use = measured["utilidad"]
        rows = [
            {
                "column": titles[(name, column)],
                "level": levels.get((name, column), "como en la fuente"),
                "lost": measured["perdida"].get(column),
                "detail": _share(detail),
                "cells": measured["suprimido"].get("celdas", {}).get(column),
            }
            for column, detail in use["detalle_perdido"].items()
        ]
        totals = [(titles[(name, column)], _share(error)) for column, error in use["totales"].items()]
        result.append(
            {
                "table": name,
                "rows": rows,
                "gone": measured["suprimido"],
                "limit": table["supresion"],
                "kept": use["filas_conservadas"],
                "cells": "celdas" in measured["suprimido"],
                "pairs": (use["cruces_de_dos_columnas"]["tablas"],
                          _share(use["cruces_de_dos_columnas"]["error_medio"])),
                "totals": totals,
            }
        )  # fmt: skip
    return result


def _counts(privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    tables = privacy["proteccion"]["tablas"] if "proteccion" in privacy else []
    return [
        {**table, **table[MEASURED], "told": _share(table[MEASURED]["total_conservado"])}
        for table in tables
        if table["tipo"] == "conteos"
    ]


def _attacks(privacy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Attacks by kind, in the order in which they were tried."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in privacy.get("ataques", []):
        groups.setdefault(one["clase"], []).append(one)
    made = []
    for kind, tries in groups.items():
        results = [one["resultado"] for one in tries if one["resultado"] != NOTHING]
        made.append(
            {
                "kind": kind.capitalize(),
                "what": _EXPLAINED.get(kind, ""),
                "tries": len(tries),
                "least": _least(tries),
                "idle": not results,
                "result": results[0] if results else NOTHING,
            }
        )
    return made


def _least(tries: Sequence[Mapping[str, Any]]) -> int | None:
    told = [one["candidatos_minimos"] for one in tries if "candidatos_minimos" in one]
    return min(told) if told else None
