"""A database that knows the vocabulary, and a shorthand for what is found in a column of these values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from apertura.contract import Project
from apertura.detect import KINDS, SECOND, Column, count_kinds
from apertura.prepare.vocabulary import define

HOME = Path(__file__).resolve().parents[2]


def database() -> duckdb.DuckDBPyConnection:
    """In memory, vocabulary loaded."""
    connection = duckdb.connect(config={"threads": 2})
    define(connection, Project(HOME).dataset("sat/importacion-vehiculos"))
    return connection


def found(
    connection: duckdb.DuckDBPyConnection,
    values: Sequence[str | None],
    words: str = "",
    kinds: Sequence[str] = (*KINDS, *SECOND),
) -> dict[str, int]:
    """Hits by kind where there are any, of one column of values."""
    connection.execute("CREATE OR REPLACE TABLE valores (v VARCHAR)")
    table = pa.table({"v": pa.array(values, pa.string())})
    connection.register("nuevos", table)
    connection.execute("INSERT INTO valores SELECT v FROM nuevos")
    connection.unregister("nuevos")
    counts = count_kinds(connection, "valores", [Column("v", words)], kinds)
    assert all(0 <= one.hits <= one.rows == sum(v is not None for v in values) for one in counts)
    return {one.kind: one.hits for one in counts if one.hits}
