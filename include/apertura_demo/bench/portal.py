"""The portal at scale: `python -m apertura_demo.bench.portal`, 1,000 datasets and then one that changed.

One dataset goes through the whole pipeline; the others are its release under names of their own, with data of
their own too, so that nothing that is remembered by its content helps. What is measured is `apertura
catalogue` as a maintainer calls it: with the start of Python, on the wall and, because others may work on the
machine, in processor time of all its processes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from apertura.storage.files import file_digest
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
    bench = scene(folder, datasets)
    print(f"{datasets:,} datasets of {ROWS} rows")
    told("every page", bench, datasets)
    told("nothing changed", bench, 0)
    renew(bench, "d0001")
    told("one dataset changed", bench, 1)


def scene(folder: Path, datasets: int) -> Bench:
    """The project and so many published datasets, without a site."""
    bench = prepared(folder, ROWS)
    for name in ("templates", "assets", "guides"):  # without the SQL page: npm is not what is measured
        shutil.copytree(HOME / "include/portal" / name, folder / "home/include/portal" / name)
    publish(bench)
    for number in range(1, datasets):
        name = f"d{number:04d}"
        copy(bench, name, THEMES[number % len(THEMES)])
        vary(bench, name, number)
    return bench


def publish(bench: Bench) -> None:
    """The one release that all others are copies of."""
    command = ["run", f"bench/{NAME}", "--extract", str(bench.source), "--no-portal"]
    apertura(bench, *command)


def copy(bench: Bench, name: str, theme: str) -> None:
    """Contract and release again under another name; files of tables are shared, see `vary`."""
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


def vary(bench: Bench, name: str, number: int) -> None:
    """Amounts, dates and places of the dataset's own in its Parquet, the one file of a table that is read."""
    home = bench.folder / "state/public/datos/bench" / name
    (manifest,) = home.glob("versiones/*/release.json")
    path = manifest.with_name(f"{name}.parquet")
    made = path.with_suffix(".new")
    duckdb.sql(
        f"COPY (SELECT * REPLACE ("
        f"CAST(monto * {100 + number} / 100 + {number} AS DECIMAL(18,2)) AS monto, "
        f"fecha + {number % 60} AS fecha, "
        f"lpad(CAST(1 + (CAST(departamento_codigo AS INT) + hash(nog, {number}) % 9) % 22 AS VARCHAR), 2, '0') "
        f"AS departamento_codigo) FROM read_parquet('{path}')) TO '{made}' (FORMAT parquet, COMPRESSION zstd)"
    )
    said = json.loads(manifest.read_text(encoding="utf-8"))
    for file in said["files"]:
        if file["path"] == path.name:
            file |= {"bytes": made.stat().st_size, "sha256": file_digest(made)}
    manifest.write_text(json.dumps(said), encoding="utf-8")
    latest = home / "latest" / path.name
    made.replace(path)
    latest.unlink()
    os.link(path, latest)


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
    started, before = time.perf_counter(), _processor()
    answer = json.loads(apertura(bench, "catalogue", "--json"))
    seconds, cpu = time.perf_counter() - started, _processor() - before
    if len(answer["made"]) != made or answer["problems"]:
        raise SystemExit(
            f"the portal was not built as it should: {answer['problems'] or len(answer['made'])}"
        )
    line = f"{what:24} {seconds:6.1f} s  (under {ASKED[what]}) {cpu:6.1f} s of processor, "
    line += f"{answer['written']:,} objects written"
    if made > 1:
        line += f"; {1000 * seconds / made:.0f} ms a dataset, {1000 * cpu / made:.0f} of processor"
    print(line, flush=True)


def _processor() -> float:
    """Seconds of processor of all processes started from here that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
