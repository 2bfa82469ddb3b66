"""Procurement as Guatecompras publishes it in OCDS: one bulk file a month, and an index in JSON of them all.

The shape differs file to file (record package, release package, bare releases), quantities are numbers here
and objects there, contacts are officials with names, mailboxes and mobiles, the NIT of individuals is their
CUI, and numbers and names stand in file names, titles and descriptions too.
"""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote

from apertura_demo.canary import Canaries, encodings
from apertura_demo.files import write_once
from apertura_demo.people import Person, make_landline, make_mobile, make_nit, make_person
from apertura_demo.territory import PLACES

MONTHS = ("2026-02", "2026-03", "2026-04")
INDEX = "files"
EXTENSIONS = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_memberOf_extension/master/extension.json",
)
_SUBJECTS = (
    ("Compra de sillas de madera", "goods", "56101504", "Unidad"),
    ("Mantenimiento de caminos rurales", "works", "72141001", "Kilómetro"),
    ("Servicio de vigilancia", "services", "92121504", "Mes"),
)
Json = dict[str, Any]


def party(kind: str, number: str, name: str, type_: str | None, roles: list[str], **more: Any) -> Json:
    """An organization of `parties`."""
    details = {"legalEntityTypeDetail": {"id": "1", "description": type_}} if type_ else {}
    identity = {"id": f"{kind}-{number}", "identifier": {"scheme": kind, "id": number}, "name": name}
    return {**identity, "roles": roles, **({"details": details} if details else {}), **more}


def release(number: int, rng: random.Random, month: str, suppliers: list[Json], official: Person) -> Json:
    """One release: a tender of a municipality and, where there are suppliers, its award."""
    town = rng.choice(PLACES[rng.randint(1, 22)])
    nog, subject = 29_800_000 + number, _SUBJECTS[number % len(_SUBJECTS)]
    date = f"{month}-{1 + number % 28:02d}T11:01:29-06:00"
    name = f"MUNICIPALIDAD DE {town.name.upper()}, {town.department_name.upper()}"
    place = {
        "streetAddress": "1a. Calle 2-14 Zona 1, Edificio Municipal",
        "locality": town.name.upper(),
        "region": town.department_name.upper(),
        "countryName": "GUATEMALA",
    }
    office = {"name": official.name, "email": "compras@muni.gob.gt", "telephone": make_landline(rng)}
    entity = party("GT-CISP", f"1210{number:04d}", name, None, ["buyer"], address=place, contactPoint=office)
    entity["details"] = {
        "level": {"id": "59", "description": "Municipalidad"},
        "entityType": {"id": "6", "description": "Gobiernos Locales"},
        "type": {"id": "1", "description": "Sector Público"},
    }
    unit_name = f"UNIDAD DE COMPRAS {name}"
    unit = party("GT-GCUC", f"{number}-2", unit_name, None, ["buyer"], address=place, memberOf=[
        {"id": entity["id"], "name": name}
    ], contactPoint={"name": unit_name, "email": f"{official.given.split()[0].lower()}@muni.gob.gt",
                     "telephone": make_mobile(rng), "faxNumber": make_mobile(rng)})  # fmt: skip
    unit["additionalContactPoints"] = [{"name": official.name, "telephone": official.mobile}]
    quantity: Any = 100.0 if number % 2 else {"source": "100.0", "parsedValue": 100}
    buyer = {"id": f"GT-NIT-{make_nit(rng)}", "name": name}
    one: Json = {
        "ocid": f"ocds-xqjsxa-{nog}",
        "id": f"GT-NOG-{nog}-T{number:018d}",
        "date": date,
        "publishedDate": date,
        "language": "es",
        "tag": ["tender", "award"] if suppliers else ["tender"],
        "initiationType": "tender",
        "parties": [entity, unit, *suppliers],
        "buyer": buyer,
        "tender": {
            "id": f"GT-NOG-{nog}",
            "title": f"{subject[0].upper()} PARA {town.name.upper()}",
            "status": "complete" if suppliers else "active",
            "statusDetails": "Adjudicado" if suppliers else "Vigente",
            "datePublished": date,
            "procuringEntity": buyer,
            "procurementMethod": "open",
            "procurementMethodDetails": "Licitación Pública (Art. 17 LCE)",
            "mainProcurementCategory": subject[1],
            "submissionMethod": ["electronicSubmission"],
            "tenderPeriod": {"startDate": date},
            "numberOfTenderers": len(suppliers),
            "items": [
                {
                    "id": f"{number:032X}",
                    "description": subject[0],
                    "classification": {"scheme": "UNSPSC", "id": subject[2]},
                    "quantity": quantity,
                    "unit": {"name": subject[3]},
                    "attributes": [
                        {"id": "A", "name": "Características", "value": "Según las bases del evento"}
                    ],
                }
            ],
            "documents": [document(nog, "Proyecto de bases", "BASES DEL EVENTO.pdf", date)],
        },
        "sources": [{"id": "GUATECOMPRAS", "name": "Guatecompras", "url": "https://www.guatecompras.gt"}],
        "dataSegmentation": {"id": month, "criteria": ["añoPublicaciónConvocatoria"]},
    }
    if suppliers:
        won = [{"id": one_["id"], "name": one_["name"]} for one_ in suppliers]
        amount = {"amount": 1000.5 * number, "currency": "GTQ"}
        one["awards"] = [
            {"id": f"A-{nog}", "status": "active", "date": date, "value": amount, "suppliers": won}
        ]
    return one


