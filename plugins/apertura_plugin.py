"""The one file Airflow scans in plugins/: it loads heavy libraries once, in the scheduler.

Under the LocalExecutor every task is a fork of the scheduler and inherits what is imported there; without
this each task would import Great Expectations and pandas anew, seconds at a time. It needs
`AIRFLOW__CORE__LAZY_LOAD_PLUGINS=False`, so that plugins are loaded before the first fork.
"""

from __future__ import annotations

import sys

from airflow.plugins_manager import AirflowPlugin

from apertura_airflow.preload import preload

if "scheduler" in sys.argv:
    preload()


class AperturaPlugin(AirflowPlugin):
    """Tells Airflow that the plugin is here; the UI page and listeners of later issues hang on it."""

    name = "apertura"
