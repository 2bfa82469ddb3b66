"""No published text holds a person's number or address, whatever the contract says of its column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from quality_scene import contract, field, personal, resource, write_project

from apertura.contract import FieldSpec, Resource
from apertura.errors import QualityError
from apertura.quality import expectations_of, validate
from apertura.quality.identifiers import CUI, EMAIL, MOBILE, TYPES, searched
from apertura.runs.context import Context

# column, value, what it is held against in vain (None: the value may be published)
CASES: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "CUI alone": (field("marca"), "1000000020101", CUI),
    "CUI in a text": (field("linea"), "COROLLA DPI 1234 56789 0101 ROJO", CUI),
    "CUI after another number": (field("linea"), "2019 1234-56789-0101", CUI),
    "CUI in a code": (
        field("codigo", clean=["code_text"], constraints={"pattern": r"\d+"}),
        "1000000020101",
        CUI,
    ),
    "CUI as a whole number": (field("numero", "integer"), "1000000020101", CUI),
    "CUI in a measure": (field("monto", "integer", unit="GTQ"), "1000000020101", CUI),
    "CUI as a decimal": (
        field("monto", "number", unit="GTQ", decimal={"precision": 18, "scale": 4}),
        "1000000020101",
        CUI,
    ),
    "amount with cents": (
        field("monto", "number", unit="GTQ", decimal={"precision": 18, "scale": 4}),
        "100000002.0101",
        None,
    ),
    "mobile as a whole number": (field("celular", "integer"), "55123456", MOBILE),
    "NIT as a whole number": (field("nit", "integer"), "395255031", TYPES["nit"]),
    "passport as a whole number": (field("pasaporte", "integer"), "123456789", TYPES["passport"]),
    "account as a whole number": (field("cuenta_bancaria", "integer"), "4455123456", TYPES["account"]),
    "count of people": (field("celulares", "integer", unit="aparatos"), "55123456", None),
    "CUI in an address of the web": (field("enlace"), "http://x.gob.gt/CV%201000000020101.pdf", CUI),
    "CUI in full-width digits": (field("linea"), "DPI １０００００００２０１０１", CUI),
    "e-mail in an address of the web": (field("enlace"), "http://x.gob.gt/ana%40correo.gt", EMAIL),
    "mobile in an address of the web": (field("enlace"), "http://x.gob.gt/CEL%2055123456", MOBILE),
    "code of a product": (field("descripcion"), "Computadora, codigo UNSPSC 43211507", None),
    "file of Guatecompras": (field("enlace"), "http://x.gob.gt/29813743@BASES.pdf", None),
    "wrong check digit": (field("linea"), "5486 27065 0101", None),
    "longer number": (field("linea"), "11234567890101", None),
    "mobile": (field("linea"), "COROLLA CEL 5512-3456", MOBILE),
    "mobile with the country's code": (field("linea"), "LLAMAR +50255123456", MOBILE),
    "bare mobile where people write them": (field("direccion"), "CONTIGUO AL PARQUE 55123456", MOBILE),
    "bare mobile in a column of telephones": (field("contacto"), "55123456", MOBILE),
    "fixed lines": (field("telefono"), "77945104; 22324455", None),
    "model of eight digits": (field("linea"), "40128365", None),
    "model and year": (field("linea"), "RAM 3500 2018", None),
    "code of eight digits": (
        field("codigo_contacto", clean=["code_text"], constraints={"pattern": r"\d{4}-\d{4}"}),
        "3512-3456",
        None,
    ),
    "mobile in a code of whatever form": (
        field("codigo_contacto", clean=["code_text"], constraints={"pattern": ".+"}),
        "3512-3456",
        MOBILE,
    ),
    "mobile in a code of letters and digits": (
        field("codigo_contacto", clean=["code_text"], constraints={"pattern": "[A-Za-z0-9-]{1,40}"}),
        "3512-3456",
        MOBILE,
    ),
    "code of a few letters and digits": (
        field("codigo_contacto", clean=["code_text"], constraints={"pattern": r"([A-Z]{2})?\d{4}-\d{4}"}),
        "3512-3456",
        None,
    ),
    "e-mail": (field("linea"), "COROLLA juan@correo.gt", EMAIL),
    "no e-mail": (field("linea"), "2 @ Q5", None),
    "what the contract lists": (field("x", constraints={"enum": ["a@b.gt", "fijo"]}), "a@b.gt", None),
}


@pytest.mark.parametrize("case", CASES)
def test_published_values_are_searched(start: Callable[..., Context], case: str) -> None:
    column, value, kind = CASES[case]
    kinds = {"integer": "BIGINT", "number": "DECIMAL(18, 4)"}
    made = f"CAST('{value}' AS {kinds.get(column['type'], 'VARCHAR')})"
    ctx = start(contract(resource("cosas", column)), f'SELECT {made} AS "{column["name"]}"')
    if kind is None:
        assert validate(ctx).outcome == "done"
        return
    with pytest.raises(QualityError) as caught:
        validate(ctx)
    assert f"1 critical expectations failed, so nothing is published:\n  cosas.{column['name']}: {kind}" in (
        caught.value.message
    )
    assert "drop it" in str(caught.value.hint)
    assert value not in str(caught.value)


@pytest.mark.parametrize(("count", "said"), [(4, "<5 of 20"), (7, "5 of 20")])
def test_the_count_singles_nobody_out_even_where_no_column_is_personal(
    start: Callable[..., Context], stored: Callable[[Context], dict[str, Any]], count: int, said: str
) -> None:
    select = f"SELECT CASE WHEN range < {count} THEN '1000000020101' ELSE 'x' END AS marca FROM range(20)"
    ctx = start(contract(resource("cosas", field("marca"))), select)
    with pytest.raises(QualityError) as caught:
        validate(ctx)
    assert f"cosas.marca: {CUI} ({said} rows)" in caught.value.message
    failed = [item for item in stored(ctx)["expectations"] if not item["success"]]
    assert [(item["type"], item["unexpected"]) for item in failed] == [(CUI, count)]


def test_what_a_treatment_or_a_list_made_is_not_searched(home: Any) -> None:
    columns = [
        personal("p", treatment="pseudonymize", pseudonym={"domain": "table", "form": "cui"}),
        personal("g", "date", treatment="generalize", generalize={"to": "year"}),
        field("lugar", treatment="transient"),
        field("d", source=None, derive={"macro": "department_named", "of": ["lugar"]}),
        field("copia", source=None, derive={"macro": "upper_text", "of": ["lugar"]}),
        field("fecha", "date"),
    ]
    expected = expectations_of(write_project(home, contract(resource("cosas", *columns))))
    assert {item.column for item in expected if item.type in (CUI, MOBILE, EMAIL)} == {"copia"}
    second = [item for item in expected if item.severity != "critical"]
    assert [(item.column, item.type) for item in second] == [("copia", TYPES["cui_doubtful"])]


@pytest.mark.parametrize(
    ("kind", "kinds"), [("string", {"cui", "email", "phone", "name"}), ("integer", {"cui"})]
)
def test_the_lowest_level_of_a_hierarchy_is_the_value_and_is_searched(kind: str, kinds: set[str]) -> None:
    one = FieldSpec(
        name="lugar", title="Lugar", description="Dónde fue.", source="LUGAR", type=kind,
        access="confidencial", personal="personal", treatment="generalize", hierarchy=[{"all": True}],
    )  # fmt: skip
    table = Resource(name="cosas", title="Cosas", description="Cosas.", fields=[one])
    assert kinds <= {rule.detector for rule in searched(table, one)}
