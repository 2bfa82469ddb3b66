"""What the scheduler imports once, so that the tasks it forks need not."""

from __future__ import annotations

import importlib
import logging

MODULES = (
    "duckdb",
    "pyarrow.parquet",
    "pandas",
    "great_expectations",
    "apertura.pipeline",
    "apertura.runs.due",
    "apertura.sources.extract",
    "apertura.prepare.deidentify",
    "apertura.prepare.clean",
    "apertura.prepare.protect",
    "apertura.quality",
    "apertura.publish",
)


def preload() -> None:
    """Import everything the stages use."""
    # It tells of each of its own functions while it is imported.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    for name in MODULES:
        importlib.import_module(name)
    importlib.import_module("apertura.quality").preload()
