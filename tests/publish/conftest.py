"""Fixtures of the publish tests: a state folder with a project in it, runs in it, its public bucket."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from publish_scene import context_in, default_contract, leave_run, listing, write_project

from apertura.publish import publish
from apertura.runs.context import Context, StageResult


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Project, buckets and scratch of one test."""
    return tmp_path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A master key, which a dataset about people needs."""
    path = tmp_path / "master.key"
    path.write_bytes(base64.b64encode(bytes(range(32))))
    path.chmod(0o600)
    return path


@pytest.fixture
def start(state: Path) -> Callable[..., Context]:
    """Begin a run under a contract; protect and validate have left what they leave."""
    number = iter(range(1, 100))

    def begin(contract: dict[str, Any] | None = None, **left: Any) -> Context:
        dataset = write_project(state / "home", contract or default_contract())
        run_id, key_file = left.pop("run_id", f"corrida-{next(number)}"), left.pop("key_file", None)
        ctx = context_in(state, dataset, run_id, key_file)
        leave_run(ctx, **left)
        return ctx

    return begin


@pytest.fixture
def released(start: Callable[..., Context]) -> Callable[..., StageResult]:
    """Begin a run and publish it."""
    return lambda *args, **left: publish(start(*args, **left))


@pytest.fixture
def public(state: Path) -> Callable[[], dict[str, str]]:
    """Every public object of the dataset with its SHA-256, by its path below the dataset's folder."""
    return lambda: {
        key.removeprefix("datos/prueba/cosas/"): digest for key, digest in listing(state / "public").items()
    }
