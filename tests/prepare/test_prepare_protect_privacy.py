"""The stage protect with a privacy model: what it leaves, what it refuses; a refusal leaves nothing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prepare_scene import MakeContext, column, dataset, document, dropped, everything, run, table, with_run

from apertura.errors import ContractError, PrivacyError
from apertura.prepare.disclosure.hierarchy import ALL
from apertura.runs.context import Context
from apertura.settings import Settings

PERSON = {"access": "confidencial", "personal": "personal", "treatment": "generalize"}
FIELDS = [
    column("muni", **PERSON, hierarchy=[{"to": "department"}, {"to": "country"}]),
    {key: value for key, value in column("lugar", label_of="muni").items() if key != "source"},
    column("edad", type="integer", **PERSON, hierarchy=[{"bands": [0, 18, 65]}, {"all": True}]),
    column("mal", access="confidencial", personal="sensible", treatment="suppress"),
    dropped("nombre"),
]
HEADER = "muni,edad,mal,nombre\n"


def model(**more: Any) -> dict[str, Any]:
    """A model of the table."""
    return {
        "unit": "persona",
        "attacker": "Un vecino conoce el municipio y la edad.",
        "tables": [
            {
                "kind": "microdata",
                "unit": {"row": "Una fila por persona."},
                "resource": "prueba",
                "quasi_identifiers": ["muni", "edad"],
                "k": 5,
                "sensitive": [{"field": "mal", "distinct_l": 2}],
                "suppression": {"limit": 0.2},
            }
            | more
        ],
    }


def people(places: list[str], each: int) -> str:
    """`each` people of every age band in each municipality, of two illnesses in turn."""
    rows = [
        f"{place},{age + n},{'gripe' if n % 2 else 'asma'},Marta {place} {n}"
        for place in places
        for age in (1, 30, 70)
        for n in range(each)
    ]
    return HEADER + "\n".join(rows) + "\n"


def test_each_class_holds_k_people_and_the_place_is_named_as_it_is_told(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(dataset(settings.home, FIELDS, privacy=model()))
    before = "20200101T000000Z-aaaaaaaa"  # a version that had no table yet
    parts = {"taken": "2020-01-01T00:00:00+00:00", "fingerprint": "0" * 64, "contentDigest": "0" * 64}
    parts |= {"previous": None, "dataset": "sat/prueba", "institution": "sat", "schemaVersion": 1}
    manifest = json.dumps({"version": before, "number": 1, **parts, "rows": {}, "files": []})
    ctx.public.put(f"datos/{ctx.dataset.id}/versiones/{before}/release.json", manifest.encode())
    rows = run(ctx, people(["0101", "0102", "1601"], 6))
    assert {(row["muni"], row["lugar"]) for row in rows} == {
        ("0101", "Guatemala"),
        ("0102", "Santa Catarina Pinula"),
        ("1601", "Cobán"),
    }
    assert set(Counter((row["muni"], row["edad"]) for row in rows).values()) == {6}
    told = document(ctx, "protect")["disclosure"]
    assert told["tables"][0]["levels"] == {"muni": 0, "edad": 1}
    assert {one["passed"] for one in told["attacks"]} == {True}
    assert {"linkage", "linkage-mal", "linkage-few", "row-order"} <= {one["name"] for one in told["attacks"]}
    assert told["utility"]["prueba"]["rows_kept"] == 1.0
    assert told["versions"] == [before]
    assert "Marta" not in everything(ctx)


def test_coarser_where_few_live_and_the_name_follows(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, FIELDS, privacy=model(levels={"edad": 1})))
    rows = run(ctx, people(["0101", "0102", "0103"], 2))
    assert {(row["muni"], row["lugar"]) for row in rows} == {("01", "Guatemala")}
    assert set(Counter((row["muni"], row["edad"]) for row in rows).values()) == {6}


@hypothesis_settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["0101", "0102", "1601", ""]),
            st.integers(0, 99),
            st.sampled_from(["asma", "gripe"]),
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(0, 10**9),
)
def test_k_and_l_hold_for_any_people_or_nothing_leaves(
    make_context: MakeContext, settings: Settings, rows: list[tuple[str, int, str]], number: int
) -> None:
    ctx = with_run(make_context(dataset(settings.home, FIELDS, privacy=model())), f"run-{number}-{len(rows)}")
    text = HEADER + "".join(f"{place},{age},{ill},x\n" for place, age, ill in rows)
    try:
        left = run(ctx, text)
    except PrivacyError:
        assert not any("protect" in stat.key for stat in ctx.private.list(f"work/sat/prueba/_/{ctx.run_id}/"))
        return
    classes: dict[tuple[Any, Any], list[str]] = {}
    for row in left:
        classes.setdefault((row["muni"], row["edad"]), []).append(row["mal"])
    assert all(len(ills) >= 5 and len(set(ills)) >= 2 for ills in classes.values())
    assert len(left) >= 0.8 * len(rows)


def test_a_model_that_cannot_hold_stops_the_run_and_names_no_value(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(dataset(settings.home, FIELDS, privacy=model()))
    with pytest.raises(PrivacyError) as caught:
        run(ctx, HEADER + "0101,40,asma,Marta\n" * 4)
    assert "k = 5" in caught.value.message
    assert "asma" not in str(caught.value) and "0101" not in str(caught.value)
    assert not any("/protect" in stat.key for stat in ctx.private.list("work/"))


def test_a_successful_attack_stops_the_run(make_context: MakeContext, settings: Settings) -> None:
    """A column that the model forgets numbers the rows: it would tell who is who in the source's file."""
    numbered = [*FIELDS, column("fila", type="integer")]
    ctx = make_context(dataset(settings.home, numbered, privacy=model()))
    lines = people(["0101"], 10).splitlines()
    text = "\n".join([f"{lines[0]},fila", *(f"{line},{n}" for n, line in enumerate(lines[1:], start=1))])
    with pytest.raises(PrivacyError) as caught:
        run(ctx, text + "\n")
    assert "row-numbers on prueba" in caught.value.message
    assert "fila" in str(caught.value.hint)
    assert not any("/protect" in stat.key for stat in ctx.private.list("work/"))


