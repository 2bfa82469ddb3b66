"""Every measurement works, on few rows and without a look at its times: what it prints is complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = "20000"


def printed(module: str, *arguments: str) -> str:
    """What a module of the bench prints; it must end well."""
    environment = {name: text for name, text in os.environ.items() if name != "APERTURA_REFERENCE"}
    done = subprocess.run(
        [sys.executable, "-m", module, "--rows", ROWS, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_pipeline_is_measured_against_the_floor(tmp_path: Path) -> None:
    text = printed("apertura_demo.bench", "--skip-pandas", "--skip-rooms", "--folder", str(tmp_path))
    for stage in ("extract", "deidentify", "clean", "protect", "validate", "publish", "whole", "floor"):
        assert re.search(rf"│ {stage}[^│]*│ *[\d.]+ *│ *[\d.]+ *│ *[\d,]+ *│ *[\d,]+ *│", text), stage
    for asked in ("at most 1.6", "at most 2.2", "at most 3"):
        assert re.search(rf"\d+\.\d\d +\d+\.\d\d  \({asked}\)", text), asked
    assert "MB (under 1,000)" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("room", "asked"),
    [
        pytest.param(
            "disclosure",
            ["20,000 rows, 6 quasi-identifiers", "under 30", "under 1,000"],
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "validation",
            ["20,000 rows, 20 expectations", "at least 3", "under 1,000"],
            marks=pytest.mark.slow,
        ),
        ("detect", ["20,000 rows x 10 columns", "under 60"]),
        pytest.param(
            "portal",
            ["10 datasets", "every page", "under 60", "one dataset changed", "under 5"],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_room_alone_is_measured_and_says_what_is_asked(room: str, asked: list[str]) -> None:
    text = printed(f"apertura_demo.bench.{room}")
    for words in asked:
        assert words in text
