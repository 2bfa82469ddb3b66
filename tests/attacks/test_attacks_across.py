"""Releases against each other: older versions, withdrawn ones, other datasets; what is kept of a version."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attacks_scene import connected, contract, counted, dataset_of, field, resources_of

from apertura.contract import Contract
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import across, attacks
from apertura.prepare.disclosure.attack import Attack
from apertura.prepare.disclosure.known import known_cells
from apertura.publish.history import version_folder
from apertura.runs.context import Context

PEOPLE = {"access": "confidencial", "personal": "personal"}
BANDS = [{"bands": [0, 18, 65]}, {"bands": [0, 65]}, {"all": True}]
OLD, NEW = "20260101T000000Z-aaaaaaaa", "20260201T000000Z-bbbbbbbb"
Rows = list[tuple[str | None, str | None]]


def of_rows(bands: list[dict[str, Any]] = BANDS) -> Contract:
    """Persons by age band, with an illness."""
    return contract(
        {
            "personas": [
                field("edad", type="integer", hierarchy=bands, **PEOPLE),
                field("mal", access="confidencial", personal="sensible", treatment="suppress"),
            ]
        },
        {
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "personas",
                    "quasi_identifiers": ["edad"],
                    "k": 5,
                    "sensitive": [{"field": "mal", "distinct_l": 2}],
                }
            ]
        },
    )


def of_counts() -> Contract:
    """Cases by place and year."""
    return contract(
        {"casos": [field("lugar"), field("anio"), *counted("n")]},
        {
            "tables": [
                {
                    "kind": "counts",
                    "resource": "casos",
                    "count": "n",
                    "dimensions": [{"field": "lugar"}, {"field": "anio"}],
                }
            ]
        },
    )


def persons(rows: Rows) -> pa.Table:
    return pa.table({"edad": [a for a, _ in rows], "mal": [m for _, m in rows]})


def cells(rows: list[tuple[str, str, int | None]]) -> pa.Table:
    """A published table of counts; None is suppressed."""
    return pa.table(
        {
            "lugar": [place for place, _, _ in rows],
            "anio": [year for _, year, _ in rows],
            "n": pa.array([n for _, _, n in rows], pa.int64()),
            "n_estado": ["suprimido" if n is None else None for _, _, n in rows],
        }
    )


def release(ctx: Context, version: str, tables: dict[str, pa.Table], tmp_path: Path) -> None:
    """Commit a version with these tables, as publish does: what it told is kept first."""
    paths = {name: tmp_path / f"{version}-{name}.parquet" for name in tables}
    for name, table in tables.items():
        pq.write_table(table, paths[name])
    across.remember(ctx, version, paths)
    folder = version_folder(ctx.dataset.id, version)
    manifest = {"version": version, "number": 1, "rows": {name: t.num_rows for name, t in tables.items()}}
    for name, path in paths.items():
        ctx.public.put(f"{folder}/{name}.parquet", path.read_bytes())
    ctx.public.put(f"{folder}/release.json", json.dumps(manifest).encode())


def withdraw(ctx: Context, version: str, name: str) -> None:
    folder = version_folder(ctx.dataset.id, version)
    ctx.public.put(f"{folder}/retirada.json", b'{"motivo": "prueba"}')
    ctx.public.delete(f"{folder}/{name}.parquet")
    ctx.public.delete(f"{folder}/release.json")


def attack(ctx: Context, one: Contract, table: pa.Table, raw: pa.Table | None = None) -> list[Attack]:
    """Hold a table that would be published against what was."""
    name = one.resources[0].name
    with connected({name: table} | ({"truth": raw} if raw is not None else {})) as connection:
        truth = {name: "raw_truth"} if raw is not None else None
        found = across.check(ctx, {name: f"raw_{name}"}, connection, raw=truth)
    return [one for one in found if one.name in ("versions", "neighbours")]


MIXED: Rows = [("18-64", mal) for mal in "aabbc"]


@pytest.fixture
def rows_ctx(make_context: Callable[..., Context]) -> Context:
    return make_context(dataset_of(of_rows()))


def test_nothing_published_before_is_nothing_to_subtract(rows_ctx: Context) -> None:
    assert attack(rows_ctx, of_rows(), persons(MIXED)) == []


@pytest.mark.parametrize(
    ("added", "telling"),
    [
        ([], False),
        ([("18-64", "a")], True),
        ([("18-64", mal) for mal in "aabb"], True),
        ([("18-64", mal) for mal in "aabbc"], False),
        ([("18-64", "c")] * 5, True),
        ([("65+", mal) for mal in "aabbc"], False),
        ([("65+", mal) for mal in "abc"], True),
    ],
)
def test_the_rows_added_to_a_class_are_none_or_k_and_not_all_alike(
    rows_ctx: Context, tmp_path: Path, added: Rows, telling: bool
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    [found] = attack(rows_ctx, of_rows(), persons([*MIXED * 2, *added]))
    assert found.passed is not telling
    assert found.succeeded == int(telling)


def test_a_row_taken_out_tells_of_whoever_left(rows_ctx: Context, tmp_path: Path) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    [found] = attack(rows_ctx, of_rows(), persons((MIXED * 2)[1:]))
    assert not found.passed


def test_one_left_and_one_came_is_seen_though_the_class_is_as_large(
    rows_ctx: Context, tmp_path: Path
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    changed = [*(MIXED * 2)[1:], ("18-64", "d")]
    [found] = attack(rows_ctx, of_rows(), persons(changed))
    assert not found.passed


def test_versions_at_different_levels_meet_at_the_coarser_one(rows_ctx: Context, tmp_path: Path) -> None:
    """The old version left out the three youngest; the new one has them in a wider band: 13 - 10 = 3."""
    old = [("18-64", mal) for mal in "aabbc" * 2]
    release(rows_ctx, OLD, {"personas": persons(old)}, tmp_path)
    wider = [("0-64", mal) for mal in "aabbc" * 2]
    [same] = attack(rows_ctx, of_rows(), persons(wider))
    [more] = attack(rows_ctx, of_rows(), persons([*wider, *[("0-64", mal) for mal in "abc"]]))
    assert same.passed
    assert not more.passed
    assert OLD in more.remedy


def test_a_withdrawn_version_is_remembered(rows_ctx: Context, tmp_path: Path) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    withdraw(rows_ctx, OLD, "personas")
    [found] = attack(rows_ctx, of_rows(), persons((MIXED * 2)[1:]))
    assert not found.passed
    [same] = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    assert same.passed


def test_a_withdrawn_version_that_nobody_kept_cannot_be_checked(rows_ctx: Context, tmp_path: Path) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    withdraw(rows_ctx, OLD, "personas")
    rows_ctx.private.delete(across.signature_key(rows_ctx.dataset.id, OLD, "personas"))
    found = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    with pytest.raises(PrivacyError) as caught:
        attacks.refuse_successful(found, "ine/personas, protect")
    assert OLD in (caught.value.hint or "")


def test_other_bands_than_before_cannot_be_compared(
    rows_ctx: Context, make_context: Callable[..., Context], tmp_path: Path
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    other = of_rows([{"bands": [0, 20, 60]}, {"all": True}])
    table = persons([("20-59", mal) for mal in "aabbc" * 2])
    [found] = attack(make_context(dataset_of(other)), other, table)
    assert not found.passed
    assert "edad" in found.remedy


def renamed(table: pa.Table, **names: str) -> pa.Table:
    return table.rename_columns([names.get(name, name) for name in table.column_names])


@pytest.mark.parametrize("kept", ["public", "signature"])
@pytest.mark.parametrize("name", ["edad", "mal"])
def test_a_column_that_had_another_name_cannot_be_compared(
    rows_ctx: Context, tmp_path: Path, name: str, kept: str
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    old = tmp_path / "renamed.parquet"
    pq.write_table(renamed(persons(MIXED * 2), **{name: "antes"}), old)
    if kept == "public":
        rows_ctx.public.put(f"{version_folder(rows_ctx.dataset.id, OLD)}/personas.parquet", old.read_bytes())
    else:
        withdraw(rows_ctx, OLD, "personas")
        rows_ctx.private.put(across.signature_key(rows_ctx.dataset.id, OLD, "personas"), old.read_bytes())
    [found] = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    assert not found.passed
    assert f"has no {name}" in found.remedy and OLD in found.remedy


@pytest.mark.parametrize("signed", [True, False])
def test_a_table_that_today_has_no_model_is_not_forgotten(
    make_context: Callable[..., Context], tmp_path: Path, signed: bool
) -> None:
    """It may be one of today's under another name; of a version without signatures any table may be."""
    document = of_rows().model_dump(mode="json", by_alias=True, exclude_unset=True)
    fields, [model] = document["resources"][0]["fields"], document["privacy"]["tables"]
    tables = [model, {**model, "resource": "gente"}]
    ctx = make_context(dataset_of(contract({"personas": fields, "gente": fields}, {"tables": tables})))
    release(ctx, OLD, {"personas": persons(MIXED * 2), "gente": persons(MIXED)}, tmp_path)
    for name in ("personas", "gente") if not signed else ():
        ctx.private.delete(across.signature_key(ctx.dataset.id, OLD, name))
    kept, left_out = attack(make_context(dataset_of(of_rows())), of_rows(), persons(MIXED * 2))
    assert kept.passed
    assert not left_out.passed and left_out.resources == ("gente",)
    assert OLD in left_out.remedy


