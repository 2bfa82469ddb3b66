"""Places where a test kills the process: before and after each write and rename.

`APERTURA_FAILPOINT=publish.manifest:before` kills with SIGKILL there; `disk-full:clean` raises ENOSPC
at the points of that stage. `APERTURA_FAILPOINT_ONCE=<file>` names a file that is made at the first kill
and spares the next, for a scheduler that tries again. Unset, a fail point is one dictionary look-up.
"""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

VARIABLE = "APERTURA_FAILPOINT"
ONCE = "APERTURA_FAILPOINT_ONCE"


def failpoint(name: str) -> None:
    """Die here when the environment says so. `name` is `<stage>.<what>:<before|after>`."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    if wanted == name and not _spared():
        os.kill(os.getpid(), signal.SIGKILL)
    if wanted.startswith("disk-full:") and name.startswith(f"{wanted.removeprefix('disk-full:')}."):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _spared() -> bool:
    """Whether the one kill that was asked for has happened; notes it otherwise."""
    marker = os.environ.get(ONCE)
    if marker is None:
        return False
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return True
    return False
