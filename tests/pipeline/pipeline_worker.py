"""What a forked process of the kill tests does."""

from __future__ import annotations

import os
from pathlib import Path

from apertura.settings import Settings


def work(settings: Settings, folder: Path, port: int, environment: dict[str, str], court: bool) -> None:
    """Run SAT's pipeline once with these settings, or the court's."""
    os.environ.update(environment)
    from apertura import pipeline
    from apertura.sources.endpoint import Endpoint

    if court:
        endpoint = Endpoint.from_parts("sqlite", str(folder / "oj" / "oj.sqlite"), connection_id="oj_db")
        pipeline.run(pipeline.context("oj/sentencias", "run-1", settings=settings), endpoint)
        return
    endpoint = Endpoint.from_parts(
        "http", f"http://127.0.0.1:{port}/sat", extra={"allow_private": True, "retries": 0}
    )
    pipeline.run(pipeline.context("sat/importacion-vehiculos", "run-1", settings=settings), endpoint)
