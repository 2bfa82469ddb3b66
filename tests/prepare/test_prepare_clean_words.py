"""Clean with words that take arguments, named sets of missing markers, and answers that are not there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from prepare_scene import MakeContext, column, dataset, document, dropped, give, run, table, transient

from apertura.contract.check import check
from apertura.errors import ToleranceError
from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.runs.context import Context
from apertura.runs.work import get_document
from apertura.settings import Settings

INED = "Instituto Nacional de Educación Diversificada"


def call(macro: str, *arguments: object) -> dict[str, object]:
    """A step with fixed arguments."""
    return {"macro": macro, "with": list(arguments)}


def counts_of(ctx: Context, name: str) -> dict[str, int]:
    """What clean counted of a field."""
    counts: dict[str, int] = document(ctx, "clean")["counts"]["cleaning"]["prueba"][name]
    return counts


def test_a_lost_point_is_put_back_and_counted_as_changed(
    make_context: MakeContext, settings: Settings
) -> None:
    point = column(
        "tmax", type="number", missing=["weather"], clean=["trim_text", call("point_restored", -10, 50, 1)]
    )
    ctx = make_context(dataset(settings.home, [column("n"), point], {"primaryKey": ["n"]}))
    rows = run(ctx, "n,tmax\n1,362.0\n2,36.2\n3,-99.9\n4,NR\n5, 20\n6,9999\n")
    assert [row["tmax"] for row in rows] == [
        *(Decimal("36.20"), Decimal("36.20"), None, None),
        *(Decimal("20.00"), Decimal("9999.00")),
    ]
    assert counts_of(ctx, "tmax") == {
        "changed": 2,
        "nulled": 2,
        "unparsed": 0,
        "replaced": 0,
        "corrected": 0,
        "step:0:trim_text": 1,
        "step:1:point_restored": 1,
    }
    assert document(ctx, "protect")["cleaning"]["prueba"]["tmax"]["step:1:point_restored"] == 1


def test_a_spelling_that_no_list_has_is_not_interpreted(
    make_context: MakeContext, settings: Settings
) -> None:
    kind = {"missing": ["common"], "clean": ["trim_text", call("synonym", "tipo-establecimiento")]}
    text = "n,tipo\n1,I.N.E.D.\n2,instituto nacional de educacion diversificada\n3,---\n4,\n5,Academia de baile\n"  # noqa: E501
    strict = make_context(dataset(settings.home, [column("n"), column("tipo", **kind)]))
    with pytest.raises(
        ToleranceError, match="column tipo: 1 of 3 values could not be read as synonym"
    ) as told:
        run(strict, text)
    assert "baile" not in str(told.value)
    fields = [column("n"), column("tipo", tolerance=0.5, **kind)]
    ctx = make_context(dataset(settings.home, fields, {"primaryKey": ["n"]}))
    assert [row["tipo"] for row in run(ctx, text)] == [INED, INED, None, None, None]
    counts = counts_of(ctx, "tipo")
    assert (counts["changed"], counts["nulled"], counts["unparsed"]) == (2, 1, 1)


def test_a_code_that_its_year_does_not_have_is_not_interpreted(
    make_context: MakeContext, settings: Settings
) -> None:
    def fields(**more: object) -> list[dict[str, object]]:
        derive = {"macro": "code_label", "of": ["codigo", "anio"], "with": ["si-no"], "strict": True}
        return [
            column("n"),
            transient("codigo", missing=["common"]),
            column("anio"),
            column("valor", derive=derive, **more),
        ]

    text = "n,codigo,anio\n1,1,2017\n2,02,2018\n3,,2018\n4,9,2018\n"
    with pytest.raises(ToleranceError, match="column valor: 1 of 3 values could not be read as code_label"):
        run(make_context(dataset(settings.home, fields())), text)
    ctx = make_context(dataset(settings.home, fields(tolerance=0.5), {"primaryKey": ["n"]}))
    assert [row["valor"] for row in run(ctx, text)] == ["Sí", "No", None, None]
    assert counts_of(ctx, "valor")["unparsed"] == 1


def test_named_missing_markers_hold_in_deidentify_too(make_context: MakeContext, settings: Settings) -> None:
    secret = {
        "access": "confidencial",
        "personal": "personal",
        "treatment": "pseudonymize",
        "pseudonym": {"domain": "dataset", "form": "text"},
    }
    ctx = make_context(
        dataset(
            settings.home, [column("n"), column("quien", missing=["buyer"], **secret)], {"primaryKey": ["n"]}
        )
    )
    rows = run(ctx, "n,quien\n1,Consumidor final\n2,CF\n3,Empresa\n")
    assert [row["quien"] is None for row in rows] == [True, True, False]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"missing": ["nada"]}, "there is no sql/clean/missing_nada.sql"),
        ({"clean": [call("no_hay", 1)]}, "there is no sql/clean/no_hay.sql"),
        ({"clean": ["point_restored"]}, "point_restored takes (v, low, high, decimals), and gets 1 values"),
        ({"clean": [call("trim_text", 1)]}, "trim_text takes (v), and gets 2 values"),
        ({"clean": [call("synonym", "otra")]}, "there is no include/reference/lists/otra.csv"),
        (
            {"derive": {"macro": "municipality_code", "of": ["n"]}},
            "takes (department, municipality), and gets 1",
        ),
    ],
)
def test_a_call_that_cannot_be_made_is_found_by_check(
    settings: Settings, field: dict[str, object], told: str
) -> None:
    import datetime as dt

    made = dataset(settings.home, [column("n"), column("v", **field)])
    assert told in "\n".join(finding.message for finding in check(made, dt.date(2026, 1, 31)))


PLACE = {"macro": "municipality_code_near", "of": ["depto", "muni"], "strict": True}


def places(settings: Settings, **more: object) -> list[dict[str, object]]:
    """A municipality's code from two names."""
    return [
        transient("depto", **more),
        transient("muni", **more),
        column("codigo", derive=PLACE, tolerance=0.0),
    ]