def test_a_table_that_is_new_and_one_of_nobody_that_is_gone_tell_nothing(
    rows_ctx: Context, tmp_path: Path
) -> None:
    release(rows_ctx, OLD, {"personas": persons(MIXED * 2)}, tmp_path)
    manifest = f"{version_folder(rows_ctx.dataset.id, OLD)}/release.json"
    rows = {"version": OLD, "number": 1, "rows": {"personas": 10, "lugares": 3}}
    rows_ctx.public.put(manifest, json.dumps(rows).encode())
    [found] = attack(rows_ctx, of_rows(), persons(MIXED * 2))
    assert found.passed
    for bucket, key in (
        (rows_ctx.private, across.signature_key(rows_ctx.dataset.id, OLD, "personas")),
        (rows_ctx.public, f"{version_folder(rows_ctx.dataset.id, OLD)}/personas.parquet"),
    ):
        bucket.delete(key)
    rows_ctx.public.put(manifest, json.dumps({**rows, "rows": {}}).encode())
    assert all(one.passed for one in attack(rows_ctx, of_rows(), persons(MIXED * 2)))


def test_what_is_kept_of_a_version_is_counts_by_protected_columns(rows_ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "told.parquet"
    pq.write_table(persons(MIXED).append_column("otra", pa.array(["secreto"] * 5)), path)
    for _ in range(2):
        across.remember(rows_ctx, OLD, {"personas": path})
    key = across.signature_key(rows_ctx.dataset.id, OLD, "personas")
    assert [stat.key for stat in rows_ctx.private.list("disclosure/")] == [key]
    with rows_ctx.private.as_file(key) as kept:
        rows = duckdb.sql(f"SELECT * FROM read_parquet('{kept}') ORDER BY ALL").fetchall()
    assert rows == [("18-64", "a", 2), ("18-64", "b", 2), ("18-64", "c", 1)]


@pytest.fixture
def counts_ctx(make_context: Callable[..., Context]) -> Context:
    return make_context(dataset_of(of_counts()))


LINE = [("01", "2020", None), ("02", "2020", None), ("03", "2020", 30), ("04", "2020", 40)]


def test_the_same_cells_hidden_twice_tell_nothing(counts_ctx: Context, tmp_path: Path) -> None:
    release(counts_ctx, OLD, {"casos": cells(LINE)}, tmp_path)
    [found] = attack(counts_ctx, of_counts(), cells(LINE))
    assert (found.tried, found.passed) == (4, True)


def test_a_cell_that_the_older_version_tells_is_not_hidden(counts_ctx: Context, tmp_path: Path) -> None:
    release(counts_ctx, OLD, {"casos": cells([("01", "2020", 3), *LINE[1:]])}, tmp_path)
    [found] = attack(counts_ctx, of_counts(), cells(LINE))
    assert not found.passed


def test_with_the_true_counts_only_a_small_cell_that_did_not_change_is_told(
    counts_ctx: Context, tmp_path: Path
) -> None:
    release(counts_ctx, OLD, {"casos": cells([("01", "2020", 9), *LINE[1:]])}, tmp_path)
    for now, passed in ((3, True), (9, True)):
        truth = pa.table({"lugar": ["01", "02", "03", "04"], "anio": ["2020"] * 4, "n": [now, 4, 30, 40]})
        [found] = attack(counts_ctx, of_counts(), cells(LINE), truth)
        assert found.passed is passed


def test_a_cell_told_now_gives_back_the_other_one_hidden_then(counts_ctx: Context, tmp_path: Path) -> None:
    """Then two cells hid each other; one of them told now, the total gives the other one of then."""
    release(counts_ctx, OLD, {"casos": cells(LINE)}, tmp_path)
    now = [("01", "2020", None), ("02", "2020", 8), ("03", "2020", None), ("04", "2020", 40)]
    [found] = attack(counts_ctx, of_counts(), cells(now))
    assert not found.passed


@pytest.mark.parametrize("name", ["lugar", "anio", "n"])
def test_counts_that_had_other_names_are_neither_compared_nor_taken_for_unknown(
    counts_ctx: Context, tmp_path: Path, name: str
) -> None:
    """The old version published, under another name, what is hidden now."""
    release(counts_ctx, OLD, {"casos": cells([("01", "2020", 3), *LINE[1:]])}, tmp_path)
    path = tmp_path / "renamed.parquet"
    pq.write_table(renamed(cells([("01", "2020", 3), *LINE[1:]]), **{name: "antes"}), path)
    counts_ctx.public.put(f"{version_folder(counts_ctx.dataset.id, OLD)}/casos.parquet", path.read_bytes())
    [found] = attack(counts_ctx, of_counts(), cells(LINE))
    assert not found.passed and f"has no {name}" in found.remedy
    truth = {"casos": {"lugar": ["01"], "anio": ["2020"], "n": [3]}}
    with connected(truth) as connection, pytest.raises(PrivacyError, match=f"has no {name}"):
        known_cells(counts_ctx, connection, {"casos": "raw_casos"})


def test_a_version_without_states_tells_its_counts_all_the_same(counts_ctx: Context, tmp_path: Path) -> None:
    release(counts_ctx, OLD, {"casos": cells(LINE)}, tmp_path)
    path = tmp_path / "bare.parquet"
    pq.write_table(cells([("01", "2020", 3), ("02", "2020", None)]).drop_columns(["n_estado"]), path)
    counts_ctx.public.put(f"{version_folder(counts_ctx.dataset.id, OLD)}/casos.parquet", path.read_bytes())
    with connected({"casos": {"lugar": ["01", "02"], "anio": ["2020"] * 2, "n": [3, 2]}}) as connection:
        told = known_cells(counts_ctx, connection, {"casos": "raw_casos"})
    assert told.known == {("casos", ("01", "2020"))}
    assert told.previous == {("casos", ("02", "2020"))}


@pytest.fixture
def neighbourhood(make_context: Callable[..., Context], tmp_path: Path) -> Callable[[Rows], Context]:
    """A project with two datasets of INE that tell of the same people's ages; the other one is published."""

    def build(there: Rows) -> Context:
        links = [{"about": "edad", "columns": {"personas": "edad", "hechos": "zona"}}]
        mine, theirs = (
            contract(
                {
                    "personas": [field("edad", type="integer", hierarchy=BANDS, **PEOPLE)],
                    "hechos": [field("zona")],
                },
                {
                    "tables": [
                        {"kind": "microdata", "resource": "personas", "quasi_identifiers": ["edad"], "k": 5}
                    ],
                    "links": links,
                },
                name="personas",
            )
            for _ in range(2)
        )
        ctx = make_context(dataset_of(mine))
        other = theirs.model_copy(update={"name": "otra"})
        home = tmp_path / "home"
        (home / "include/datasets/ine").mkdir(parents=True)
        (home / "include/institutions").symlink_to(ctx.settings.home / "include/institutions")
        document = other.model_dump(mode="json", by_alias=True, exclude_unset=True) | {"name": "otra"}
        document["resources"][0]["name"] = "otra"
        document["privacy"]["tables"][0]["resource"] = "otra"
        document["privacy"]["links"][0]["columns"] = {"otra": "edad", "hechos": "zona"}
        document["institution"] = "sat"
        (home / "include/datasets/sat").mkdir()
        (home / "include/datasets/sat/otra.yaml").write_text(json.dumps(document))
        here = mine.model_copy(update={"institution": "sat"})
        folder = version_folder("sat/otra", OLD)
        path = tmp_path / "otra.parquet"
        pq.write_table(persons(there), path)
        ctx.public.put(f"{folder}/otra.parquet", path.read_bytes())
        ctx.public.put("datos/sat/otra/latest.json", json.dumps({"version": OLD}).encode())
        from dataclasses import replace

        dataset = dataset_of(here)
        return replace(ctx, dataset=dataset, settings=replace(ctx.settings, home=home))

    return build


@pytest.mark.parametrize(
    ("there", "found"), [([("65+", "a")] * 5, 0), ([("65+", "a")] * 4, 5), ([("0-17", "a")] * 4, 0)]
)
def test_a_row_that_few_rows_of_another_dataset_fit_is_found(
    neighbourhood: Callable[[Rows], Context], there: Rows, found: int
) -> None:
    ctx = neighbourhood(there)
    [neighbour] = attack(ctx, ctx.dataset.contract, persons([("65+", "a")] * 5))
    assert neighbour.succeeded == found
    assert neighbour.passed is (found == 0)
    assert resources_of(ctx.dataset.contract).keys() == {"personas", "hechos"}


def test_cells_known_from_older_versions_are_those_that_did_not_change(
    counts_ctx: Context, tmp_path: Path
) -> None:
    release(counts_ctx, OLD, {"casos": cells([("01", "2020", 30), ("02", "2020", None)])}, tmp_path)
    release(counts_ctx, NEW, {"casos": cells([("01", "2020", None), ("02", "2020", 50)])}, tmp_path)
    withdraw(counts_ctx, OLD, "casos")
    with connected({"casos": {"lugar": ["01", "02"], "anio": ["2020"] * 2, "n": [30, 51]}}) as connection:
        told = known_cells(counts_ctx, connection, {"casos": "raw_casos"})
    assert told.previous == {("casos", ("01", "2020"))}
    # The withdrawn version told 30, and somebody has it; of 02 nobody knows that it is 51 now.
    assert told.known == {("casos", ("01", "2020"))}
