"""Corrections: a value of the source is overridden where it is what the file expects, and nowhere else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from prepare_scene import MakeContext, column, dataset, document, dropped, give, run, table, transient

from apertura.contract import Dataset, Project
from apertura.contract.check import check
from apertura.errors import AperturaError, ContractError
from apertura.prepare.clean import clean
from apertura.prepare.deidentify import deidentify
from apertura.prepare.keys import key_id
from apertura.runs.context import Context
from apertura.runs.fingerprint import recipe
from apertura.settings import Settings

TODAY = dt.date(2026, 1, 31)
FIELDS = [
    column("muni"),
    column("dia", type="date", format="dmy"),
    column("monto", type="number", tolerance=0.5),
    transient("cuenta", type="integer"),
]
TEXT = "muni,dia,monto,cuenta\n0101,3/1/2017,10.5,1\n0101,4/1/2017,7,2\n0102,4/1/2017,S/D,3\n"


def correction(**more: Any) -> dict[str, Any]:
    """The first row's amount, put right."""
    return {
        "resource": "prueba",
        "key": {"muni": "0101", "dia": "2017-01-03"},
        "field": "monto",
        "expect": "10.50",
        "value": "105.00",
        "reason": "El punto decimal está corrido en la fuente.",
        "reported_by": "Unidad de datos abiertos",
        "date": "2026-01-10",
    } | more


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Path:
    """A project of the test's own, with this one's vocabulary."""
    project = tmp_path / "project"
    (project / "include" / "datasets" / "sat").mkdir(parents=True)
    (project / "sql").mkdir()
    (project / "sql" / "clean").symlink_to(settings.home / "sql" / "clean")
    for name in ("reference", "institutions"):
        (project / "include" / name).symlink_to(settings.home / "include" / name)
    return project


def with_corrections(
    home: Path, many: list[dict[str, Any]], fields: list[dict[str, Any]] | None = None, **more: Any
) -> Dataset:
    """The dataset, with this file of corrections beside its contract."""
    made = dataset(home, fields or FIELDS, {"primaryKey": ["muni", "dia"]}, **more)
    made.corrections_path.write_text(
        yaml.safe_dump({"corrections": many}, allow_unicode=True, default_style='"')
        .replace('"rows": !!int ', '"rows": ')
        .replace("!!null ", "")
        .replace('"null"', "null"),
        encoding="utf-8",
    )
    return made


def test_a_value_is_put_right_where_it_is_what_was_expected(make_context: MakeContext, home: Path) -> None:
    ctx = make_context(with_corrections(home, [correction()]))
    rows = run(ctx, TEXT)
    assert [str(row["monto"]) for row in rows] == ["105.00", "7.00", "None"]
    counts = document(ctx, "clean")["counts"]["cleaning"]["prueba"]
    assert counts["monto"]["corrected"] == 1
    assert counts["muni"]["corrected"] == 0
    assert document(ctx, "protect")["corrections"] == [
        {
            "numero": 1,
            "recurso": "prueba",
            "columna": "monto",
            "filas": 1,
            "motivo": "El punto decimal está corrido en la fuente.",
            "fecha": "2026-01-10",
            "fila": {"muni": "0101", "dia": "2017-01-03"},
            "de": "10.50",
            "a": "105.00",
        }
    ]


def test_what_could_not_be_read_may_be_corrected_and_counts_no_more(
    make_context: MakeContext, home: Path
) -> None:
    unread = correction(key={"muni": "0102"}, expect=None, value="3")
    ctx = make_context(with_corrections(home, [unread, correction(value=None)]))
    assert [str(row["monto"]) for row in run(ctx, TEXT)] == ["None", "7.00", "3.00"]
    counts = document(ctx, "clean")["counts"]["cleaning"]["prueba"]["monto"]
    assert (counts["corrected"], counts["unparsed"]) == (2, 0)


def test_as_many_rows_as_there_are_may_be_corrected_each_as_expected(
    make_context: MakeContext, home: Path
) -> None:
    every = correction(key={"muni": "0101"}, expect="7.00", value="8", rows="any")
    ctx = make_context(with_corrections(home, [every]))
    assert [row["monto"] for row in run(ctx, TEXT.replace("10.5", "7"))][:2] == [8, 8]
    assert document(ctx, "protect")["corrections"][0]["filas"] == "todas"
    for text, told in ((TEXT, "not what it expects"), (TEXT.replace("0101", "0103"), "names no row")):
        with pytest.raises(ContractError, match=told):
            run(make_context(with_corrections(home, [every]), f"run-{told[-3:]}"), text)


