"""Versions of tables of counts against each other: what one hides and another tells, and what changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from attacks_scene import connected, contract, counted, dataset_of, field
from versions_scene import NEW, OLD, attack, release, renamed, withdraw

from apertura.contract import Contract
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import across
from apertura.prepare.disclosure.known import known_cells
from apertura.publish.history import version_folder
from apertura.runs.context import Context


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


LINKED = contract(
    {"casos": [field("lugar"), *counted("n")], "sexos": [field("sexo"), *counted("n")]},
    {
        "tables": [
            {"kind": "counts", "resource": name, "count": "n", "dimensions": [{"field": dimension}]}
            for name, dimension in (("casos", "lugar"), ("sexos", "sexo"))
        ]
    },
)
"""The same people by place and by sex."""


def by(name: str, counts: list[int | None]) -> pa.Table:
    """A published table of counts by one column."""
    return pa.table(
        {
            name: [str(number) for number in range(len(counts))],
            "n": pa.array(counts, pa.int64()),
            "n_estado": ["suprimido" if count is None else None for count in counts],
        }
    )


@pytest.mark.parametrize(
    ("places", "sexes", "passed"),
    [
        ([30, 40], [20, 50], True),
        ([31, 40], [20, 50], True),
        ([31, 40], [21, 50], False),
        ([30, 36], [20, 46], False),
        ([35, 40], [21, 50], True),
        ([35, 40], [25, 50], True),
        ([31, 40], [None, 50], True),
    ],
)
def test_one_person_more_in_several_tables_at_once_is_told_by_them_together(
    make_context: Callable[..., Context],
    tmp_path: Path,
    places: list[int | None],
    sexes: list[int | None],
    passed: bool,
) -> None:
    ctx = make_context(dataset_of(LINKED))
    release(ctx, OLD, {"casos": by("lugar", [30, 40]), "sexos": by("sexo", [20, 50])}, tmp_path)
    now = {"casos": by("lugar", places), "sexos": by("sexo", sexes)}
    truth = {"casos": by("lugar", places), "sexos": by("sexo", [sexes[0] or 9, sexes[1]])}
    with connected({**now, **{f"true_{name}": table for name, table in truth.items()}}) as connection:
        raw = {name: f"raw_true_{name}" for name in truth}
        found = across.check(ctx, {name: f"raw_{name}" for name in now}, connection, raw=raw)
    [together] = [one for one in found if one.resources == ("casos", "sexos")]
    assert together.passed is passed
    assert (together.succeeded > 0) is not passed
    assert passed or "casos, sexos" in together.remedy


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


def by_place(total: str | None = "todos") -> Contract:
    """Cases by place, with a row for all of them."""
    return contract(
        {"casos": [field("lugar"), *counted("n")]},
        {
            "tables": [
                {
                    "kind": "counts",
                    "resource": "casos",
                    "count": "n",
                    "dimensions": [{"field": "lugar", "total": total}],
                }
            ]
        },
    )


def places(**counts: int | None) -> pa.Table:
    """A table of counts by place; None is suppressed."""
    return by("lugar", list(counts.values())).set_column(0, "lugar", pa.array(list(counts)))


@pytest.mark.parametrize(
    ("now", "passes"),
    [
        ({"a": None, "b": None, "c": 30, "d": 20, "e": None, "todos": 78}, False),
        ({"a": None, "b": None, "c": None, "d": 20, "e": 25, "todos": 78}, True),
        ({"a": None, "b": None, "c": None, "d": 20, "e": None, "todos": 78}, True),
        ({"a": None, "b": 2, "c": None, "d": 20, "e": None, "todos": 78}, True),
    ],
)
def test_what_is_told_now_narrows_nothing_down_that_was_hidden_then(
    make_context: Callable[..., Context], tmp_path: Path, now: dict[str, int | None], passes: bool
) -> None:
    """Then a, b and c hid each other; a place that is new could hide a and b now, but 53 - 20 - 30 is 3."""
    ctx = make_context(dataset_of(by_place()))
    release(ctx, OLD, {"casos": places(a=None, b=None, c=None, d=20, todos=53)}, tmp_path)
    truth = places(a=1, b=2, c=30, d=20, e=25, todos=78)
    found = attack(ctx, by_place(), places(**now), truth)
    assert all(one.passed for one in found) is passes
    assert passes or "casos" in next(one for one in found if not one.passed).remedy
