"""A contract that could let a person's data out, or publish what nobody decided, is refused."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from apertura.contract import Dataset, load_contract
from apertura.contract.check import check
from apertura.contract.institution import InformationUnit, Institution
from apertura.errors import ContractError

Mutation = Callable[[dict[str, Any]], None]

GOOD: dict[str, Any] = {
    "apertura": 1,
    "institution": "ine",
    "name": "censo",
    "schemaVersion": 1,
    "title": "Censo",
    "description": "Una descripción que dice en más de cincuenta letras qué contiene este conjunto de datos.",
    "keyword": ["población"],
    "theme": "SOCI",
    "accrualPeriodicity": "annual",
    "landingPage": "https://www.ine.gob.gt/",
    "legal_duty": "Decreto 57-2008, artículo 10",
    "release": {
        "decided_by": "Dirección",
        "legal_basis": {"basis": "registro-publico", "reason": "Es público."},
        "date": "2026-01-01",
        "review": "2027-01-01",
        "licence": "sin licencia declarada",
    },
    "source": {"kind": "http", "connection": "ine_http", "files": ["censo.csv"]},
    "reader": {"format": "delimited"},
    "resources": [
        {
            "name": "censo",
            "title": "Censo",
            "description": "Una fila por hogar.",
            "fields": [
                {
                    "name": "hogar",
                    "source": "HOGAR",
                    "title": "Hogar",
                    "description": "Número de hogar.",
                    "access": "publica",
                    "personal": "none",
                    "treatment": "keep",
                },
                {
                    "name": "nombre",
                    "source": "NOMBRE",
                    "access": "confidencial",
                    "personal": "personal",
                    "treatment": "drop",
                },
            ],
        }
    ],
}


def field(contract: dict[str, Any], index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = contract["resources"][0]["fields"][index]
    return found


def write(folder: Path, contract: dict[str, Any]) -> Path:
    path = folder / "censo.yaml"
    path.write_text(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def put(**changes: Any) -> Mutation:
    """Change the first field."""
    return lambda contract: field(contract).update(changes)


def top(**changes: Any) -> Mutation:
    """Change the contract itself."""
    return lambda contract: contract.update(changes)


def without(*path: str | int) -> Mutation:
    def mutate(contract: Any) -> None:
        for step in path[:-1]:
            contract = contract[step]
        del contract[path[-1]]

    return mutate


BASIS = {"basis": "art32-3", "reason": "Excepción."}


def add(*fields: dict[str, Any], **changes: Any) -> Mutation:
    """Add fields to the resource; each is like the first field but for what it says."""

    def mutate(contract: dict[str, Any]) -> None:
        contract["resources"][0]["fields"] += [{**copy.deepcopy(field(contract)), **more} for more in fields]
        contract["resources"][0].update(changes)

    return mutate


def derived(name: str, macro: str, *of: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "source": None, "derive": {"macro": macro, "of": list(of)}, **more}


CONFIDENTIAL = {"access": "confidencial", "personal": "personal", "treatment": "transient"}
HECHOS = {"name": "hechos", "source": "HECHOS", **CONFIDENTIAL, "personal": "sensible"}
DIRECCION = {"name": "direccion", "source": "DIRECCION", **CONFIDENTIAL}
NACIMIENTO = {"name": "nacimiento", "source": "NACIMIENTO", **CONFIDENTIAL}
COUNTED = {"name": "filas", "source": None, "type": "integer", "reshaped": True}
AGE_BANDS = {
    "type": "integer",
    "access": "confidencial",
    "personal": "personal",
    "treatment": "generalize",
    "generalize": {"bands": [0, 18]},
}


def layouts(contract: dict[str, Any]) -> None:
    contract["layouts"] = [{"name": "viejo"}, {"name": "nuevo"}]


def two(*mutations: Mutation) -> Mutation:
    return lambda contract: [mutate(contract) for mutate in mutations] and None


def second_resource(**changes: Any) -> Mutation:
    """A second table with NOMBRE, classed as `changes` say."""

    def mutate(contract: dict[str, Any]) -> None:
        other = copy.deepcopy(contract["resources"][0])
        other["fields"][1].update({"title": "Nombre", "description": "Nombre.", **changes.pop("field", {})})
        contract["resources"].append({**other, "name": "personas", **changes})

    return mutate


PUBLIC = {"access": "publica", "personal": "none", "treatment": "keep"}

REFUSED: dict[str, tuple[Mutation, str]] = {
    "no access class": (without("resources", 0, "fields", 0, "access"), "access"),
    "no personal class": (without("resources", 0, "fields", 0, "personal"), "personal"),
    "no treatment": (without("resources", 0, "fields", 0, "treatment"), "treatment"),
    "a class that is not of the law": (put(access="interna"), "access"),
    "sensible but public": (put(personal="sensible", treatment="drop"), "sensible implies"),
    "sensible kept": (put(personal="sensible", access="confidencial"), "never kept"),
    "confidencial kept": (put(access="confidencial"), "never kept"),
    "reservada kept": (put(access="reservada"), "kept"),
    "reservada without resolution": (put(access="reservada", treatment="drop"), "reserve"),
    "reserved for more than seven years": (
        put(
            access="reservada",
            treatment="drop",
            reserve={"resolution": "R-1", "date": "2026-01-01", "expires": "2034-01-01"},
        ),
        "seven years",
    ),
    "personal kept without basis": (put(personal="personal"), "legal_basis"),
    "a basis that is not of the list": (
        put(personal="personal", legal_basis={"basis": "interes-legitimo", "reason": "Sí."}),
        "basis",
    ),
    "another law without its name": (
        put(personal="personal", legal_basis={"basis": "otra-ley", "reason": "Sí."}),
        "law",
    ),
    "pseudonym without declaration": (put(treatment="pseudonymize"), "pseudonym"),
    "stable pseudonym without reason": (
        put(treatment="pseudonymize", pseudonym={"domain": "table", "form": "nit", "rotation": "stable"}),
        "reason",
    ),
    "group domain without reason": (
        put(treatment="pseudonymize", pseudonym={"domain": "group:g", "form": "nit"}),
        "reason",
    ),
    "rotating pseudonym of a group": (
        put(
            access="confidencial",
            personal="personal",
            treatment="pseudonymize",
            pseudonym={"domain": "group:g", "form": "nit", "rotation": "release", "reason": "Enlace."},
        ),
        "rotate",
    ),
    "generalize without how": (put(treatment="generalize"), "generalize"),
    "falling bands": (put(treatment="generalize", type="integer", generalize={"bands": [18, 5]}), "rising"),
    "published without description": (put(description=None), "description"),
    "neither source nor derive": (put(source=None), "source"),
    "derived from a dropped column": (
        lambda c: c["resources"][0]["fields"].append(
            {
                **field(copy.deepcopy(GOOD)),
                "name": "x",
                "source": None,
                "derive": {"macro": "fold_text", "of": ["nombre"]},
            }
        ),
        "dropped",
    ),
    "field declared twice": (lambda c: c["resources"][0]["fields"].append(copy.deepcopy(field(c))), "twice"),
    "key of a column that is not published": (
        lambda c: c["resources"][0].update(primaryKey=["nombre"]),
        "primaryKey",
    ),
    "exclusion by an unknown column": (
        lambda c: c["resources"][0].update(
            exclude_rows=[{"when": {"field": "edad", "in": ["1"]}, "legal_basis": BASIS}]
        ),
        "edad",
    ),
    "exclusion without legal basis": (
        lambda c: c["resources"][0].update(exclude_rows=[{"when": {"field": "hogar", "in": ["1"]}}]),
        "legal_basis",
    ),
    "pattern that admits every name": (
        lambda c: c["resources"][0].update(
            patterns=[{"pattern": "(?P<x>.*)", "value": "v", "groups": {"x": "fecha"}}]
        ),
        "admits names",
    ),
    "pattern that feeds an undeclared field": (
        lambda c: c["resources"][0].update(
            patterns=[{"pattern": r"(?P<x>\d{4})", "value": "v", "groups": {"x": "fecha"}}]
        ),
        "fecha",
    ),
    "no release decision": (without("release"), "release"),
    "decision without who": (without("release", "decided_by"), "decided_by"),
    "decision without licence statement": (without("release", "licence"), "licence"),
    "review before decision": (lambda c: c["release"].update(review="2025-01-01"), "review"),
    "thin description": (top(description="Corta."), "description"),
    "unknown key": (top(licencia="MIT"), "licencia"),
    "unknown version of the contract": (top(apertura=2), "apertura"),
    "absolute path of a file": (lambda c: c["source"].update(files=["/etc/passwd"]), "relative"),
    "host in a file's path": (
        lambda c: c["source"].update(files=["https://elsewhere.test/x.csv"]),
        "relative",
    ),
    "path that climbs": (lambda c: c["source"].update(files=["../x.csv"]), "relative"),
    "files and index": (lambda c: c["source"].update(index="./"), "exactly one"),
    "query reader for http": (top(reader={"format": "query"}), "query"),
    "privacy model without a unit": (top(privacy={"attacker": "Un vecino.", "tables": []}), "privacy.unit"),
    "rotating pseudonym on partitions": (
        lambda c: (
            c["source"].update(files=None, index="./"),
            c.update(partitions={"by": "year", "file": r"c(?P<y>\d{4})\.csv", "key": "{y}"}),
            field(c).update(treatment="pseudonymize", pseudonym={"domain": "table", "form": "text"}),
        ),
        "rotate",
    ),
    "a date that is not ISO": (lambda c: c["release"].update(date="01/01/2026"), "YYYY-MM-DD"),
    "empty text kept in a number": (put(type="integer", empty_string="keep"), "empty_string"),
    "a second name for a dropped column": (
        add({"name": "documento", "source": "NOMBRE"}),
        "nombre and documento",
    ),
    "a second name in one of the layouts": (
        two(layouts, add({"name": "documento", "source": {"viejo": "HOGAR_2", "nuevo": "NOMBRE"}})),
        "nombre and documento",
    ),
    "a second name in the same layout": (
        two(
            layouts,
            add(
                {"name": "uno", "source": {"viejo": "A", "nuevo": "B"}},
                {"name": "dos", "source": {"viejo": "C", "nuevo": "B"}},
            ),
        ),
        "uno and dos",
    ),
    "a lighter class in a second table": (
        second_resource(field=PUBLIC),
        "censo.nombre and personas.nombre",
    ),
    "free text under a derived name": (
        add(HECHOS, derived("relato", "upper_text", "hechos")),
        "relato derives from hechos, which is sensible",
    ),
    "sensible text as a confidential step": (
        add(HECHOS, derived("paso", "upper_text", "hechos", **CONFIDENTIAL | {"personal": "sensible"})),
        "paso derives from hechos",
    ),
    "a confidential column under a derived name": (
        add(DIRECCION, derived("lugar", "fold_text", "direccion")),
        "lugar derives from direccion by fold_text, so it is at least access: confidencial and personal",
    ),
    "a personal column kept by law under a derived name": (
        two(
            put(personal="personal", legal_basis=BASIS),
            add(derived("x", "upper_text", "hogar", personal="none", legal_basis=None)),
        ),
        "x derives from hogar by upper_text, so it is at least personal: personal",
    ),
    "a lighter step between": (
        add(
            DIRECCION,
            derived("paso", "fold_text", "direccion", treatment="transient"),
            derived("lugar", "upper_text", "paso"),
        ),
        "paso derives from direccion",
    ),
    "an exact age": (
        add(NACIMIENTO, derived("edad", "age_at", "nacimiento", "hogar", type="integer")),
        "edad derives from nacimiento",
    ),
    "a sensible column before a reshape": (add(HECHOS, reshape=True), "reshape could give it any name"),
    "given by a reshape that is not there": (add(COUNTED), "filas is reshaped"),
    "given by a reshape and by the source": (add({**COUNTED, "source": "N"}, reshape=True), "exactly one of"),
    "given by a reshape, and transient": (
        add({**COUNTED, "treatment": "transient"}, reshape=True),
        "filas is reshaped",
    ),
    "lighter than what the reshape reads": (
        add(DIRECCION, COUNTED, reshape=True),
        "filas derives from direccion by the reshape",
    ),
    "one table read as a query": (
        lambda c: c["resources"][0].update(reader={"format": "query"}),
        "reader: {format: query}",
    ),
    "resource not named like the dataset": (lambda c: c["resources"][0].update(name="otro"), "named like"),
}


def test_the_good_contract_is_good(tmp_path: Path) -> None:
    assert load_contract(write(tmp_path, GOOD)).id == "ine/censo"


ACCEPTED: dict[str, Mutation] = {
    "a place out of a confidential column": add(DIRECCION, derived("d", "department_named", "direccion")),
    "a place out of a sensible column": add(HECHOS, derived("d", "municipality_code", "hechos", "hogar")),
    "an age in bands": add(NACIMIENTO, derived("edad", "age_at", "nacimiento", "hogar", **AGE_BANDS)),
    "a copy that is classed like its origin": add(
        DIRECCION,
        derived("paso", "fold_text", "direccion", **CONFIDENTIAL),
        derived("d", "department_code", "paso"),
    ),
    "a copy of a public column": add(derived("x", "upper_text", "hogar")),
    "one column under two names in two layouts": two(
        layouts,
        add({"name": "a", "source": {"viejo": "A"}}, {"name": "b", "source": {"nuevo": "A"}}),
    ),
    "a second table that drops the column, too": second_resource(),
    "a column of that name in other files": two(
        lambda c: c["resources"][0].update(files="censo"), second_resource(files="obras", field=PUBLIC)
    ),
    "a count that a reshape gives": add(COUNTED, reshape=True),
    "a count beside what it drops": add({**DIRECCION, "treatment": "drop"}, COUNTED, reshape=True),
    "a table read in its own way": lambda c: c["resources"][0].update(reader={"format": "xls", "sheet": "A"}),
    "a sensible column dropped before a reshape": add({**HECHOS, "treatment": "drop"}, reshape=True),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str, tmp_path: Path) -> None:
    contract = copy.deepcopy(GOOD)
    ACCEPTED[case](contract)
    assert load_contract(write(tmp_path, contract)).id == "ine/censo"


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    mutate, word = REFUSED[case]
    contract = copy.deepcopy(GOOD)
    mutate(contract)
    with pytest.raises(ContractError) as caught:
        load_contract(write(tmp_path, contract))
    assert word in caught.value.message
    assert "censo.yaml:" in caught.value.message


def loaded(tmp_path: Path, mutate: Mutation) -> Dataset:
    contract = copy.deepcopy(GOOD)
    mutate(contract)
    path = write(tmp_path, contract)
    (tmp_path / "sql" / "clean").mkdir(parents=True, exist_ok=True)
    (tmp_path / "sql" / "clean" / "trim_text.sql").touch()
    institution = Institution(
        name="ine",
        title="INE",
        homepage="https://www.ine.gob.gt/",
        information_unit=InformationUnit(name="UIP"),
        owner="x",
        schedule="0 5 * * *",
    )
    return Dataset(load_contract(path), institution, tmp_path, path)


TODAY = dt.date(2026, 6, 1)
RESERVED: dict[str, Any] = {"treatment": "drop", "access": "reservada"}

FOUND: dict[str, tuple[Mutation, str, bool]] = {
    "unknown macro": (put(clean=["polish"]), "sql/clean/polish.sql", True),
    "unknown way of writing a date": (put(type="date", format="julian"), "date_julian", True),
    "admit by an unknown macro": (put(admit="landlines_only"), "landlines_only", True),
    "review is overdue": (lambda c: c["release"].update(review="2026-03-01"), "decide again", False),
    "decision in the future": (lambda c: c["release"].update(date="2026-07-01"), "not decided", True),
    "reservation has ended": (
        lambda c: field(c, 1).update(
            **RESERVED, reserve={"resolution": "R", "date": "2025-01-01", "expires": "2026-05-01"}
        ),
        "ended",
        True,
    ),
    "reservation ends in 90 days": (
        lambda c: field(c, 1).update(
            **RESERVED, reserve={"resolution": "R", "date": "2025-01-01", "expires": "2026-08-01"}
        ),
        "ends on",
        False,
    ),
    "reshape without SQL": (
        lambda c: c["resources"][0].update(reshape=True),
        "sql/reshape/ine/censo.sql",
        True,
    ),
    "broken regular expression": (put(constraints={"pattern": "("}), "regular expression", True),
    "bands of a text": (put(treatment="generalize", generalize={"bands": [0, 5]}), "integer", True),
    "month of a text": (put(treatment="generalize", generalize={"to": "month"}), "date", True),
}


@pytest.mark.parametrize("case", FOUND)
def test_found_by_check(case: str, tmp_path: Path) -> None:
    mutate, word, blocks = FOUND[case]
    findings = check(loaded(tmp_path, mutate), TODAY)
    assert [word in finding.message and finding.blocks is blocks for finding in findings] == [True]


def test_nothing_is_found_in_the_good_contract(tmp_path: Path) -> None:
    assert check(loaded(tmp_path, lambda contract: None), TODAY) == []