def test_several_rows_and_columns_of_every_type_are_corrected(make_context: MakeContext, home: Path) -> None:
    fields = [*FIELDS, column("si", type="boolean"), column("hora", type="datetime")]
    many = [
        correction(key={"si": "true"}, field="muni", expect="0101", value="0102", rows=2),
        correction(key={"monto": "1.00"}, field="dia", expect="2017-01-03", value="2017-01-30"),
        correction(key={"monto": "1.00"}, field="hora", expect="2017-01-03 10:00:00", value=None),
        correction(key={"monto": "1.00"}, field="si", expect="true", value="false"),
    ]
    ctx = make_context(with_corrections(home, many, fields))
    rows = run(
        ctx,
        "muni,dia,monto,cuenta,si,hora\n0101,3/1/2017,1,1,1,2017-01-03 10:00\n0101,4/1/2017,2,1,1,\n",
    )
    assert [(row["muni"], str(row["dia"]), row["si"], row["hora"]) for row in rows] == [
        ("0102", "2017-01-04", True, None),
        ("0102", "2017-01-30", False, None),
    ]
    told = document(ctx, "clean")["counts"]["corrections"]
    assert [entry["filas"] for entry in told] == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"key": {"muni": "0999"}}, "its key names no row"),
        ({"key": {"muni": "0101"}}, "its key names 2 rows, `rows` says 1"),
        ({"rows": 2}, "its key names 1 rows, `rows` says 2"),
        ({"expect": "10.51"}, "what is found there is not what it expects"),
        ({"expect": None}, "what is found there is not what it expects"),
    ],
)
def test_a_correction_that_does_not_find_what_it_expects_fails_the_run(
    make_context: MakeContext, home: Path, change: dict[str, Any], told: str
) -> None:
    fine = correction(key={"muni": "0102"}, expect=None, value="1")
    ctx = make_context(with_corrections(home, [fine, correction(**change)]))
    with pytest.raises(ContractError) as caught:
        run(ctx, TEXT)
    message = str(caught.value)
    assert f"prueba.corrections.yaml, correction 2 (resource prueba, column monto): {told}" in message
    assert "10.5" not in message
    assert "105" not in message
    assert not [stat for stat in ctx.private.list("") if stat.key.endswith("clean.json")]


def findings(made: Dataset) -> str:
    """What `apertura check` says of the corrections."""
    return "\n".join(
        f.message for f in check(made, TODAY) if f.place == "prueba.corrections.yaml" and f.blocks
    )


