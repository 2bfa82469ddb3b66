"""The gate: what blocks, what warns, what a reasoned exemption lets out, and what is written down of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from quality_scene import contract, field, personal, resource, rows, write_project

from apertura.contract.check import check
from apertura.errors import ContractError, QualityError
from apertura.quality import validate
from apertura.quality.identifiers import TYPES
from apertura.runs.context import Context

REASON = "Es el nombre de una calle, no el de una persona."
Start = Callable[..., Context]
Stored = Callable[[Context], dict[str, Any]]


def repeated(bad: str, count: int, of: int) -> str:
    """A query of `of` rows, `count` of which hold the bad value."""
    return f"SELECT CASE WHEN range < {count} THEN '{bad}' ELSE 'nada ' || range END AS nota FROM range({of})"


def entries(document: dict[str, Any], detector: str) -> list[dict[str, Any]]:
    return [one for one in document["gate"] if one["detector"] == detector]


@pytest.mark.parametrize(
    ("bad", "detector"),
    [
        ("MARIA GARCIA LOPEZ", "name"),
        ("5a. calle 3-45 zona 1", "address"),
        ("placa P-123BCD", "plate"),
        ("pasaporte 123456789", "passport"),
        ("cuenta monetaria 3445123456", "account"),
        ("nacido el 3/5/1980", "birth_date"),
        ("NIT 576937-K", "nit"),
    ],
)
def test_a_column_without_ground_is_blocked(start: Start, stored: Stored, bad: str, detector: str) -> None:
    ctx = start(contract(resource("cosas", field("nota"))), repeated(bad, 30, 100))
    with pytest.raises(QualityError, match=TYPES[detector]) as caught:
        validate(ctx)
    assert bad not in str(caught.value)
    assert "exempt" in str(caught.value.hint)
    (entry,) = entries(stored(ctx), detector)
    assert (entry["evaluated"], entry["hits"], entry["blocked"]) == (100, 30, True)


def test_a_few_names_in_many_texts_do_not_block(start: Start, stored: Stored) -> None:
    ctx = start(contract(resource("cosas", field("nota"))), repeated("MARIA GARCIA LOPEZ", 5, 1000))
    assert validate(ctx).outcome == "done"
    (entry,) = entries(stored(ctx), "name")
    assert (entry["hits"], entry["rank"], entry["blocked"]) == (5, "critical", False)


def test_one_cui_in_many_texts_blocks(start: Start) -> None:
    ctx = start(contract(resource("cosas", field("nota"))), repeated("DPI 1000000020101", 1, 1000))
    with pytest.raises(QualityError, match=TYPES["cui"]):
        validate(ctx)


def test_names_of_schools_are_told_and_do_not_block(start: Start, stored: Stored) -> None:
    column = field("nota", title="Nombre del establecimiento")
    ctx = start(contract(resource("cosas", column)), repeated("MARIA GARCIA LOPEZ", 60, 100))
    assert any(TYPES["name"] in note for note in validate(ctx).notes)
    (entry,) = entries(stored(ctx), "name")
    assert (entry["rank"], entry["blocked"]) == ("warning", False)


def test_a_personal_column_is_kept_for_its_legal_basis_but_no_mobile_with_it(start: Start) -> None:
    basis = {"basis": "oficio-art10-3", "reason": "Directorio de servidores públicos."}
    column = personal("nota", access="publica", treatment="keep", legal_basis=basis)
    ctx = start(contract(resource("cosas", column)), repeated("MARIA GARCIA LOPEZ", 60, 100))
    assert validate(ctx).outcome == "done"
    ctx = start(contract(resource("cosas", column)), repeated("MARIA GARCIA CEL 5512-3456", 1, 100))
    with pytest.raises(QualityError, match=TYPES["phone"]):
        validate(ctx)


def test_a_cui_with_a_wrong_digit_only_warns(start: Start, stored: Stored) -> None:
    ctx = start(contract(resource("cosas", field("nota"))), repeated("DPI 5486 27065 0101", 1, 100))
    assert any(TYPES["cui_doubtful"] in note for note in validate(ctx).notes)
    assert entries(stored(ctx), "cui")[0]["hits"] == 0


def test_codes_of_thirteen_digits_pass_by_chance(start: Start, stored: Stored) -> None:
    code = field("nota", clean=["code_text"], constraints={"pattern": r"\d{13}"})
    # 7400000000000 and on: some pass check digit and territory, as any numbers would.
    codes = "SELECT CAST(7400000000000 + hash(range) % 99999999999 AS VARCHAR) AS nota FROM range(4000)"
    ctx = start(contract(resource("cosas", code)), codes)
    assert validate(ctx).outcome == "done"
    assert 0 < entries(stored(ctx), "cui")[0]["hits"] < 60
    ctx = start(contract(resource("cosas", code)), "SELECT '1000000020101' AS nota FROM range(50)")
    with pytest.raises(QualityError, match=TYPES["cui"]):
        validate(ctx)


@pytest.mark.parametrize("others", ["7400000000000 + hash(range) % 99999999999", "10000000 + range"])
def test_few_numbers_of_thirteen_digits_are_no_chance(start: Start, others: str) -> None:
    code = field("nota", clean=["code_text"], constraints={"pattern": r"\d{8}(\d{5})?"})
    others = f"CAST(CASE WHEN range = 0 THEN 1000000020101 ELSE {others} END AS VARCHAR)"
    ctx = start(contract(resource("cosas", code)), f"SELECT {others} AS nota FROM range(200)")
    with pytest.raises(QualityError, match=TYPES["cui"]):
        validate(ctx)


@pytest.mark.parametrize(("people", "blocks"), [(0, False), (1, False), (2, True)])
def test_among_three_hundred_codes_no_two_cuis_hide(start: Start, people: int, blocks: bool) -> None:
    """The fewest codes of which chance is asked; none of the others passes, their place is none."""
    code = field("nota", clean=["code_text"], constraints={"pattern": r"\d{13}"})
    cuis = "CASE range WHEN 0 THEN '1000000020101' ELSE '1234567890101' END"
    select = f"CASE WHEN range < {people} THEN {cuis} ELSE CAST(7400000009900 + range * 10000 AS VARCHAR) END"
    ctx = start(contract(resource("cosas", code)), f"SELECT {select} AS nota FROM range(300)")
    if blocks:
        with pytest.raises(QualityError, match=TYPES["cui"]):
            validate(ctx)
    else:
        assert validate(ctx).outcome == "done"


def test_a_repeated_code_is_tried_once(start: Start) -> None:
    code = field("nota", clean=["code_text"], constraints={"pattern": r"\d{13}"})
    select = (
        "CASE WHEN range = 0 THEN '1000000020101' ELSE CAST(7400000009900 + range % 9 * 10000 AS VARCHAR) END"
    )
    with pytest.raises(QualityError, match=TYPES["cui"]):
        validate(start(contract(resource("cosas", code)), f"SELECT {select} AS nota FROM range(5000)"))


def test_codes_of_eight_digits_are_no_measure_of_chance(start: Start) -> None:
    code = field("nota", clean=["code_text"], constraints={"pattern": r"\d{8}(\d{5})?"})
    codes = "CAST(CASE WHEN range < 20 THEN 1000000020101 ELSE 10000000 + range END AS VARCHAR)"
    ctx = start(contract(resource("cosas", code)), f"SELECT {codes} AS nota FROM range(9000)")
    with pytest.raises(QualityError, match=TYPES["cui"]):
        validate(ctx)


def test_of_numbers_with_an_owner_no_more_than_five_pass_in_any_table(start: Start) -> None:
    table = contract(resource("cosas", field("nota")))
    assert validate(start(table, repeated("NIT 576937-K", 5, 20_000))).outcome == "done"
    with pytest.raises(QualityError, match=TYPES["nit"]):
        validate(start(table, repeated("NIT 576937-K", 6, 20_000)))


def test_a_description_does_not_make_a_column_one_of_things(start: Start) -> None:
    column = field("nota", title="Observaciones", description="Lo que anota cada línea de la unidad.")
    with pytest.raises(QualityError, match=TYPES["name"]):
        validate(start(contract(resource("cosas", column)), repeated("MARIA GARCIA LOPEZ", 60, 100)))


def test_a_legal_basis_for_a_name_is_none_for_a_passport(start: Start) -> None:
    basis = {"basis": "oficio-art10-3", "reason": "Directorio de servidores públicos."}
    column = personal("nota", access="publica", treatment="keep", legal_basis=basis)
    select = repeated("pasaporte 123456789", 60, 100)
    with pytest.raises(QualityError, match=TYPES["passport"]):
        validate(start(contract(resource("cosas", column)), select))
    named = personal("nota", title="Pasaporte", access="publica", treatment="keep", legal_basis=basis)
    assert validate(start(contract(resource("cosas", named)), select)).outcome == "done"


def test_a_reasoned_exemption_lets_out_and_is_written_down(start: Start, stored: Stored) -> None:
    column = field("nota", exempt=[{"detector": "name", "reason": REASON}])
    ctx = start(contract(resource("cosas", column)), repeated("MARIA GARCIA LOPEZ", 60, 100))
    assert validate(ctx).notes == []
    document = stored(ctx)
    (entry,) = entries(document, "name")
    assert (entry["hits"], entry["blocked"], entry["exempt_reason"]) == (60, False, REASON)
    assert TYPES["name"] not in {item["type"] for item in document["expectations"]}


def test_rows_of_legal_persons_keep_their_nit(start: Start, stored: Stored) -> None:
    columns = [
        field("nit", exempt=[{
            "detector": "nit", "reason": "Las sociedades son públicas en el registro mercantil.",
            "rows": {"macro": "is_legal_person", "of": ["proveedor"]},
        }]),
        field("proveedor"),
    ]  # fmt: skip
    firm, individual = "'576937-K', 'CAFETALERA DEL SUR, S.A.'", "'1234567-9', 'TIENDA LA ESQUINA'"
    ctx = start(contract(resource("cosas", *columns)), rows("nit, proveedor", *[firm] * 20))
    assert validate(ctx).outcome == "done"
    (entry,) = [one for one in entries(stored(ctx), "nit") if one["column"] == "nit"]
    assert (entry["evaluated"], entry["hits"], entry["exempt_rows"]) == (0, 0, "is_legal_person")
    ctx = start(contract(resource("cosas", *columns)), rows("nit, proveedor", *[firm] * 20, individual))
    with pytest.raises(QualityError, match=TYPES["nit"]):
        validate(ctx)
    unknown = rows("nit, proveedor", *[firm] * 20, "'1234567-9', NULL")
    with pytest.raises(QualityError, match=TYPES["nit"]):
        validate(start(contract(resource("cosas", *columns)), unknown))


@pytest.mark.parametrize(
    ("exempt", "said"),
    [
        ([{"detector": "cui", "reason": REASON}], "never published in any column"),
        ([{"detector": "dpi", "reason": REASON}], "exempt"),
        ([{"detector": "name", "reason": "porque sí"}], "reason"),
        ([{"detector": "name"}], "reason"),
        ([{"detector": "name", "reason": REASON}] * 2, "exempts one detector twice"),
        (
            [{"detector": "name", "reason": REASON, "rows": {"macro": "is_legal_person", "of": ["otra"]}}],
            "not published",
        ),
        ([{"detector": "name", "reason": REASON, "rows": {"macro": "is_legal_person", "of": []}}], "of"),
    ],
)
def test_unfit_exemptions_are_refused(home: Any, exempt: list[Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        write_project(home, contract(resource("cosas", field("nota", exempt=exempt))))


def test_a_dropped_column_has_nothing_to_exempt(home: Any) -> None:
    dropped = personal("nota", exempt=[{"detector": "name", "reason": REASON}])
    with pytest.raises(ContractError, match="not published"):
        write_project(home, contract(resource("cosas", field("x"), dropped)))


@pytest.mark.parametrize(
    ("macro", "of", "said"),
    [("no_hay_tal", ["nota"], "there is no"), ("is_legal_person", ["nota", "otra"], "gets 2 values")],
)
def test_the_macro_of_exempt_rows_is_checked(home: Any, macro: str, of: list[str], said: str) -> None:
    import datetime as dt

    rule = {"detector": "name", "reason": REASON, "rows": {"macro": macro, "of": of}}
    columns = [field("nota", exempt=[rule]), field("otra")]
    findings = check(write_project(home, contract(resource("cosas", *columns))), dt.date(2026, 6, 1))
    assert any(said in finding.message for finding in findings)


def test_birth_dates_and_coordinates_are_searched_in_their_own_types(start: Start) -> None:
    ctx = start(
        contract(resource("cosas", field("nota", "date", title="Fecha de nacimiento"))),
        "SELECT DATE '1980-05-03' AS nota FROM range(20)",
    )
    with pytest.raises(QualityError, match=TYPES["birth_date"]):
        validate(ctx)
    basis = {"basis": "consentimiento", "reason": "Consentimiento expreso."}
    place = field("latitud", "number", decimal={"precision": 9, "scale": 5})
    name = personal("nota", access="publica", treatment="keep", legal_basis=basis)
    select = "SELECT CAST(14.63491 AS DECIMAL(9, 5)) AS latitud, 'x' AS nota FROM range(20)"
    with pytest.raises(QualityError, match=TYPES["coordinates"]):
        validate(start(contract(resource("cosas", place, name)), select))
    assert validate(start(contract(resource("cosas", place, field("nota"))), select)).outcome == "done"
