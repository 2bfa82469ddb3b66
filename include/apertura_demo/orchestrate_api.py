"""Airflow's REST API, as much of it as the orchestrator asks for."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

PAGE = 100
"""Airflow's default `maximum_page_limit`."""
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try when Airflow answers with an error of its own (SQLite was locked, say).

Every request here may be asked again: a pool that exists is given its slots, a run is created under an id of
ours, which Airflow refuses to create twice.
"""
CONFLICT = 409


class ApiError(Exception):
    """Airflow did not answer, or answered with an error: method, path and status, no body."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """One Airflow on this machine. Methods raise ApiError."""

    def __init__(self, port: int, pauses: tuple[float, ...] = PAUSES) -> None:
        self._pauses = pauses
        self.base = f"http://127.0.0.1:{port}"
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(total=120), retries=False)
        self._token: str | None = None

    def healthy(self) -> bool:
        """Whether database, scheduler and DAG processor all are well."""
        try:
            answer = self._ask("GET", "/api/v2/monitor/health", once=True)
        except ApiError:
            return False
        wanted = ("metadatabase", "scheduler", "dag_processor")
        return all((answer.get(part) or {}).get("status") == "healthy" for part in wanted)

    def log_in(self, user: str, password: str) -> None:
        """Get a token for all later calls."""
        self._token = str(
            self._ask("POST", "/auth/token", {"username": user, "password": password})["access_token"]
        )

    def dag_ids(self) -> set[str]:
        """The DAGs that Airflow has read."""
        return {str(dag["dag_id"]) for dag in self._all("/api/v2/dags", "dags")}

    def import_errors(self) -> list[str]:
        """Names of the DAG files that cannot be read."""
        return [str(error["filename"]) for error in self._all("/api/v2/importErrors", "import_errors")]

    def plugin_errors(self) -> list[str]:
        """Names of the plugins that cannot be loaded."""
        return [str(error["source"]) for error in self._all("/api/v2/plugins/importErrors", "import_errors")]

    def make_pool(self, name: str, pool: dict[str, object]) -> None:
        """Create a pool, or give an existing one these slots."""
        body = {"name": name, **pool}
        try:
            self._ask("POST", "/api/v2/pools", body)
        except ApiError:
            self._ask("PATCH", f"/api/v2/pools/{quote(name, safe='')}", {"pool": name, **pool})

    def pause(self, dag_id: str, paused: bool) -> None:
        """Pause or unpause a DAG."""
        self._ask("PATCH", f"/api/v2/dags/{dag_id}?update_mask=is_paused", {"is_paused": paused})

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Create exactly one run now; returns its id."""
        run_id = f"manual__{datetime.now(UTC).isoformat()}_{secrets.token_hex(4)}"
        try:
            self._ask(
                "POST",
                f"/api/v2/dags/{dag_id}/dagRuns",
                {"dag_run_id": run_id, "logical_date": None, "conf": conf},
            )
        except ApiError as error:
            # The first try did create it, though its answer was an error, or none.
            if error.status != CONFLICT:
                raise
        return run_id

    def run_ids(self, dag_id: str) -> list[str]:
        """All runs of a DAG."""
        return [str(run["dag_run_id"]) for run in self._all(f"/api/v2/dags/{dag_id}/dagRuns", "dag_runs")]

    def run_states(self) -> dict[tuple[str, str], str]:
        """The state of every run of every DAG, by DAG and run."""
        found = self._all("/api/v2/dags/~/dagRuns", "dag_runs")
        return {(str(run["dag_id"]), str(run["dag_run_id"])): str(run["state"]) for run in found}

    def every_task_instance(self) -> list[dict[str, Any]]:
        """All task instances of all runs of all DAGs, in as few questions as there can be."""
        return list(self._all("/api/v2/dags/~/dagRuns/~/taskInstances", "task_instances"))

    def asset_events(self) -> list[dict[str, Any]]:
        """All asset events."""
        return list(self._all("/api/v2/assets/events", "asset_events"))

    def _all(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            answer = self._ask("GET", f"{path}?{urlencode({'limit': PAGE, 'offset': offset})}")
            yield from answer[name]
            offset += PAGE
            if offset >= int(answer["total_entries"]):
                return

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        once: bool = False,
    ) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = json.dumps(body).encode() if body is not None else None
        for pause in (*(() if once else self._pauses), None):
            status = 0
            try:
                answer = self._http.request(method, self.base + path, body=data, headers=headers)
                status = answer.status
                if status < 400:
                    found: dict[str, Any] = json.loads(answer.data)
                    return found
                failure = str(status)
            except (urllib3.exceptions.HTTPError, ValueError) as error:
                failure = type(error).__name__
            if pause is None or 400 <= status < 500:
                break
            time.sleep(pause)
        raise ApiError(f"{method} {path.partition('?')[0]}: {failure}", status)
