"""Pools from include/institutions: one per institution for asking its source, one for all computing.

`python -m apertura_airflow.pools > pools.json && airflow pools import pools.json` makes them. A task whose
pool does not exist is never scheduled and only the scheduler's log says so, hence this runs at every start.
This module imports no airflow: the demonstration runs it beside Airflow, not inside.
"""

from __future__ import annotations

import json
import os
import sys

from apertura.contract import Project
from apertura.errors import ContractError
from apertura.settings import Settings

COMPUTE = "compute"
COMPUTE_SLOTS = "APERTURA_COMPUTE_SLOTS"
"""How many computing stages may run at once; by default as many as the machine has cores."""


def institution_pool(institution: str) -> str:
    """Name of the pool whose slots say how many requests at once the institution's source gets."""
    return f"apertura_{institution}"


def pools(project: Project) -> dict[str, dict[str, object]]:
    """Every pool, in the form of `airflow pools import`; a wrong institution file is told on stderr."""
    slots = os.environ.get(COMPUTE_SLOTS, "")
    found: dict[str, dict[str, object]] = {
        COMPUTE: {
            "slots": int(slots) if slots.isdigit() and int(slots) > 0 else os.cpu_count() or 1,
            "description": "deidentify, clean, protect, validate, publish",
            "include_deferred": False,
        }
    }
    for name in project.institution_names():
        try:
            institution = project.institution(name)
        except ContractError as error:
            sys.stderr.write(f"no pool for {name}: {error}\n")
            continue
        found[institution_pool(name)] = {
            "slots": institution.pool_slots,
            "description": f"how many requests at once {name} gets",
            "include_deferred": False,
        }
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(pools(Project(Settings.from_env().home)), indent=1) + "\n")
