"""The engine that reads published tables keeps to what the deployment allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apertura.portal import published
from apertura.portal.published import Limits, engine, limit


@pytest.fixture
def as_before() -> Iterator[None]:
    before = published._limits
    yield
    published._limits = before


def setting(name: str) -> str:
    with engine() as connection:
        found = connection.execute("SELECT current_setting(?)", [name]).fetchone()
    assert found is not None
    return str(found[0])


def test_memory_threads_and_scratch_are_those_of_the_settings(tmp_path: Path, as_before: None) -> None:
    limit(Limits("123MiB", 1, tmp_path / "disco"))
    assert setting("memory_limit") == "123.0 MiB"
    assert setting("threads") == "1"
    assert Path(setting("temp_directory")).parent.parent == tmp_path / "disco"
    assert list((tmp_path / "disco").glob("apertura-*.guard"))


def test_without_a_limit_they_are_the_environments(
    tmp_path: Path, as_before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    published._limits = None
    monkeypatch.setenv("APERTURA_SCRATCH", str(tmp_path))
    monkeypatch.setenv("APERTURA_MEMORY_LIMIT", "77MiB")
    assert setting("memory_limit") == "77.0 MiB"
    assert Path(setting("temp_directory")).is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("memory", "processes", "each"),
    [("500MB", 2, "250MB"), ("1.5 GiB", 3, "0.5GiB"), ("80%", 4, "20%"), ("as you like", 2, "as you like")],
)
def test_processes_share_what_there_is(memory: str, processes: int, each: str) -> None:
    shared = Limits(memory, 5, Path("x")).shared(processes)
    assert (shared.memory, shared.threads) == (each, max(1, 5 // processes))