def test_unknown_places_are_counted_and_listed_privately_also_when_the_run_fails(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(dataset(settings.home, places(settings)))
    text = (
        "depto,muni\n" + "Petén,Tapachula\n" * 6 + "Petén,Flroes\nPetén,Rara\n" + "Petén,Juan 55123456\n" * 5
    )
    with pytest.raises(ToleranceError, match="12 of 13 values could not be read") as caught:
        run(ctx, text + "Petén,\n")
    assert "Tapachula" not in str(caught.value)
    assert "unmatched.json" in str(caught.value)
    assert get_document(ctx, "unmatched")["places"] == {
        "prueba": {"codigo": [{"place": ["Petén", "Tapachula"], "rows": 6}]}
    }


def test_places_of_columns_about_people_are_only_counted(
    make_context: MakeContext, settings: Settings
) -> None:
    secret = {"access": "confidencial", "personal": "personal"}
    fields = [transient("depto", **secret), transient("muni", **secret), column("n"), dropped("quien")]
    derived = column(
        "codigo",
        derive=PLACE,
        tolerance=1.0,
        **secret,
        treatment="generalize",
        generalize={"to": "department"},
    )
    ctx = make_context(dataset(settings.home, [*fields, derived]))
    run(ctx, "depto,muni,n,quien\n" + "Petén,Tapachula,1,A\n" * 6)
    assert counts_of(ctx, "codigo")["unparsed"] == 6
    assert not any("unmatched" in stat.key for stat in ctx.private.list(""))


def test_a_file_cleaned_twice_counts_the_same(make_context: MakeContext, settings: Settings) -> None:
    field = column("v", clean=["trim_text", "mojibake_mended", "title_text"])
    ctx = make_context(dataset(settings.home, [field]))
    give(ctx, {"x.csv": "v\nCOMPAÃ‘IA DE LUZ\nSan Juan\n".encode()})
    seen = []
    for _ in range(2):
        deidentify(ctx, "_")
        clean(ctx, "_")
        seen.append(document(ctx, "clean"))
    assert seen[0] == seen[1]
    assert table(ctx, "clean") == [{"v": "Compañia de Luz"}, {"v": "San Juan"}]
    assert counts_of(ctx, "v")["step:1:mojibake_mended"] == 1
