"""The orchestrator's client, against a server that answers as a busy Airflow does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from apertura_demo.orchestrate_api import Api, ApiError


class Busy(ThreadingHTTPServer):
    """Creates runs; the first answers are errors, before or after the run was created."""

    errors: int = 0
    status: int = 500
    late: bool = False
    asked: int = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.runs: list[str] = []


class _Answers(BaseHTTPRequestHandler):
    server: Busy

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        run_id, busy = body["dag_run_id"], self.server
        busy.asked += 1
        failing = busy.asked <= busy.errors
        if run_id in busy.runs:
            return self._answer(409, {"detail": "exists"})
        if not failing or busy.late:
            busy.runs.append(run_id)
        if failing:
            return self._answer(busy.status, {"detail": "database is locked"})
        return self._answer(200, {"dag_run_id": run_id})

    def _answer(self, status: int, body: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *parts: object) -> None:
        pass


@pytest.fixture
def busy() -> Iterator[Busy]:
    with Busy() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("late", [False, True], ids=["nothing-created", "created-then-failed"])
@pytest.mark.parametrize("errors", [0, 1, 2])
def test_an_airflow_that_is_busy_gets_exactly_one_run(busy: Busy, errors: int, late: bool) -> None:
    busy.errors, busy.late = errors, late
    run_id = Api(busy.server_port, pauses=(0.0, 0.0)).trigger("sat", {})
    assert busy.runs == [run_id]


def test_an_airflow_that_stays_broken_is_an_error_without_its_body(busy: Busy) -> None:
    busy.errors = 99
    with pytest.raises(ApiError, match=r"^POST /api/v2/dags/sat/dagRuns: 500$"):
        Api(busy.server_port, pauses=(0.0, 0.0)).trigger("sat", {})
    assert busy.asked == 3


def test_a_request_that_is_refused_is_not_asked_again(busy: Busy) -> None:
    busy.errors, busy.status = 1, 404
    with pytest.raises(ApiError, match="404"):
        Api(busy.server_port, pauses=(0.0, 0.0)).trigger("sat", {})
    assert busy.asked == 1