def test_a_good_file_has_no_findings(home: Path) -> None:
    assert findings(with_corrections(home, [correction()])) == ""
    with_corrections(home, [correction()]).corrections_path.unlink()
    assert findings(dataset(home, FIELDS)) == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"resource": "otra"}, "there is no resource otra"),
        ({"field": "nadie"}, "nadie is not a field"),
        ({"field": "cuenta", "expect": "1", "value": "2"}, "cuenta is transient"),
        ({"key": {"persona": "x"}}, "persona is not open data"),
        ({"field": "persona"}, "persona is not open data"),
        ({"field": "edad", "expect": "1", "value": "2"}, "edad is not open data"),
        ({"expect": "diez"}, "does not read as number"),
        ({"value": "1.005"}, "does not read as number"),
        ({"key": {"dia": "3/1/2017"}}, "does not read as date"),
        ({"key": {"monto": "1.00"}}, "is in its own key"),
        ({"partition": "2017-01"}, "`partition` is said exactly where"),
        ({"value": "10.50"}, "nothing is corrected"),
        ({"reported_by": "alguien@example.org"}, "hold no address"),
        ({"reason": "Llamar al 55123456"}, "hold no address"),
        ({"reason": "Es de 1234 56789 0101"}, "a correction is public"),
        ({"reported_by": "Unidad, 55 12 34 56 78 cel 55 12 34 56"}, "a correction is public"),
        ({"key": {"id": "1234567890101"}}, "a correction is public"),
        ({"expect": "TOYOTA DPI 123456789 01 01"}, "a correction is public"),
        ({"expect": "ana%40correo.gt"}, "a correction is public"),
        ({"value": "TOYOTA CEL 5512-3456"}, "a correction is public"),
        ({"date": "10/1/2026"}, "YYYY-MM-DD"),
        ({"cualquiera": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(home: Path, change: dict[str, Any], told: str) -> None:
    fields = [
        *FIELDS,
        dropped("persona"),
        column(
            "edad",
            type="integer",
            access="confidencial",
            personal="personal",
            treatment="generalize",
            generalize={"bands": [0, 18]},
        ),
    ]
    assert told in findings(with_corrections(home, [correction(**change)], fields))


def test_two_corrections_of_one_value_are_refused(home: Path) -> None:
    assert "correction 2: another correction" in (
        "\n".join(
            f.message for f in check(with_corrections(home, [correction(), correction(value="2.00")]), TODAY)
        )
    )


def test_a_run_refuses_a_file_that_does_not_fit(make_context: MakeContext, home: Path) -> None:
    ctx = make_context(with_corrections(home, [correction(field="persona")], [*FIELDS, dropped("persona")]))
    with pytest.raises(AperturaError, match="correction 1: persona is not open data"):
        run(
            ctx,
            TEXT.replace("cuenta\n", "cuenta,persona\n")
            .replace(",1\n", ",1,A\n")
            .replace(",2\n", ",2,A\n")
            .replace(",3\n", ",3,A\n"),
        )


def test_of_a_dataset_about_people_no_row_is_told(make_context: MakeContext, home: Path) -> None:
    ctx = make_context(with_corrections(home, [correction()], [*FIELDS, dropped("persona")]))
    lines = TEXT.splitlines()
    run(ctx, "\n".join([f"{lines[0]},persona", *(f"{line},A" for line in lines[1:])]) + "\n")
    (told,) = document(ctx, "protect")["corrections"]
    assert told["filas"] == "<5"
    assert not {"fila", "de", "a"} & set(told)


PLACES = [column("muni"), column("dia", type="date", format="dmy"), column("detalle"), column("escuela")]
NAMED = "MARIA ELENA GARCIA LOPEZ"
ROWS = (
    f"muni,dia,detalle,escuela\n0101,3/1/2017,{NAMED},EORM JUAN PEREZ GOMEZ\n0102,4/1/2017,Jocotenango,EOUM\n"
)
PLACE = {"field": "detalle", "expect": NAMED, "value": None}
SCHOOL = {"field": "escuela", "expect": "EORM JUAN PEREZ GOMEZ", "value": "EORM PEDRO LOPEZ GOMEZ"}


@pytest.mark.parametrize(
    "named",
    [
        PLACE,
        PLACE | {"expect": "Jocotenango", "value": NAMED},
        SCHOOL | {"reason": "La fuente puso a Juan Carlos Pérez Gómez en lugar de la escuela."},
        SCHOOL | {"reported_by": "Juan Carlos Pérez Gómez"},
        SCHOOL | {"key": {"muni": "0101", "dia": "2017-01-03", "detalle": NAMED}},
    ],
)
def test_a_correction_that_names_a_person_is_refused_and_not_quoted(
    make_context: MakeContext, home: Path, named: dict[str, Any]
) -> None:
    """It would stand in calidad.json: what a source had wrong is in no table that the gate searches."""
    ctx = make_context(with_corrections(home, [correction(**named)], PLACES))
    with pytest.raises(ContractError, match=r"correction 1 .* a person") as caught:
        run(ctx, ROWS)
    assert not any(word in str(caught.value) for word in ("GARCIA", "PEREZ", "Pérez"))


def test_the_name_of_a_thing_may_be_put_right(make_context: MakeContext, home: Path) -> None:
    ctx = make_context(with_corrections(home, [correction(**SCHOOL)], PLACES))
    run(ctx, ROWS)
    (told,) = document(ctx, "protect")["corrections"]
    assert (told["de"], told["a"]) == (SCHOOL["expect"], SCHOOL["value"])


def test_a_correction_is_part_of_what_a_release_is_made_from(make_context: MakeContext, home: Path) -> None:
    ctx = make_context(with_corrections(home, [correction()]))
    before = recipe(ctx.dataset, key_id(ctx))
    with_corrections(home, [correction(value="106.00")])
    assert recipe(ctx.dataset, key_id(ctx)) != before


def test_a_correction_of_a_partition_waits_for_it(make_context: MakeContext, home: Path) -> None:
    partitions = {
        "by": "month",
        "file": r"(?P<anio>\d{4})-(?P<mes>\d{2})\.csv",
        "key": "{anio}-{mes}",
    }
    made = with_corrections(home, [correction(partition="2017-01")], partitions=partitions)
    ctx: Context = make_context(made)
    for key in ("2017-01", "2017-02"):
        give(ctx, {f"{key}.csv": TEXT.encode()}, key)
        deidentify(ctx, key)
        clean(ctx, key)
    assert sorted(str(row["monto"]) for row in table(ctx, "clean", "2017-01")) == ["105.00", "7.00", "None"]
    assert sorted(str(row["monto"]) for row in table(ctx, "clean", "2017-02")) == ["10.50", "7.00", "None"]


def test_before_a_reshape_what_it_reads_is_corrected(make_context: MakeContext, home: Path) -> None:
    (home / "sql/reshape/sat").mkdir(parents=True)
    (home / "sql/reshape/sat/prueba.sql").write_text(
        "SELECT muni, max(dia) AS dia, CAST(sum(cuenta) AS DECIMAL(18, 2)) AS monto "
        "FROM cleaned GROUP BY muni\n"
    )
    made = with_corrections(
        home, [correction(key={"dia": "2017-01-03"}, field="cuenta", expect="1", value="5")]
    )
    resource = made.contract.resources[0].model_copy(update={"reshape": True})
    ctx = make_context(replace(made, contract=made.contract.model_copy(update={"resources": [resource]})))
    assert [str(row["monto"]) for row in run(ctx, TEXT)] == ["7.00", "3.00"]
    (told,) = document(ctx, "clean")["counts"]["corrections"]
    assert "de" not in told  # the column is not published


def test_a_file_of_corrections_is_no_contract(home: Path) -> None:
    with_corrections(home, [correction()])
    assert Project(home).dataset_ids() == []
