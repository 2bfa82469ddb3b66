"""Clean: text becomes typed, nothing is guessed, and what did not parse is counted and held to account."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from prepare_scene import (
    MakeContext,
    column,
    dataset,
    document,
    dropped,
    give,
    run,
    table,
    transient,
    with_run,
)

from apertura.errors import ContractError, FingerprintError, ToleranceError
from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.runs.context import Context
from apertura.settings import Settings


def one(make_context: MakeContext, settings: Settings, text: str, **field: object) -> list[object]:
    """The published values of a single column `v`, in the source's order by column `n`."""
    fields = [column("n"), column("v", **field)]
    ctx = make_context(dataset(settings.home, fields, {"primaryKey": ["n"]}))
    lines = "".join(f"{number:03d},{line}\n" for number, line in enumerate(text.split("|")))
    return [row["v"] for row in run(ctx, f"n,v\n{lines}")]


def test_each_type_is_parsed_exactly(make_context: MakeContext, settings: Settings) -> None:
    fields = [
        column("n"),
        column("i", type="integer"),
        column("m", type="number", format="gtq"),
        column("b", type="boolean"),
        column("d", type="date", format="dmy"),
        column("t", type="datetime"),
    ]
    ctx = make_context(dataset(settings.home, fields))
    rows = run(ctx, 'n,i,m,b,d,t\n1,007,"Q1,234.50",Sí,3/2/2020,2020-02-29 10:05\n2,,,,,\n')
    assert rows == [
        {
            "n": "1",
            "i": 7,
            "m": Decimal("1234.50"),
            "b": True,
            "d": dt.date(2020, 2, 3),
            "t": dt.datetime(2020, 2, 29, 10, 5),
        },
        {"n": "2", "i": None, "m": None, "b": None, "d": None, "t": None},
    ]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ({"type": "integer"}, "12.5"),
        ({"type": "integer"}, "99999999999999999999"),
        ({"type": "number"}, "1.005"),
        ({"type": "number", "decimal": {"precision": 4, "scale": 2}}, "123.45"),
        ({"type": "number", "format": "gtq"}, "1.5Q"),
        ({"type": "date"}, "2019-02-29"),
        ({"type": "datetime"}, "2020-01-01T25:00"),
        ({"type": "boolean"}, "quizás"),
        ({"type": "integer", "treatment": "generalize", "generalize": {"bands": [10, 20]}}, "5"),
        ({"treatment": "generalize", "generalize": {"to": "department"}}, "0199"),
    ],
)
def test_a_value_without_the_type_is_counted_against_the_tolerance(
    make_context: MakeContext, settings: Settings, field: dict[str, object], bad: str
) -> None:
    with pytest.raises(ToleranceError) as caught:
        one(make_context, settings, bad, **field)
    assert "sat/prueba" in str(caught.value)
    assert "column v: 1 of 1 values" in str(caught.value)
    assert bad not in str(caught.value)
    assert one(make_context, settings, bad, **field | {"tolerance": 1.0}) == [None]


def test_the_tolerance_is_a_share_of_the_values_that_are_there(
    make_context: MakeContext, settings: Settings
) -> None:
    half = {"type": "integer", "tolerance": 0.5}
    assert one(make_context, settings, "1|x|||", **half) == [1, None, None, None, None]
    with pytest.raises(ToleranceError):
        one(make_context, settings, "1|x|y||", **half)


