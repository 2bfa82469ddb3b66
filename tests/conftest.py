"""Fixtures shared by all rooms: settings in a temporary folder, a project, a key, real extracts."""

from __future__ import annotations

import base64
import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from apertura.contract import Dataset, Project
from apertura.runs.context import Context
from apertura.settings import Settings
from apertura.storage import open_bucket

# Timing never decides a test: the machine may be busy.
hypothesis.settings.register_profile("apertura", deadline=None)
hypothesis.settings.load_profile("apertura")

HOME = Path(__file__).resolve().parents[1]
FIXED_NOW = dt.datetime(2026, 1, 31, 12, 0, 0, tzinfo=dt.UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose every folder lies in the test's own folder; the project is this checkout."""
    key = tmp_path / "master.key"
    key.write_text(base64.b64encode(b"a key for tests, thirty-two byte").decode())
    key.chmod(0o600)
    return Settings(
        home=HOME,
        private_url=(tmp_path / "private").as_uri(),
        public_url=(tmp_path / "public").as_uri(),
        key_file=key,
        scratch=tmp_path / "scratch",
        memory_limit="400MB",
        threads=2,
        lease_seconds=900,
        inbox_settle_seconds=0,
    )


@pytest.fixture
def make_context(settings: Settings) -> Callable[..., Context]:
    """Build a Context for a dataset (object or id); the clock stands still."""

    def build(
        dataset: Dataset | str, run_id: str = "run-1", clock: Callable[[], dt.datetime] | None = None
    ) -> Context:
        if isinstance(dataset, str):
            dataset = Project(settings.home).dataset(dataset)
        return Context(
            dataset=dataset,
            run_id=run_id,
            settings=settings,
            private=open_bucket(settings.private_url),
            public=open_bucket(settings.public_url),
            clock=clock or (lambda: FIXED_NOW),
        )

    return build


def _beside(variable: str, what: str) -> Path:
    """A folder that is not part of the project; the test is skipped where nothing names one."""
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} is not set: no {what} on this machine")
    path = Path(folder)
    assert path.is_dir(), f"{variable} names a folder that is not there"
    return path


@pytest.fixture(scope="session")
def real_extracts() -> Path:
    """The folder of real extracts."""
    return _beside("APERTURA_EXTRACTS", "real extracts")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference tables of other tools."""
    return _beside("APERTURA_REFERENCE", "reference tables")


@pytest.fixture(scope="session")
def standards() -> Path:
    """The folder of the standards' own rule files."""
    return _beside("APERTURA_STANDARDS", "rule files of the standards")
