"""Rows are put into the published order, and are not moved when they came in it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prepare_scene import column

from apertura.contract import Resource
from apertura.prepare.order import in_order
from examples import examples

NAMES = ("v", "k", "n")
Row = tuple[str | None, str | None, int | None]
CELL = st.none() | st.sampled_from(["", "A", "a", "á", "10", "9"])
ROWS = st.lists(st.tuples(CELL, CELL, st.none() | st.integers(-2, 2)), max_size=7)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        yield opened


def table(*key: str) -> Resource:
    fields = [column("v"), column("k"), column("n", type="integer")]
    return Resource.model_validate(
        {"name": "t", "title": "t", "description": "d", "fields": fields, "primaryKey": list(key)}
    )


def put(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> str:
    connection.execute("CREATE OR REPLACE TABLE t (v VARCHAR, k VARCHAR, n BIGINT)")
    if rows:
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    return "SELECT v, k, n FROM t"


def by(key: tuple[str, ...], row: Row) -> list[tuple[bool, bytes | int]]:
    """Nulls first, texts by their bytes: what the order means, said without the engine."""
    cells = dict(zip(NAMES, row, strict=True))
    ordered = [cells[name] for name in (*key, *(name for name in NAMES if name not in key))]
    return [(c is not None, c.encode() if isinstance(c, str) else c or 0) for c in ordered]


@hypothesis_settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, key=st.sampled_from([(), ("k",), ("n",), ("k", "n"), ("n", "v")]), sort=st.booleans())
@example(rows=[("x", None, 1), ("x", "a", 1)], key=("k",), sort=False)
@example(rows=[("x", "a", 1), ("x", None, 1)], key=("k",), sort=False)
@example(rows=[("y", "a", 1), ("x", "a", 1)], key=("k",), sort=False)
@example(rows=[("x", "a", None), ("x", "a", 1)], key=("k", "n"), sort=False)
@example(rows=[("x", "b", 1), ("x", "a", 2)], key=("k", "n"), sort=False)
def test_the_order_is_by_key_then_by_every_other_column(
    connection: duckdb.DuckDBPyConnection, rows: list[Row], key: tuple[str, ...], sort: bool
) -> None:
    wanted = sorted(rows, key=lambda row: by(key, row))
    select = put(connection, wanted if sort else rows)
    ordered = in_order(connection, table(*key), select, doing="ordering")
    assert connection.execute(ordered).fetchall() == wanted


@pytest.mark.parametrize(
    ("key", "rows", "moved"),
    [
        (("k",), [("z", "a", 2), ("y", "b", 1)], False),
        (("n", "k"), [("z", "b", 1), ("z", "a", 2), ("y", "b", 2)], False),
        (("k",), [], False),
        (("k",), [("y", "b", 1), ("z", "a", 2)], True),
        (("k",), [("y", "a", 1), ("z", "a", 2)], True),
        (("k",), [("y", None, 1), ("z", "a", 2)], True),
        ((), [("y", "a", 1), ("z", "b", 2)], True),
    ],
    ids=["rising", "rising pair", "no rows", "falling", "repeated", "missing", "no key"],
)
def test_only_a_strictly_rising_key_spares_the_sort(
    connection: duckdb.DuckDBPyConnection, key: tuple[str, ...], rows: list[Row], moved: bool
) -> None:
    select = put(connection, rows)
    assert (in_order(connection, table(*key), select, doing="ordering") != select) is moved


def test_many_rows_keep_their_order_in_a_file_written_by_several_threads(
    connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("orden") / "t.parquet"
    connection.execute("SET threads = 2")
    rows = "SELECT CAST(hash(i) AS VARCHAR) AS v, printf('%06d', i) AS k, 1 AS n FROM range(200000) AS r(i)"
    connection.execute(f"CREATE OR REPLACE TABLE t AS {rows}")
    select = "SELECT v, k, n FROM t"
    assert in_order(connection, table("k"), select, doing="ordering") == select
    connection.execute(f"COPY ({select}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    found = connection.execute(f"SELECT k FROM '{target}'").fetchall()
    assert found == sorted(found)
