"""A database that knows the vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from apertura.contract import Project
from apertura.prepare import vocabulary

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """One for all tests of this room; each makes its own tables."""
    with duckdb.connect() as connection:
        vocabulary.load(connection, Project(HOME).dataset("sat/importacion-vehiculos"))
        yield connection
