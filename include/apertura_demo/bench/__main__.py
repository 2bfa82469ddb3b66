"""`make bench`: the whole pipeline at scale, its stages, and the ratios to pandas and to the floor.

Every measurement is a process of its own, so that its peak memory is its own. Times and memory of another
run or machine say little; the ratios of one run do.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apertura.runs.context import STAGES
from apertura_demo.bench import data

HOME = Path(__file__).resolve().parents[3]
DATASET = "bench/adjudicaciones"


@dataclass(frozen=True)
class Measure:
    """One process: seconds of work without the start of Python, peak resident memory in MB."""

    seconds: float
    peak_mb: float


def measure(arguments: list[str], environment: dict[str, str]) -> Measure:
    """Run a Python module to its end; its answer is the last line it prints."""
    process = subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments[:2])} failed")
    return Measure(**json.loads(process.stdout.splitlines()[-1]))


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--skip-pandas", action="store_true", help="only the pipeline and the floor")
    parser.add_argument("--folder", type=Path, help="scratch disk to measure on")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="apertura-bench-", dir=options.folder) as name:
        report(Path(name), options.rows, options.skip_pandas)


def report(folder: Path, rows: int, skip_pandas: bool) -> None:
    """Everything in one table and the ratios under it."""
    console = Console(width=100)
    source, home = folder / "adjudicaciones.csv", folder / "home"
    subprocess.run(
        [sys.executable, "-m", "apertura_demo.bench.data", str(source), str(rows)], check=True
    )  # in a process of its own, so that its memory is not ours
    data.make_project(home, HOME)
    key = folder / "key"
    key.write_text(base64.b64encode(os.urandom(32)).decode())
    key.chmod(0o600)
    environment = {
        **os.environ,
        "APERTURA_HOME": str(home),
        "APERTURA_STATE": str(folder / "state"),
        "APERTURA_KEY_FILE": str(key),
        "APERTURA_SCRATCH": str(folder / "scratch"),
        "APERTURA_NOW": "2026-01-31T00:00:00+00:00",
    }
    environment.pop("APERTURA_PUBLIC", None)
    environment.pop("APERTURA_PRIVATE", None)
    console.print(f"{rows:,} rows, {source.stat().st_size / 1e6:.0f} MB of CSV\n")

    stages: dict[str, Measure] = {}
    table = Table("what", "seconds", "rows/s", "peak MB", title="The pipeline, stage by stage")
    for stage in STAGES:
        stages[stage] = measure(["apertura_demo.bench.stage", stage, str(source)], environment)
        _row(table, stage, stages[stage], rows)
    whole = Measure(sum(m.seconds for m in stages.values()), max(m.peak_mb for m in stages.values()))
    _row(table, "whole", whole, rows)
    without_validation = whole.seconds - stages["validate"].seconds
    xml = measure(["apertura_demo.bench.stage", "xml", str(source)], environment).seconds
    shutil.rmtree(folder / "state")

    floor = _rival(table, "floor: one DuckDB script", "floor", source, folder, environment, rows)
    pandas = None
    if not skip_pandas:
        pandas = _rival(table, "pandas with GX, no XML", "pandas", source, folder, environment, rows)
    console.print(table)
    console.print(
        f"\nwhole / floor, without validation   {without_validation / floor.seconds:5.2f}   (at most 1.6)"
    )
    console.print(f"whole / floor, with validation      {whole.seconds / floor.seconds:5.2f}   (at most 2.2)")
    console.print(f"peak memory of the whole            {whole.peak_mb:5.0f} MB (under 1,000)")
    if pandas is not None:
        ours = whole.seconds - xml
        console.print(f"pandas / whole without XML          {pandas.seconds / ours:5.2f}   (at least 2)")
        console.print(
            f"pandas memory / ours                {pandas.peak_mb / whole.peak_mb:5.2f}   (at least 4)"
        )


def _row(table: Table, what: str, measured: Measure, rows: int) -> None:
    table.add_row(
        what, f"{measured.seconds:.1f}", f"{rows / measured.seconds:,.0f}", f"{measured.peak_mb:,.0f}"
    )


def _rival(
    table: Table, label: str, script: str, source: Path, folder: Path, environment: dict[str, str], rows: int
) -> Measure:
    target = folder / script
    target.mkdir()
    measured = measure(["apertura_demo.bench.rivals", script, str(source), str(target)], environment)
    shutil.rmtree(target)
    _row(table, label, measured, rows)
    return measured


if __name__ == "__main__":
    main()