def test_fixed_levels_stay_and_a_model_that_they_break_is_refused(
    make_context: MakeContext, settings: Settings
) -> None:
    fixed = model(levels={"muni": 2, "edad": 2})
    rows = run(make_context(dataset(settings.home, FIELDS, privacy=fixed)), people(["0101", "1601"], 9))
    assert {(row["muni"], row["edad"]) for row in rows} == {("GT", ALL)}
    fine = model(levels={"muni": 0, "edad": 0})
    with pytest.raises(PrivacyError, match="no generalisation meets"):
        run(make_context(dataset(settings.home, FIELDS, privacy=fine), run_id="r2"), people(["0101"], 9))


COUNTS = [
    column("depto"),
    column("casos", type="integer", unit="casos", treatment="suppress", access="publica"),
    {k: v for k, v in column("casos_estado", state_of="casos").items() if k != "source"},
]


def counted(ctx_of: MakeContext, settings: Settings, text: str, **more: Any) -> tuple[Context, Any]:
    privacy = {
        "unit": "niña o niño",
        "attacker": "Conoce los totales.",
        "tables": [
            {"kind": "counts", "resource": "prueba", "count": "casos", "dimensions": [{"field": "depto"}]}
        ],
    }
    ctx = ctx_of(dataset(settings.home, COUNTS, privacy=privacy), **more)
    return ctx, run(ctx, "depto,casos\n" + text)


def test_small_counts_and_what_would_give_them_back_are_suppressed_and_say_so(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx, rows = counted(make_context, settings, "01,3\n02,9\n03,40\n04,\n05,0\n")
    told = {row["depto"]: (row["casos"], row["casos_estado"]) for row in rows}
    assert told == {
        "01": (None, "suprimido"),
        "02": (None, "suprimido"),
        "03": (40, None),
        "04": (None, "no_disponible"),
        "05": (0, None),
    }
    account = document(ctx, "protect")["disclosure"]["tables"][0]
    assert (account["tables"]["prueba"]["primary"], account["tables"]["prueba"]["complementary"]) == (1, 1)
    assert account["attacker"]["smallest_interval"] >= 5


def test_counts_beside_others_of_the_institution_say_of_whom_they_are(
    make_context: MakeContext, settings: Settings, tmp_path: Path
) -> None:
    """Also when nobody called check: two datasets that count the same people protect each other badly."""
    home = tmp_path / "home"
    (home / "include/datasets/sat").mkdir(parents=True)
    (home / "include/institutions").symlink_to(settings.home / "include/institutions")
    (home / "include/reference").symlink_to(settings.home / "include/reference")
    (home / "sql").symlink_to(settings.home / "sql")
    text = (settings.home / "include/datasets/mspas/desnutricion.yaml").read_text(encoding="utf-8")
    for before, after in (
        ("institution: mspas", "institution: sat"),
        ("name: desnutricion\n", "name: otro\n"),
        ("resource: desnutricion\n", "resource: otro\n"),
    ):
        text = text.replace(before, after)
    (home / "include/datasets/sat/otro.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match="sat/prueba does not say of whom"):
        counted(make_context, replace(settings, home=home), "01,30\n02,90\n")


def test_a_text_of_an_accepted_difference_that_names_somebody_stops(
    make_context: MakeContext, settings: Settings
) -> None:
    accepted = {
        "what": "revision",
        "resource": "prueba",
        "version": "20200101T000000Z-aaaaaaaa",
        "taken": "20200201T000000Z",
        "reason": "Corrección de lo que se sabía de Marta García Pérez.",
        "by": "Dirección de Estadística",
        "date": "2020-02-02",
    }
    ctx = make_context(dataset(settings.home, FIELDS, privacy=model() | {"accepted": [accepted]}))
    with pytest.raises(ContractError, match="a person's name") as caught:
        run(ctx, people(["0101"], 9))
    assert "Marta" not in str(caught.value)


def test_without_a_model_nothing_is_told_of_disclosure(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [column("v")]))
    run(ctx, "v\nx\n")
    assert document(ctx, "protect")["disclosure"] is None
    assert table(ctx, "protect") == [{"v": "x"}]