def test_small_counts_of_people_do_not_show_in_the_message(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(dataset(settings.home, [column("v", type="integer"), dropped("persona")]))
    with pytest.raises(ToleranceError, match="<5 of 20 values"):
        run(ctx, "v,persona\n" + "1,A\n" * 18 + "x,B\ny,B\n")


def test_decimals_keep_every_digit(make_context: MakeContext, settings: Settings) -> None:
    wide = {"type": "number", "decimal": {"precision": 38, "scale": 2}}
    values = one(make_context, settings, "-123456789012345678901234567890123456.78|0.10|5.5000", **wide)
    assert values == [Decimal("-123456789012345678901234567890123456.78"), Decimal("0.10"), Decimal("5.50")]


def test_missing_markers_and_empty_texts_become_null(make_context: MakeContext, settings: Settings) -> None:
    assert one(make_context, settings, "---| --- |.||x", missingValues=["---", "."]) == [
        None,
        None,
        None,
        None,
        "x",
    ]
    assert one(make_context, settings, "|x", empty_string="keep") == ["", "x"]
    coded = {"missingValues": ["SIN DATO"], "clean": ["code_text"]}
    assert one(make_context, settings, "SIN DATO| SIN DATO |01 01", **coded) == [None, None, "0101"]


def test_what_deidentify_refused_is_null_also_where_empty_texts_are_kept(
    make_context: MakeContext, settings: Settings
) -> None:
    kept = {"admit": "landlines", "empty_string": "keep"}
    assert one(make_context, settings, "55123456|22324455|", **kept) == [None, "22324455", None]


def test_codes_stay_text_with_their_zeros(make_context: MakeContext, settings: Settings) -> None:
    assert one(make_context, settings, " 0101210000|1e5|007", clean=["code_text"]) == [
        "0101210000",
        "1e5",
        "007",
    ]


def test_line_ends_and_forbidden_characters_are_mended_and_counted(
    make_context: MakeContext, settings: Settings
) -> None:
    ctx = make_context(dataset(settings.home, [column("v"), column("crudo", clean=[])]))
    rows = run(ctx, 'v,crudo\n"a\r\nb\x01"," x\r\ny\x02"\nlimpio,z\n')
    assert {row["v"] for row in rows} == {"a\nb\ufffd", "limpio"}
    assert {row["crudo"] for row in rows} == {" x\ny\ufffd", "z"}
    counts = document(ctx, "clean")["counts"]["cleaning"]["prueba"]
    assert counts["v"] == {"changed": 1, "nulled": 0, "unparsed": 0, "replaced": 1, "corrected": 0}
    assert counts["crudo"]["replaced"] == 1


def test_each_thing_that_happens_is_counted_by_field(make_context: MakeContext, settings: Settings) -> None:
    fields = [column("v", type="integer", tolerance=1.0, missingValues=["-"]), transient("t")]
    fields.append(column("d", derive={"macro": "upper_text", "of": ["t"]}))
    ctx = make_context(dataset(settings.home, fields))
    run(ctx, "v,t\n 1 , a\n2,b\n-,c\nx,d\n,e\n")
    counts = document(ctx, "clean")["counts"]["cleaning"]["prueba"]
    assert counts["v"] == {"changed": 1, "nulled": 1, "unparsed": 1, "replaced": 0, "corrected": 0}
    assert counts["t"]["changed"] == 1
    assert counts["d"] == {"changed": 0, "nulled": 0, "unparsed": 0, "replaced": 0, "corrected": 0}
    assert document(ctx, "protect")["cleaning"]["prueba"] == counts


def test_fields_derive_from_cleaned_and_from_derived_ones(
    make_context: MakeContext, settings: Settings
) -> None:
    fields = [
        column("nombre", derive={"macro": "department_name", "of": ["codigo"]}),
        column("codigo", derive={"macro": "department_code", "of": ["lugar"]}),
        transient("lugar", missingValues=["-"]),
        transient("nace"),
        transient("hecho"),
        column("edad", derive={"macro": "age_at", "of": ["nace", "hecho"]}, type="integer"),
    ]
    ctx = make_context(dataset(settings.home, fields, {"primaryKey": ["edad"]}))
    rows = run(ctx, "lugar,nace,hecho\n PETEN ,01/05/2000,2020-05-01\n-,2000-05-02,2020-05-01\n")
    assert rows == [
        {"nombre": None, "codigo": None, "edad": 19},
        {"nombre": "Petén", "codigo": "17", "edad": 20},
    ]
    assert list(table(ctx, "clean")[0]) == ["nombre", "codigo", "edad"]


def test_fields_that_derive_from_each_other_are_refused(
    make_context: MakeContext, settings: Settings
) -> None:
    fields = [
        column("a", derive={"macro": "upper_text", "of": ["b"]}),
        column("b", derive={"macro": "upper_text", "of": ["a"]}),
        column("c"),
    ]
    with pytest.raises(ContractError, match="circle: a, b"):
        run(make_context(dataset(settings.home, fields)), "c\n1\n")


GENERALIZED = {
    "year": ({"type": "date", "generalize": {"to": "year"}}, "2020-02-29", "2020"),
    "month": ({"type": "date", "format": "dmy", "generalize": {"to": "month"}}, "29/2/2020", "2020-02"),
    "quarter": ({"type": "date", "generalize": {"to": "quarter"}}, "2020-02-29", "2020-T1"),
    "department": ({"generalize": {"to": "department"}}, "1601", "16"),
    "bands": ({"type": "integer", "generalize": {"bands": [0, 18, 30, 65]}}, "64", "30-64"),
}


@pytest.mark.parametrize("kind", GENERALIZED)
def test_a_fixed_generalisation_replaces_the_value(
    make_context: MakeContext, settings: Settings, kind: str
) -> None:
    field, value, wanted = GENERALIZED[kind]
    secret = {"access": "confidencial", "personal": "sensible", "treatment": "generalize"}
    assert one(make_context, settings, value, **field | secret) == [wanted]


@pytest.fixture
def own_project(settings: Settings, tmp_path: Path) -> Path:
    """A project of the test's own, with this one's vocabulary: it may write SQL there."""
    home = tmp_path / "project"
    (home / "sql" / "reshape" / "sat").mkdir(parents=True)
    (home / "include").mkdir()
    (home / "sql" / "clean").symlink_to(settings.home / "sql" / "clean")
    for name in ("reference", "institutions"):
        (home / "include" / name).symlink_to(settings.home / "include" / name)
    return home


def reshaped(make_context: MakeContext, home: Path, sql: str) -> Context:
    (home / "sql/reshape/sat/prueba.sql").write_text(sql)
    fields = [
        column("lugar"),
        column("total", type="integer", treatment="generalize", generalize={"bands": [0, 5]}),
        transient("peso", type="integer"),
    ]
    return make_context(dataset(home, fields, {"reshape": True}))


def test_a_reshape_sees_typed_values_before_generalisation(
    make_context: MakeContext, own_project: Path
) -> None:
    sql = "SELECT lugar, CAST(sum(total * peso) AS BIGINT) AS total FROM cleaned GROUP BY lugar;\n"
    rows = run(reshaped(make_context, own_project, sql), "lugar,total,peso\nA,1,2\nA,1,1\nB,2,9\n")
    assert rows == [{"lugar": "A", "total": "0-4"}, {"lugar": "B", "total": "5+"}]


def test_a_reshape_that_gives_other_columns_is_refused(make_context: MakeContext, own_project: Path) -> None:
    with pytest.raises(ContractError, match=r"peso, total.*\n.*sql/reshape/sat/prueba.sql"):
        run(
            reshaped(make_context, own_project, "SELECT lugar, peso FROM cleaned"),
            "lugar,total,peso\nA,1,2\n",
        )


def test_work_made_under_another_contract_is_refused(make_context: MakeContext, settings: Settings) -> None:
    loose = make_context(dataset(settings.home, [column("a"), column("b")]))
    give(loose, {"x.csv": b"a,b\n1,2\n"})
    deidentify(loose, "_")
    tight = replace(loose, dataset=dataset(settings.home, [column("a"), dropped("b")]))
    with pytest.raises(FingerprintError) as caught:
        clean(tight, "_")
    assert "clear this run from deidentify" in str(caught.value)
    deidentify(tight, "_")
    clean(tight, "_")
    assert table(tight, "clean") == [{"a": "1"}]


def test_the_last_good_state_is_of_the_newest_extract(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [column("a")]))
    for run_id, taken, wanted in (
        ("run-1", "2026-01-02T00:00:00+00:00", "run-1"),
        ("run-2", "2026-01-03T00:00:00+00:00", "run-2"),
        ("run-1", "2026-01-02T00:00:00+00:00", "run-2"),
    ):
        now = with_run(ctx, run_id)
        give(now, {"x.csv": f"a\n{run_id}\n".encode()}, taken=taken)
        deidentify(now, "_")
        clean(now, "_")
        state = json.loads(ctx.private.get("partitions/sat/prueba/_.json"))
        assert state["run"] == wanted
    assert state["keys"] == {"prueba": "work/sat/prueba/_/run-2/clean.parquet"}
    assert {"fingerprint", "recipe", "taken", "counts"} <= set(state)


def test_cleaning_again_writes_the_same_bytes(make_context: MakeContext, settings: Settings) -> None:
    ctx = make_context(dataset(settings.home, [column("a"), column("b", type="integer")]))
    give(ctx, {"x.csv": b"a,b\n" + b"".join(b"x%d,%d\n" % (n % 97, n) for n in range(5000))})
    seen = []
    for _ in range(2):
        deidentify(ctx, "_")
        clean(ctx, "_")
        seen.append({stat.key: ctx.private.get(stat.key) for stat in ctx.private.list("")})
    assert seen[0] == seen[1]
