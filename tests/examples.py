"""How many examples a law is tried on: all where APERTURA_ALL_EXAMPLES is set (.ci/run), else a quarter."""

from __future__ import annotations

import os


def examples(full: int) -> int:
    """`full`, or in a quick run a quarter of it, at least 3."""
    return full if os.environ.get("APERTURA_ALL_EXAMPLES") else max(3, full // 4)
