"""What a SQL source wrote: Parquet of text, passed on unchanged."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apertura.contract.intake import QueryReader
from apertura.errors import ReaderError

Read = Callable[..., Any]
QUERY = QueryReader(format="query")


def parquet(**columns: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def test_text_passes_unchanged_nulls_included(reading: Read) -> None:
    first = parquet(a=["1", None, ""], b=["ñ", "x\ny", "'"])
    table, values = reading(QUERY, first, parquet(a=["2"], b=["z"]))
    assert table.columns == ["a", "b"]
    assert values == [("1", "ñ"), (None, "x\ny"), ("", "'"), ("2", "z")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (parquet(a=["x"], confidencial=[1]), "column 2 of the query's result is int64, not text"),
        (parquet(a=pa.array([], pa.string())), "no rows"),
        (parquet(a=["1"], A=["2"]), "columns 1 and 2 have the same name"),
        (b"MARIA PEREZ", "not a Parquet file"),
        (parquet(a=["MARIA PEREZ"])[:-20], "not a Parquet file"),
    ],
)
def test_what_is_not_text_is_refused(reading: Read, content: bytes, says: str) -> None:
    with pytest.raises(ReaderError) as caught:
        reading(QUERY, content)
    assert says in caught.value.message
    assert caught.value.hint
    assert caught.value.__context__ is None
    for word in ("MARIA", "confidencial", "[a*b]"):
        assert word not in str(caught.value)
