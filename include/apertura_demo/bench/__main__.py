"""`make bench`: the whole pipeline at scale, its stages, and the ratios to pandas and to the floor.

Every measurement is a process of its own, so that its peak memory is its own. Times and memory of another
run or machine say little; the ratios of one run do, and where others work on the machine, those of processor
time.
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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apertura.runs.context import STAGES
from apertura_demo.bench import data

HOME = Path(__file__).resolve().parents[3]
PLAIN, PROTECTED = "bench/adjudicaciones", "bench/protegidas"
ALONE = ("disclosure", "validation", "detect", "portal")
"""Modules of this package that measure one room each and print what is asked of it beside it."""


@dataclass(frozen=True)
class Measure:
    """Work without the start of Python: seconds on the wall and of processor, peak resident memory in MB."""

    seconds: float
    cpu: float
    peak_mb: float

    def __add__(self, other: Measure) -> Measure:
        """One after the other."""
        peak = max(self.peak_mb, other.peak_mb)
        return Measure(self.seconds + other.seconds, self.cpu + other.cpu, peak)

    def without(self, part: Measure) -> Measure:
        """What is left when a part is not counted; its memory stays in the peak."""
        return Measure(self.seconds - part.seconds, self.cpu - part.cpu, self.peak_mb)

    def times(self, other: Measure) -> tuple[float, float]:
        """How many times the other's seconds: on the wall, of processor."""
        return self.seconds / other.seconds, self.cpu / other.cpu


def measure(arguments: list[str], environment: dict[str, str]) -> Measure:
    """Run a Python module to its end; its answer is the last line it prints."""
    process = subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments[:2])} failed")
    return Measure(**json.loads(process.stdout.splitlines()[-1]))


@dataclass(frozen=True)
class Bench:
    """One measurement: its folder, its source, what the processes find in their environment."""

    folder: Path
    rows: int
    source: Path
    environment: dict[str, str]

    def stages(self, dataset: str, names: Sequence[str]) -> dict[str, Measure]:
        """Some stages of a dataset, in their order."""
        module = "apertura_demo.bench.stage"
        return {name: measure([module, name, str(self.source), dataset], self.environment) for name in names}

    def rival(self, script: str) -> Measure:
        """What ours is held against, from the same source."""
        target = self.folder / script
        target.mkdir()
        measured = measure(
            ["apertura_demo.bench.rivals", script, str(self.source), str(target)], self.environment
        )
        shutil.rmtree(target)
        return measured


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--skip-pandas", action="store_true", help="only the pipeline and the floor")
    parser.add_argument("--skip-rooms", action="store_true", help="without the rooms measured alone")
    parser.add_argument("--folder", type=Path, help="scratch disk to measure on")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="apertura-bench-", dir=options.folder) as name:
        report(prepared(Path(name), options.rows), skip_pandas=options.skip_pandas)
    for room in () if options.skip_rooms else ALONE:
        print(f"\n{room}", flush=True)
        command = [sys.executable, "-m", f"apertura_demo.bench.{room}", "--rows", str(options.rows)]
        subprocess.run(command, check=True)


def prepared(folder: Path, rows: int) -> Bench:
    """The source, the project and the key, made in `folder`."""
    source, home, key = folder / "adjudicaciones.csv", folder / "home", folder / "key"
    subprocess.run(
        [sys.executable, "-m", "apertura_demo.bench.data", str(source), str(rows)], check=True
    )  # in a process of its own, so that its memory is not ours
    data.make_project(home, HOME)
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
    return Bench(folder, rows, source, environment)


def report(bench: Bench, *, skip_pandas: bool) -> None:
    """Everything in one table and the ratios under it.

    The floor runs before and after the pipeline and counts by its mean, so that a machine that grows busier
    or hotter meanwhile favours neither.
    """
    console = Console(width=100)
    console.print(f"{bench.rows:,} rows, {bench.source.stat().st_size / 1e6:.0f} MB of CSV\n")
    floors = [bench.rival("floor")]
    stages = bench.stages(PLAIN, STAGES)
    xml = bench.stages(PLAIN, ["xml"])["xml"]
    floors.append(bench.rival("floor"))
    guarded = bench.stages(PROTECTED, STAGES[: STAGES.index("protect") + 1])["protect"]
    shutil.rmtree(bench.folder / "state")
    pandas = None if skip_pandas else bench.rival("pandas")

    table = Table(
        "what", "seconds", "of processor", "rows/s", "peak MB", title="The pipeline, stage by stage"
    )
    for stage, measured in stages.items():
        _row(table, stage, measured, bench.rows)
    whole = reduce(add, stages.values())
    total = reduce(add, floors)
    floor = Measure(total.seconds / len(floors), total.cpu / len(floors), total.peak_mb)
    # The protected dataset publishes less than the plain one: only its protect takes the other's place.
    protected = whole.without(stages["protect"]) + guarded
    _row(table, "whole", whole, bench.rows)
    _row(table, "protect with a privacy model", guarded, bench.rows)
    _row(table, "floor: one DuckDB script", floor, bench.rows)
    if pandas is not None:
        _row(table, "pandas with GX, no XML", pandas, bench.rows)
    console.print(table)
    console.print("\nratios: on the wall, of processor time, what is asked")
    without = whole.without(stages["validate"])
    _ratio(console, "whole / floor, without validation", without.times(floor), "at most 1.6")
    _ratio(console, "whole / floor, with validation", whole.times(floor), "at most 2.2")
    _ratio(console, "the same with a privacy model", protected.times(floor), "at most 3")
    console.print(f"{'peak memory of the whole':36} {protected.peak_mb:5.0f} MB (under 1,000)")
    if pandas is not None:
        _ratio(console, "pandas / whole without XML", pandas.times(whole.without(xml)), "at least 2")
        memory = pandas.peak_mb / whole.peak_mb
        console.print(f"{'pandas memory / ours':36} {memory:5.2f}        (at least 4)")


def _ratio(console: Console, what: str, ratios: tuple[float, float], asked: str) -> None:
    wall, cpu = ratios
    console.print(f"{what:36} {wall:5.2f} {cpu:5.2f}  ({asked})")


def _row(table: Table, what: str, measured: Measure, rows: int) -> None:
    cells = f"{measured.seconds:.1f}", f"{measured.cpu:.1f}", f"{rows / measured.seconds:,.0f}"
    table.add_row(what, *cells, f"{measured.peak_mb:,.0f}")


if __name__ == "__main__":
    main()
