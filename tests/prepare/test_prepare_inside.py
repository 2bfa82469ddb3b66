"""People inside a text: pieces become pseudonyms, the rest stays; what cannot be made sure of is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from prepare_scene import MakeContext, column, dataset, document, dropped, everything, run

from apertura.contract import Dataset
from apertura.contract.check import check
from apertura.runs.context import Context
from apertura.settings import Settings

CUI = "1234567890101"
OTHER = "1000000020101"
PSEUDONYM = {"domain": "dataset", "form": "person", "rotation": "stable", "reason": "Prueba."}
BASIS = {"basis": "oficio-art10-11", "reason": "Prueba."}


def text(name: str = "texto", **more: Any) -> dict[str, Any]:
    inside = {
        "macro": "people_in_text",
        "of": ["partes", "nombres", "tipos", "contactos"],
        "pseudonym": PSEUDONYM,
    }
    return column(name, personal="personal", legal_basis=BASIS, inside=inside, **more)


@pytest.fixture
def ctx(make_context: MakeContext, settings: Settings) -> Context:
    """A text beside the parties and contacts of its record."""
    others = [dropped(name) for name in ("partes", "nombres", "tipos", "contactos")]
    identity = column(
        "parte",
        personal="personal",
        legal_basis=BASIS,
        inside={"macro": "people_in_id", "of": ["partes", "nombres", "tipos"], "pseudonym": PSEUDONYM},
    )
    return make_context(dataset(settings.home, [text(), identity, *others]))


HEADER = "texto,parte,partes,nombres,tipos,contactos\n"


def of(ctx: Context, *rows: str) -> list[dict[str, Any]]:
    return run(ctx, HEADER + "".join(f"{row}\n" for row in rows))


def test_a_number_inside_is_replaced_and_the_text_around_it_stays(ctx: Context) -> None:
    (row,) = of(ctx, f"Oferta de {CUI} por sillas,GT-NIT-{CUI},GT-NIT-{CUI},ANA XOL,,")
    found = re.fullmatch(r"Oferta de ([a-p]{32}) por sillas", row["texto"])
    assert found
    assert row["parte"] == f"GT-NIT-{found[1]}", "one person is one pseudonym, in text and identifier alike"
    assert CUI not in everything(ctx)


def test_one_number_written_in_several_ways_is_one_pseudonym(ctx: Context) -> None:
    first, second = of(ctx, f"a {CUI},,,,,", "a 1234 56789 0101,,,,,")
    assert first["texto"] == second["texto"]
    assert re.fullmatch("a [a-p]{32}", first["texto"])


def test_a_firm_keeps_its_number_and_a_person_of_the_same_record_does_not(ctx: Context) -> None:
    parties = '"GT-NIT-6200060\nGT-NIT-12345679","SOL, S.A.\nANA XOL","\n"'
    rows = of(
        ctx,
        f"De 6200060 y 12345679,GT-NIT-6200060,{parties},",
        f"De 1234567-9,GT-NIT-12345679,{parties},",
    )
    firm, person = sorted(rows, key=lambda row: len(row["parte"]))
    assert firm["parte"] == "GT-NIT-6200060"
    assert re.fullmatch(r"De 6200060 y [a-p]{32}", firm["texto"])
    assert re.fullmatch(r"GT-NIT-[a-p]{32}", person["parte"])
    assert re.fullmatch(r"De [a-p]{32}", person["texto"])


def test_a_text_that_names_a_contact_or_anybody_is_refused_and_counted(ctx: Context) -> None:
    rows = of(
        ctx,
        "CV de Xol Tzoc,,,,,ANA XOL TZOC",
        "Contrato de María García Pérez,,,,,",
        "Sillas,,,,,ANA XOL TZOC",
    )
    assert sorted(row["texto"] or "" for row in rows) == ["", "", "Sillas"]
    assert document(ctx, "deidentify")["counts"]["refused"]["prueba"]["texto"] == 2


def test_a_valid_cui_that_no_macro_listed_is_refused_whole(
    make_context: MakeContext, settings: Settings
) -> None:
    inside = {"macro": "people_in_public_id", "pseudonym": PSEUDONYM}
    field = column("texto", personal="personal", legal_basis=BASIS, inside=inside)
    ctx = make_context(dataset(settings.home, [field]))
    rows = run(ctx, f"texto\nfactura {OTHER} pagada\nGT-NIT-6200060\n")
    assert sorted(row["texto"] or "" for row in rows) == ["", "GT-NIT-6200060"]


@pytest.mark.parametrize(
    "left",
    [
        f"http://a.gt/7@CV%20{CUI[:4]}%2D{CUI[4:]}.pdf",
        "http://a.gt/7@CEL%2055%2012%2034%2056.pdf",
        "http://a.gt/7@ana%40correo.gt.pdf",
        "http://a.gt/7@ana@correo.gt.pdf",
        "Escriba a anaxol @correo.com",
        "Escriba a compras@mineco.gob.gt",
        "DPI 7 1234 5678 9 0101",
        "DPI １２３４５６７８９０１０１",
    ],
)
def test_a_text_in_which_the_gate_would_find_somebody_is_refused(ctx: Context, left: str) -> None:
    (row,) = of(ctx, f"{left},,,,,")
    assert not row["texto"]
    assert document(ctx, "deidentify")["counts"]["refused"]["prueba"]["texto"] == 1


def test_a_number_behind_an_escape_is_replaced_and_the_address_stays(ctx: Context) -> None:
    (row,) = of(ctx, f"http://a.gt/29813743@CV%20{CUI}.pdf,,,,,")
    assert re.fullmatch(r"http://a[.]gt/29813743@CV%20[a-p]{32}[.]pdf", row["texto"])


def test_a_bare_mobile_is_refused_where_the_column_is_said_to_hold_them(
    make_context: MakeContext, settings: Settings
) -> None:
    others = [dropped(name) for name in ("partes", "nombres", "tipos", "contactos")]
    ctx = make_context(dataset(settings.home, [text("observaciones"), *others]))
    header = "observaciones,partes,nombres,tipos,contactos\n"
    rows = run(ctx, f"{header}Preguntar al 55123456,,,,\ncodigo UNSPSC 43211507,,,,\n")
    assert sorted(row["observaciones"] or "" for row in rows) == ["", "codigo UNSPSC 43211507"]


def test_what_is_not_there_is_not_refused(ctx: Context) -> None:
    (row,) = of(ctx, "  ,,,,,x")
    assert row["texto"] is None
    assert document(ctx, "deidentify")["counts"]["refused"]["prueba"]["texto"] == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"treatment": "drop"}, "treatment: keep or transient"),
        ({"type": "integer"}, "for a string"),
        (
            {"inside": {"macro": "people_in_text", "of": ["nadie"], "pseudonym": PSEUDONYM}},
            "which has no `source`",
        ),
        ({"inside": {"macro": "people_in_text", "pseudonym": {"domain": "table", "form": "nada"}}}, "form"),
    ],
)
def test_a_contract_cannot_say_it_wrongly(settings: Settings, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        dataset(
            settings.home,
            [text() | {"inside": {"macro": "people_in_text", "pseudonym": PSEUDONYM}} | changes],
        )


def test_a_macro_that_is_not_there_is_found_by_check(
    settings: Settings, make_context: Callable[..., Context]
) -> None:
    made: Dataset = dataset(
        settings.home, [column("texto", inside={"macro": "no_hay_tal", "pseudonym": PSEUDONYM})]
    )
    assert any(
        "no_hay_tal" in one.message for one in check(made, make_context(made).clock().date()) if one.blocks
    )


@pytest.mark.parametrize("nit", ["1234567-9", "1234567 - 9", "576937-K", "576937k"])
def test_the_nit_of_somebody_who_is_no_legal_party_never_stays(ctx: Context, nit: str) -> None:
    """Not the supplier's, who is a firm: the man's whom the text names by his number."""
    (row,) = of(ctx, f"Según el señor con NIT {nit} del lugar,GT-NIT-62000602,GT-NIT-62000602,SOL S.A.,,")
    assert re.fullmatch(r"Según el señor con NIT [a-p]{32} del lugar", row["texto"])
    assert nit not in everything(ctx)


def test_the_nit_of_a_firm_that_is_a_party_stays(ctx: Context) -> None:
    (row,) = of(ctx, 'Factura de NIT 576937-K,GT-NIT-576937K,GT-NIT-576937K,"SOL, S.A.",,')
    assert row["texto"] == "Factura de NIT 576937-K"


def test_a_nit_behind_escapes_of_an_address_refuses_the_whole_of_it(ctx: Context) -> None:
    (row,) = of(ctx, "http://a.gt/7@NIT%20576937%2DK.pdf,GT-NIT-62000602,GT-NIT-62000602,SOL S.A.,,")
    assert row["texto"] is None
