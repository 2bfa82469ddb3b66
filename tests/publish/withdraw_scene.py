"""What a forked process of the withdrawal's kill test does."""

from __future__ import annotations

import os
from pathlib import Path

from publish_scene import ID, NOW, settings_in

REASON = "La columna de montos venía duplicada por un error del archivo de origen."


def work(state: Path, environment: dict[str, str]) -> None:
    """Withdraw the whole dataset of a state folder."""
    os.environ.update(environment)
    from apertura.publish.withdraw import withdraw

    withdraw(settings_in(state), ID, REASON, by="operadora", clock=lambda: NOW)
