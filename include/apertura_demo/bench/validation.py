"""Validation alone: 20 expectations over two million rows, ours (over DuckDB) against the library on pandas.

    python -m apertura_demo.bench.validation --rows 2000000

Both hold the same expectations against the same Parquet, each in a process of its own. Ours is timed from the
file; pandas only from the frame in memory, so that the ratio is on the careful side.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from apertura_demo.bench import cpu_seconds, peak_mb

STATES = ["ADJUDICADO", "DESIERTO", "ANULADO"]
EXPECTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("expect_table_row_count_to_be_between", {"min_value": 1}),
    ("expect_column_values_to_not_be_null", {"column": "nog"}),
    ("expect_column_values_to_not_be_null", {"column": "departamento"}),
    ("expect_column_values_to_not_be_null", {"column": "entidad"}),
    ("expect_column_values_to_not_be_null", {"column": "proveedor"}),
    ("expect_column_values_to_not_be_null", {"column": "monto"}),
    ("expect_column_values_to_be_unique", {"column": "nog"}),
    ("expect_column_values_to_match_regex", {"column": "nog", "regex": r"^\d{9}$"}),
    ("expect_column_values_to_match_regex", {"column": "departamento", "regex": r"^(0[1-9]|1\d|2[0-2])$"}),
    ("expect_column_values_to_not_match_regex", {"column": "proveedor", "regex": r"\d{13}"}),
    ("expect_column_values_to_be_between", {"column": "monto", "min_value": 0}),
    ("expect_column_values_to_be_between", {"column": "edad", "min_value": 18, "max_value": 99}),
    ("expect_column_values_to_be_in_set", {"column": "estado", "value_set": STATES}),
    ("expect_column_distinct_values_to_be_in_set", {"column": "estado", "value_set": STATES}),
    ("expect_column_value_lengths_to_be_between", {"column": "descripcion", "max_value": 500}),
    ("expect_column_value_lengths_to_equal", {"column": "nog", "value": 9}),
    ("expect_column_mean_to_be_between", {"column": "monto", "min_value": 1, "max_value": 10_000_000}),
    ("expect_column_max_to_be_between", {"column": "edad", "max_value": 99}),
    ("expect_column_unique_value_count_to_be_between", {"column": "entidad", "min_value": 2}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "monto", "column_B": "edad"}),
]

_TABLE = """
COPY (
    SELECT printf('%09d', i) AS nog,
           printf('%02d', 1 + i % 22) AS departamento,
           'ENTIDAD ' || hash(i) % 900 AS entidad,
           'PROVEEDOR ' || hash(i * 7) % {suppliers} || ' SOCIEDAD ANÓNIMA' AS proveedor,
           CAST(100 + hash(i * 3) % 90000000 / 100 AS DECIMAL(18, 2)) AS monto,
           CAST(18 + hash(i * 5) % 70 AS BIGINT) AS edad,
           ['ADJUDICADO', 'DESIERTO', 'ANULADO'][1 + CAST(hash(i * 11) % 3 AS INT)] AS estado,
           'Adquisición de bienes número ' || i || repeat(' y servicios', CAST(hash(i) % 9 AS INT)) AS descripcion
    FROM range({rows}) AS r(i)
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""


def generate(path: Path, rows: int) -> None:
    """The table, clean: every expectation holds."""
    import duckdb

    duckdb.execute(_TABLE.format(path=path, rows=rows, suppliers=max(rows * 12 // 100, 1)))


def ours(path: Path) -> tuple[float, float]:
    """Seconds, wall and processor, that our session takes from the file."""
    from apertura.prepare import engine
    from apertura.quality.expected import Expected
    from apertura.quality.gx_duckdb import Session
    from apertura.settings import Settings

    expected = [
        Expected("tabla", kind, kwargs, "critical", "suite", "", f"bench {number}")
        for number, (kind, kwargs) in enumerate(EXPECTATIONS)
    ]
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        started, spent = time.monotonic(), cpu_seconds()
        with engine.connect(Settings.from_env(), Path(scratch)) as connection:
            source = engine.parquet(path)
            engine.run(connection, f"CREATE VIEW tabla AS SELECT * FROM {source}", doing="opening the table")
            outcomes = Session(connection).evaluate("tabla", expected)
        seconds, cpu = time.monotonic() - started, cpu_seconds() - spent
    _all_hold([outcome.success for outcome in outcomes])
    return seconds, cpu


def pandas(path: Path) -> tuple[float, float]:
    """Seconds, wall and processor, that Great Expectations takes on a frame in memory."""
    import great_expectations as gx
    import pandas as pd
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    frame = pd.read_parquet(path)
    frame["monto"] = frame["monto"].astype(float)  # Decimal objects would be slower still
    started, spent = time.monotonic(), cpu_seconds()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    suite = gx.ExpectationSuite(name="bench")
    for kind, kwargs in EXPECTATIONS:
        suite.expectations.append(ExpectationConfiguration(type=kind, kwargs=kwargs).to_domain_obj())
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("tabla")
    batch = asset.add_batch_definition_whole_dataframe("todo").get_batch({"dataframe": frame})
    # Counts without values, as ours: the same answer is asked of both.
    answer = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    seconds, cpu = time.monotonic() - started, cpu_seconds() - spent
    _all_hold([bool(result.success) for result in answer.results])
    return seconds, cpu


def _all_hold(successes: list[bool]) -> None:
    if len(successes) != len(EXPECTATIONS) or not all(successes):
        raise SystemExit(f"{successes.count(False)} of {len(successes)} expectations failed: no measurement")


def main() -> None:
    """Generate, measure each in its own process, print the ratio."""
    parser = argparse.ArgumentParser(prog="bench.validation", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, help="scratch disk to measure on")
    parser.add_argument("--only", choices=["ours", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        seconds, cpu = {"ours": ours, "pandas": pandas}[options.only](options.table)
        print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb()}))
        return
    with tempfile.TemporaryDirectory(prefix="apertura-bench-", dir=options.folder) as name:
        table = Path(name) / "tabla.parquet"
        generate(table, options.rows)
        measured = {which: _measure(which, table) for which in ("ours", "pandas")}
    print(f"{options.rows:,} rows, {len(EXPECTATIONS)} expectations")
    for which, one in measured.items():
        print(
            f"{which:8} {one['seconds']:6.1f} s  {one['cpu']:6.1f} s of processor  {one['peak_mb']:6,.0f} MB"
        )
    wall, cpu = (measured["pandas"][what] / measured["ours"][what] for what in ("seconds", "cpu"))
    print(f"pandas / ours   {wall:5.2f}, of processor {cpu:5.2f}   (at least 3)")
    print(f"peak memory     {measured['ours']['peak_mb']:5,.0f} MB (under 1,000)")


def _measure(which: str, table: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "apertura_demo.bench.validation", "--only", which, "--table", str(table)]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"measuring {which} failed")
    answer: dict[str, float] = json.loads(process.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
