"""Fixtures of the quality tests: a run whose protected tables are there, and its validation."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from quality_scene import leave_tables, write_project

from apertura.contract import Dataset
from apertura.runs.context import Context
from apertura.runs.work import work_key
from apertura.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The project's folder of one test."""
    return tmp_path / "home"


@pytest.fixture
def start(settings: Settings, home: Path, make_context: Callable[..., Context]) -> Callable[..., Context]:
    """Begin a run of a contract and a suite; protect has left the tables of the queries."""

    def begin(document: dict[str, Any], *selects: str, suite: Any = None) -> Context:
        dataset: Dataset = write_project(home, document, suite)
        ctx = dataclasses.replace(make_context(dataset), settings=dataclasses.replace(settings, home=home))
        leave_tables(ctx, *selects)
        return ctx

    return begin


@pytest.fixture
def stored() -> Callable[[Context], dict[str, Any]]:
    """The document that validate wrote."""
    return lambda ctx: json.loads(ctx.private.get(work_key(ctx, "validate")))
