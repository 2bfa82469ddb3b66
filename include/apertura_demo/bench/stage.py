"""One stage of the measured dataset in a process of its own; answers {"seconds": …, "cpu": …, "peak_mb": …}."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from apertura import pipeline
from apertura.prepare.engine import connect, literal
from apertura.publish import formats
from apertura.runs.context import WHOLE, Context
from apertura.runs.work import work_key
from apertura_demo.bench import cpu_seconds, peak_mb


def main() -> None:
    """`python -m apertura_demo.bench.stage <stage> <source> <dataset>`"""
    stage, source, dataset = sys.argv[1:]
    ctx = pipeline.context(dataset, "bench")
    if stage == "xml":
        seconds, cpu = _xml_alone(ctx)
    else:
        started, spent = time.monotonic(), cpu_seconds()
        pipeline.run_stage(
            ctx, stage, WHOLE, files=[Path(source)] if stage == "extract" else None, partitions=[WHOLE]
        )
        seconds, cpu = time.monotonic() - started, cpu_seconds() - spent
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak_mb()}))


def _xml_alone(ctx: Context) -> tuple[float, float]:
    """What writing the XML costs, wall and processor, to leave it out where the rival has none."""
    resource = ctx.dataset.contract.resources[0]
    with (
        ctx.scratch() as scratch,
        connect(ctx.settings, scratch) as connection,
        ctx.private.as_file(work_key(ctx, "protect", WHOLE, resource)) as table,
    ):
        relation = f"read_parquet({literal(str(table))})"
        select, options = formats._xml(relation, resource)
        started, spent = time.monotonic(), cpu_seconds()
        connection.execute(f"COPY ({select}) TO {literal(str(scratch / 'x.xml'))} ({options})")
        return time.monotonic() - started, cpu_seconds() - spent


if __name__ == "__main__":
    main()
