"""One database for the tests of detectors."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from detect_scene import database


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Knows the vocabulary."""
    with database() as opened:
        yield opened
