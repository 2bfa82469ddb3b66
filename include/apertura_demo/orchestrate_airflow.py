"""A real Airflow for a demonstration: SQLite and LocalExecutor, headless, all in one process group.

Its home is new at every start: what the pipeline must remember lies in the private bucket. Four processes
instead of `airflow standalone`: the triggerer is not needed, each has its own log, and the API for people is
apart from the one for tasks. The first writes its access log to SQLite in its event loop; were a task's
request in the same process between write and commit, each would wait for the other until SQLite gives up.
"""

from __future__ import annotations

import base64
import importlib.metadata
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

USER = "admin"
STOP_SECONDS = 20.0
PATIENCE = "apertura_demo.sqlite_patience.CONNECT_ARGS"
"""Where Airflow finds how long it waits for SQLite."""


class OrchestrationError(Exception):
    """What went wrong around Airflow, said so that a stranger can act on it."""


def free_port() -> int:
    """A port that is free now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether somebody could listen on this port of 127.0.0.1, and of all addresses."""
    for address in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 (asked, not served)
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((address, port))
            except OSError:
                return False
    return True


@dataclass
class Airflow:
    """One Airflow and its processes."""

    home: Path
    port: int
    execution_port: int
    password: str
    environ: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    group: int | None = None

    def start(self) -> None:
        """Start all components in a process group of their own."""
        logs = self.home / "component-logs"
        logs.mkdir(parents=True, exist_ok=True)
        tasks_api = ["api-server", "--apps", "execution", "--port", str(self.execution_port)]
        components = {
            "api-server": ["api-server", "--apps", "core"],
            "execution-api": tasks_api,
            "scheduler": ["scheduler"],
            "dag-processor": ["dag-processor"],
        }
        for name, command in components.items():
            with (logs / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "airflow", *command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self.environ,
                    process_group=self.group or 0,
                )
            self.group = self.group or process.pid
            self.processes[name] = process

    def check(self) -> None:
        """OrchestrationError when a component has ended by itself."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise OrchestrationError(
                    f"Airflow's {name} ended by itself (code {process.returncode}); "
                    f"its log: {self.home / 'component-logs' / f'{name}.log'}"
                )

    def answers_tasks(self) -> bool:
        """Whether the API that tasks report to answers."""
        try:
            answer = urllib3.request(
                "GET",
                f"http://127.0.0.1:{self.execution_port}/execution/health/ping",
                timeout=5.0,
                retries=False,
            )
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def stop(self) -> None:
        """End the whole group: SIGTERM, and SIGKILL for what is left after a while."""
        if self.group is None:
            return
        for sign, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)):
            try:
                os.killpg(self.group, sign)
            except ProcessLookupError:
                break
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline and not self._gone():
                time.sleep(0.05)
            if self._gone():
                break
        self.group = None

    def _gone(self) -> bool:
        """Whether the group is empty. Our own children are reaped first, else they count as members."""
        for process in self.processes.values():
            process.poll()
        try:
            os.killpg(self.group or 0, 0)
        except ProcessLookupError:
            return True
        return False


def prepare(state: Path, project: Path, port: int, extra: dict[str, str], *, scheduled: bool) -> Airflow:
    """A new home with a migrated database and a generated password; nothing runs yet.

    `extra` is added to the environment (buckets, key, connections). Without `scheduled` the DAGs' own
    schedules are off: exactly the runs that are triggered happen.
    """
    home = state / "airflow"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    execution_port = free_port()
    environ = _environment(home, project, port, execution_port, scheduled) | extra
    shutil.copyfile(_migrated_database(state, environ), home / "airflow.db")
    password = secrets.token_urlsafe(12)
    passwords = home / "simple_auth_manager_passwords.json.generated"
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({USER: password}) + "\n")
    return Airflow(home, port, execution_port, password, environ)


def _environment(
    home: Path, project: Path, port: int, execution_port: int, scheduled: bool
) -> dict[str, str]:
    """Ours only: what the machine says of Airflow elsewhere must not reach this one."""
    dropped = ("AIRFLOW", "_AIRFLOW", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    address = f"http://127.0.0.1:{port}"
    return kept | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__LAZY_LOAD_PLUGINS": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": PATIENCE,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": PATIENCE,
        # Tasks inherit what the scheduler has imported only by fork, no longer the default in Python 3.14.
        "AIRFLOW__CORE__MP_START_METHOD": "fork",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{execution_port}/execution/",
        # A busy machine answers late: asking again costs it more than waiting does.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(48),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(scheduled),
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "2",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        # One process per task on two cores: BLAS threads would only be in the way, also of the fork.
        "OPENBLAS_NUM_THREADS": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }


def _migrated_database(state: Path, environ: dict[str, str]) -> Path:
    """An empty, migrated database, made once per version of Airflow and its providers."""
    packages = ("apache-airflow", "apache-airflow-core", "apache-airflow-providers-fab")
    versions = "-".join(importlib.metadata.version(name) for name in packages)
    template = state / "cache" / f"airflow-{versions}.db"
    if template.exists():
        return template
    template.parent.mkdir(parents=True, exist_ok=True)
    home = state / "cache" / f"migrating-{os.getpid()}"
    home.mkdir(mode=0o700)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=environ | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LAZY_LOAD_PLUGINS": "True"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            log = state / "airflow-migrate.log"
            log.write_bytes(done.stdout + done.stderr)
            raise OrchestrationError(f"Airflow could not make its database; its log: {log}")
        with closing(sqlite3.connect(home / "airflow.db")) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (home / "airflow.db").replace(template)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return template
