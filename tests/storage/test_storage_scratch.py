"""Raw tables on the worker's disk are gone with their process, also when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from apertura.runs.context import Context
from apertura.storage import open_bucket
from apertura.storage.scratch import scratch_folder, sweep

HOLD = """
import sys, pathlib
from apertura.storage.scratch import scratch_folder
with scratch_folder(pathlib.Path(sys.argv[1])) as folder:
    (folder / "spill").mkdir()
    (folder / "spill" / "query.parquet").write_text("raw rows")
    print(folder, flush=True)
    sys.stdin.read()
"""
HOLD_S3 = """
import sys, pathlib
from apertura.storage import open_bucket
with open_bucket(sys.argv[2], scratch=pathlib.Path(sys.argv[1])).as_file("a/b.csv") as path:
    print(path.parent, flush=True)
    sys.stdin.read()
"""


def holder(code: str, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    """A process that is in the middle of using a scratch folder, and the folder."""
    command = [sys.executable, "-c", code, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_folder_is_ours_alone_and_goes_away(tmp_path: Path) -> None:
    parent = tmp_path / "not" / "there yet"
    old = os.umask(0)
    try:
        with scratch_folder(parent) as folder:
            (folder / "locked").mkdir()
            (folder / "file").write_text("x")
            (folder / "file").chmod(0o400)
            assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(old)
    assert list(parent.iterdir()) == []
    with pytest.raises(ZeroDivisionError), scratch_folder(parent):
        raise ZeroDivisionError
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_is_swept_by_the_next_one(
    tmp_path: Path, make_context: Callable[..., Context]
) -> None:
    ctx = make_context("oj/sentencias")
    process, folder = holder(HOLD, str(ctx.settings.scratch))
    with ctx.scratch() as own:
        assert (folder / "spill" / "query.parquet").exists(), "a living process keeps its folder"
        assert own != folder
    kill(process)
    assert (folder / "spill" / "query.parquet").read_text() == "raw rows"
    with ctx.scratch() as own:
        assert not folder.exists()
        assert {path.stem for path in ctx.settings.scratch.iterdir()} == {own.name}
    assert list(ctx.settings.scratch.iterdir()) == []


def test_what_is_killed_while_it_reads_from_s3_leaves_nothing_for_long(s3_url: str, tmp_path: Path) -> None:
    bucket = open_bucket(s3_url, scratch=tmp_path / "scratch")
    bucket.put("a/b.csv", b"raw rows")
    process, folder = holder(HOLD_S3, str(tmp_path / "scratch"), s3_url)
    assert (folder / "b.csv").read_bytes() == b"raw rows"
    kill(process)
    with bucket.as_file("a/b.csv"):
        assert not folder.exists()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_sweeping_takes_only_what_is_surely_ours(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    strangers = [tmp_path / name for name in ("apertura-bench-1", "apertura-", f"apertura-{'0' * 32}")]
    for folder in strangers:  # the last one has our form of name, but nobody's guard
        folder.mkdir()
    (tmp_path / "apertura-bench-1.guard").touch()
    (tmp_path / f"apertura-{'1' * 32}.guard").symlink_to(precious / "file")
    linked = tmp_path / f"apertura-{'2' * 32}"
    linked.symlink_to(precious)
    linked.with_suffix(".guard").touch()
    assert sweep(tmp_path) == 0
    assert (precious / "file").read_text() == "x"
    assert all(folder.is_dir() for folder in strangers)
    assert sweep(tmp_path / "not there") == 0


def test_a_guard_without_a_folder_is_swept(tmp_path: Path) -> None:
    (tmp_path / f"apertura-{'3' * 32}.guard").touch()
    assert sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_another_user_s_guard_is_left(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a file of another user")
    guard = tmp_path / f"apertura-{'4' * 32}.guard"
    guard.touch()
    os.chown(guard, 12345, -1)
    assert sweep(tmp_path) == 0
    assert guard.exists()
