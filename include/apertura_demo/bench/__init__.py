"""Speed and memory at scale, as ratios measured in one run: the pipeline, pandas, and the floor."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def cpu_seconds() -> float:
    """Seconds of processor that this process and its ended children took: what a busy machine changes least."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def peak_mb() -> float:
    """Peak resident memory of this process, MB (10^6 bytes)."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would also count the parent's memory from before exec
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6
