"""Reading bytes as a contract's reader declares, with a real DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from apertura.contract.intake import Reader
from apertura.readers import RawTable, header, read

Rows = list[tuple[str | None, ...]]


@dataclass
class Reading:
    """Reads files, each time in a folder of its own, so that a property can use it many times."""

    connection: duckdb.DuckDBPyConnection

    def __call__(self, reader: Reader, *contents: bytes) -> tuple[RawTable, Rows]:
        """The table and its rows; the contents are the extract's files in name order."""
        with TemporaryDirectory() as name:
            folder = Path(name)
            paths = []
            for number, content in enumerate(contents):
                path = folder / f"[a*b] {number}.xls"
                path.write_bytes(content)
                paths.append((path.name, path))
            scratch = folder / "scratch"
            scratch.mkdir()
            table = read(reader, paths, scratch, self.connection, where="sat/prueba")
            described = self.connection.execute(f"DESCRIBE SELECT * FROM {table.relation}").fetchall()
            assert [row[0] for row in described] == table.columns
            assert {row[1] for row in described} == {"VARCHAR"}
            rows = self.connection.execute(f"SELECT * FROM {table.relation}").fetchall()
            again = self.connection.execute(f"SELECT * FROM {table.relation} AS t").fetchall()
            assert again == rows, "a relation is read as often as wanted"
            assert len(rows) == table.rows
            assert header(reader, paths[0][1]) == table.columns
            return table, rows


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2, "memory_limit": "400MB"}) as opened:
        yield opened


@pytest.fixture(scope="session")
def reading(connection: duckdb.DuckDBPyConnection) -> Callable[..., tuple[RawTable, Rows]]:
    return Reading(connection)