def document(nog: int, title: str, file: str, date: str) -> Json:
    """A document of a tender; `file` becomes part of its address."""
    url = f"http://www.guatecompras.gt/concursos/files/5963/{nog}@{quote(file)}"
    return {
        "id": hashlib.sha256(file.encode()).hexdigest()[:32].upper(),
        "title": title,
        "url": url,
        "format": "application/pdf",
        "language": "es",
        "datePublished": date,
        "documentTypeDetails": title,
    }


def suppliers_of(number: int, rng: random.Random) -> list[Json]:
    """By turns nobody, a company, an individual with an old NIT, one whose NIT is the CUI, two together."""
    turn, person = number % 5, make_person(rng)
    home = {"streetAddress": person.address, "locality": "GUATEMALA", "region": "GUATEMALA"}
    roles = ["supplier", "tenderer"]
    company = party(
        "GT-NIT", make_nit(rng), f"DISTRIBUIDORA DEL NORTE {number}, S.A.", "Sociedad Anónima", roles
    )
    old = party("GT-NIT", person.nit, person.name.upper(), "Persona individual", roles, address=home)
    new = party("GT-NIT", person.cui, person.name.upper(), None, roles, address=home)
    joint = party("GT-NIT", make_nit(rng), f"CONSORCIO VÍAS {number}", "Consorcio", roles)
    return [[], [company], [old], [new], [joint, new]][turn]


def month_of_releases(month: str, count: int, seed: int) -> list[Json]:
    """The releases of a month, with people's numbers and names where they should not be."""
    rng = random.Random(f"{seed}-{month}")
    first = 1 + MONTHS.index(month) * count
    releases = []
    for number in range(first, first + count):
        official = make_person(rng)
        suppliers = suppliers_of(number, rng)
        one = release(number, rng, month, suppliers, official)
        tender, date = one["tender"], one["date"]
        for supplier in suppliers:
            known = supplier["identifier"]["id"]
            tender["documents"].append(
                document(29_800_000 + number, "Oferta", f"{known} OFERTA {number}.pdf", date)
            )
            tender["items"][0]["description"] += f", según oferta de {known[:-1]}-{known[-1]}"
        if number % 4 == 0:
            tender["documents"].append(
                document(
                    29_800_000 + number, f"Nombramiento de {official.name}", f"CV {official.name}.pdf", date
                )
            )
        releases.append(one)
    return releases


def plant(releases: list[Json], canaries: Canaries) -> None:
    """Put the fake official wherever a release may hold one: contacts, files, titles, texts."""
    official = canaries.of("funcionario")
    ways = list(encodings(official.person.name).values())
    for index, one in enumerate(releases):
        entity, unit = one["parties"][:2]
        entity["contactPoint"] = {
            "name": ways[index % len(ways)],
            "email": official.email,
            "telephone": official.person.mobile,
        }
        unit["additionalContactPoints"] = [
            {"name": official.person.name, "email": official.email, "telephone": official.person.mobile}
        ]
        one["tender"]["contacto"] = official.person.name
        name = official.person.name
        one["tender"]["documents"].append(
            document(1, f"CV de {name}", f"{name} {official.person.cui}.pdf", one["date"])
        )
        one["tender"]["items"][0]["attributes"].append(
            {"id": "B", "name": "Consultas", "value": f"{official.email}, cel. {official.person.mobile}"}
        )


def package(month: str, releases: list[Json]) -> Any:
    """A month's document: each month of the demonstration has another of the shapes there are."""
    around = {
        "uri": f"https://ocds.guatecompras.gt/file/json/{month}",
        "version": "1.1",
        "extensions": list(EXTENSIONS),
        "publishedDate": f"{month}-28T23:22:13-06:00",
        "license": "https://creativecommons.org/licenses/by/4.0",
        "publisher": {"name": "Guatemala - Ministerio de Finanzas Públicas - DGAE"},
    }
    shape = MONTHS.index(month) % 3
    if shape == 0:
        return around | {"releases": releases}
    if shape == 1:
        return around | {"records": [{"ocid": one["ocid"], "compiledRelease": one} for one in releases]}
    return releases


def write(folder: Path, *, seed: int = 8, count: int = 10, canaries: Canaries | None = None) -> list[Path]:
    """Write the months (`count` releases each) that are not in `folder` yet, and the index."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for month in MONTHS:
        releases = month_of_releases(month, count, seed)
        if canaries:
            plant(releases, canaries)
        paths.append(folder / f"{month}.json")
        write_once(paths[-1], json.dumps(package(month, releases), ensure_ascii=False, indent=1).encode())
    write_index(folder)
    return paths


def write_index(folder: Path) -> None:
    """Write the index of the folder's files; those that are not named for a month are of 2026-04."""
    entries = []
    for path in sorted(folder.glob("*.json")):
        month = path.stem if path.stem in MONTHS else "2026-04"
        year, number = month.split("-")
        entries.append(
            {"files": {"json": path.name}, "year": year, "month": str(int(number)), "source": "Guatecompras"}
        )
    write_once(folder / INDEX, json.dumps({"result": entries}).encode())
