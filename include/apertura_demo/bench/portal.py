"""The portal at scale: `python -m apertura_demo.bench.portal`, 1,000 datasets and then one that changed.

One dataset goes through the whole pipeline; the others are copies of its release under names of their own.
What is measured is `apertura catalogue` as a maintainer calls it: on the wall, with the start of Python.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apertura_demo.bench.__main__ import HOME, Bench, prepared

NAME = "adjudicaciones"
ROWS = 400
ASKED = {"every page": 60, "nothing changed": 5, "one dataset changed": 5}
THEMES = ("GOVE", "ECON", "HEAL", "EDUC", "TRAN", "JUST", "ENVI", "SOCI")
TEXTS = (".json", ".html", ".yaml")
LATER = "20260901T000000Z-00000000"


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(prog="bench.portal", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000, help="of `make bench`; a thousandth of a half")
    parser.add_argument("--datasets", type=int, help="how many instead")
    parser.add_argument("--folder", type=Path, help="scratch disk to measure on")
    options = parser.parse_args()
    datasets = options.datasets or max(2, options.rows // 2000)
    with tempfile.TemporaryDirectory(prefix="apertura-bench-", dir=options.folder) as name:
        measure(Path(name), datasets)


def measure(folder: Path, datasets: int) -> None:
    """The three builds, each a process of its own."""
    bench = prepared(folder, ROWS)
    for name in ("templates", "assets", "guides"):  # without the SQL page: npm is not what is measured
        shutil.copytree(HOME / "include/portal" / name, folder / "home/include/portal" / name)
    publish(bench)
    for number in range(1, datasets):
        copy(bench, f"d{number:04d}", THEMES[number % len(THEMES)])
    print(f"{datasets:,} datasets of {ROWS} rows")
    told("every page", bench, datasets)
    told("nothing changed", bench, 0)
    renew(bench, "d0001")
    told("one dataset changed", bench, 1)


def publish(bench: Bench) -> None:
    """The one release that all others are copies of."""
    command = ["run", f"bench/{NAME}", "--extract", str(bench.source), "--no-portal"]
    apertura(bench, *command)


def copy(bench: Bench, name: str, theme: str) -> None:
    """Contract and release again under another name; tables are the same file."""
    contract = bench.folder / "home/include/datasets/bench" / f"{NAME}.yaml"
    text = contract.read_text(encoding="utf-8").replace("theme: GOVE", f"theme: {theme}")
    contract.with_name(f"{name}.yaml").write_text(renamed(text, name), encoding="utf-8")
    home = bench.folder / "state/public/datos/bench"
    for path in sorted((home / NAME).rglob("*")):
        if path.is_dir():
            continue
        target = home / name / renamed(path.relative_to(home / NAME).as_posix(), name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in TEXTS and not path.name.startswith(NAME):
            said = path.read_text(encoding="utf-8").replace('"theme": "GOVE"', f'"theme": "{theme}"')
            target.write_text(renamed(said, name), encoding="utf-8")
        else:
            os.link(path, target)


def renamed(text: str, name: str) -> str:
    """The dataset's name, and its title, in what says them."""
    return text.replace(NAME, name).replace("Adjudicaciones simuladas", f"Adjudicaciones simuladas {name}")


def renew(bench: Bench, name: str) -> None:
    """A second version of a dataset."""
    versions = bench.folder / "state/public/datos/bench" / name / "versiones"
    (first,) = versions.iterdir()
    shutil.copytree(first, versions / LATER)
    path = versions / LATER / "release.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest |= {"version": LATER, "number": 2, "previous": first.name, "taken": "2026-09-01T00:00:00+00:00"}
    path.unlink()
    path.write_text(json.dumps(manifest), encoding="utf-8")


def told(what: str, bench: Bench, made: int) -> None:
    """One build and its line."""
    started = time.perf_counter()
    answer = json.loads(apertura(bench, "catalogue", "--json"))
    seconds = time.perf_counter() - started
    if len(answer["made"]) != made or answer["problems"]:
        raise SystemExit(
            f"the portal was not built as it should: {answer['problems'] or len(answer['made'])}"
        )
    print(
        f"{what:24} {seconds:6.1f} s  (under {ASKED[what]}) {answer['written']:,} objects written", flush=True
    )


def apertura(bench: Bench, *arguments: str) -> str:
    """`apertura …` in a process of its own; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "apertura.cli", *arguments],
        env=bench.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"apertura {arguments[0]} failed")
    return done.stdout


if __name__ == "__main__":
    main()
