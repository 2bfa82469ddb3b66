"""A law: what Great Expectations over DuckDB counts is what counting by hand in Python gives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apertura.quality.expected import Expected
from apertura.quality.gx_duckdb import Session

WORDS = st.none() | st.sampled_from(["a", "b", "ab", "", "ñ", "A\n", "ä", "'", '"', "%", "_"])
NUMBERS = st.none() | st.integers(-(2**40), 2**40) | st.integers(-3, 3)


@pytest.fixture(scope="module")
def session() -> Iterator[tuple[Session, duckdb.DuckDBPyConnection]]:
    with duckdb.connect(":memory:") as connection:
        yield Session(connection), connection


def expected(kind: str, **kwargs: object) -> Expected:
    return Expected("cosas", f"expect_column_{kind}", kwargs, "critical", "suite", "Una regla.", "aquí")


NAMES = iter(range(10_000))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(WORDS, NUMBERS), min_size=0, max_size=30))
def test_counts_are_those_of_python(
    session: tuple[Session, duckdb.DuckDBPyConnection], rows: list[tuple[str | None, int | None]]
) -> None:
    gx, connection = session
    words, numbers = [row[0] for row in rows], [row[1] for row in rows]
    table = pa.table({"t": pa.array(words, pa.string()), "n": pa.array(numbers, pa.int64())})
    name = f"t{next(NAMES)}"
    connection.register("incoming", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    present = [word for word in words if word is not None]
    known = [number for number in numbers if number is not None]
    repeated = Counter(present)
    laws = [
        (expected("values_to_not_be_null", column="t"), len(words) - len(present)),
        (expected("values_to_be_null", column="n"), len(known)),
        (
            expected("values_to_be_in_set", column="t", value_set=["a", "ñ", "'"]),
            _not(present, {"a", "ñ", "'"}),
        ),
        (
            expected("values_to_match_regex", column="t", regex="^[a-z]+$"),
            sum(re.fullmatch("[a-z]+", word) is None for word in present),
        ),
        (
            expected("value_lengths_to_be_between", column="t", min_value=1, max_value=1),
            sum(len(word) != 1 for word in present),
        ),
        (expected("values_to_be_unique", column="t"), sum(n for n in repeated.values() if n > 1)),
        (
            expected("values_to_be_between", column="n", min_value=-2, max_value=2),
            sum(not -2 <= number <= 2 for number in known),
        ),
    ]
    outcomes = gx.evaluate(name, [law for law, _ in laws])
    assert [outcome.unexpected for outcome in outcomes] == [count for _, count in laws]
    assert {outcome.evaluated for outcome in outcomes} == {len(rows)}
    assert [outcome.success for outcome in outcomes] == [count == 0 for _, count in laws]


def _not(present: list[str], allowed: set[str]) -> int:
    return sum(word not in allowed for word in present)
