"""Fixtures of the pipeline's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_scene import Scene, scene

from apertura.settings import Settings


@pytest.fixture
def world(tmp_path: Path, settings: Settings) -> Iterator[Scene]:
    """Three small institutions that answer, and a project of the test's own."""
    with scene(tmp_path, settings) as built:
        yield built
