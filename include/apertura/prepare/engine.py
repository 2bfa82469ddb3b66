"""DuckDB, held on a short leash: no extensions from outside, a memory limit, errors without values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from apertura.errors import EngineError
from apertura.runs.work import FINGERPRINT_KEY
from apertura.settings import Settings

ROW_GROUP = 40960
"""Rows of a work table's row group: small enough that two threads' groups fit the memory limit."""


@contextmanager
def connect(settings: Settings, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database that spills into `scratch`, in UTC, row order kept."""
    spill = scratch / "spill"
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def run(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    doing: str,
) -> duckdb.DuckDBPyConnection:
    """Execute; on failure EngineError with the class of the error and `doing`, never the engine's text."""
    failure: str
    try:
        return connection.execute(sql, dict(parameters)) if parameters else connection.execute(sql)
    except duckdb.OutOfMemoryException:
        failure = "out of memory or of scratch disk"
    except duckdb.Error as error:
        failure = type(error).__name__
    raise EngineError(f"DuckDB failed while {doing}: {failure}", hint="report this to the maintainers")


def quoted(identifier: str) -> str:
    """An SQL identifier, whatever its characters."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def parquet(path: Path) -> str:
    """FROM-able SQL over a Parquet file."""
    return f"read_parquet({literal(str(path))})"


def write_table(
    connection: duckdb.DuckDBPyConnection, select: str, target: Path, fingerprint: str, *, doing: str
) -> int:
    """Write a query as a work table (Parquet, zstd, with its fingerprint); returns the number of rows."""
    metadata = f"{{{literal(FINGERPRINT_KEY)}: {literal(fingerprint)}}}"
    options = (
        "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
        f"ROW_GROUP_SIZE {ROW_GROUP}, "
        f"KV_METADATA {metadata}"
    )
    result = run(connection, f"COPY ({select}) TO {literal(str(target))} ({options})", doing=doing)
    row = result.fetchone()
    return int(row[0]) if row else 0
