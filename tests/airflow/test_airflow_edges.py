"""Where tasks meet Airflow and the world: notices, connections, errors in Airflow's terms, executors."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apertura.errors import QualityError, SettingsError, SourceUnavailableError
from apertura.runs.context import Context

pytestmark = [pytest.mark.usefixtures("airflow_home")]
FACTS = {"event": "failed", "task": "importacion-vehiculos.clean", "reason": "<3 rows>"}


class Webhook(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent; answers with the server's `status`."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, self.headers.get("Authorization"), json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def webhook() -> Iterator[Any]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.received, server.status = [], 204  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def connect_to(monkeypatch: pytest.MonkeyPatch, name: str, **parts: object) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(parts))


def point_at(monkeypatch: pytest.MonkeyPatch, server: Any) -> None:
    connect_to(
        monkeypatch,
        "apertura_aviso",
        conn_type="http",
        host="127.0.0.1",
        port=server.server_address[1],
        schema="http",
        password="s3cret-token",
        extra={"path": "/avisos"},
    )


def test_a_notice_goes_to_the_webhook(monkeypatch: pytest.MonkeyPatch, webhook: Any) -> None:
    from apertura_airflow import notify

    point_at(monkeypatch, webhook)
    notify.notify("Apertura: x failed", FACTS)
    assert webhook.received == [
        ("/avisos", "Bearer s3cret-token", {"subject": "Apertura: x failed", **FACTS})
    ]


@pytest.mark.parametrize("trouble", ["refused", "status", "type", "extra"])
def test_a_notice_that_cannot_be_sent_fails_nothing_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch, webhook: Any, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    from apertura_airflow import notify

    point_at(monkeypatch, webhook)
    if trouble == "refused":
        connect_to(
            monkeypatch, "apertura_aviso", conn_type="http", host="127.0.0.1", port=9, password="s3cret-token"
        )
    elif trouble == "status":
        webhook.status = 500
    elif trouble == "type":
        connect_to(monkeypatch, "apertura_aviso", conn_type="ftp", host="h", password="s3cret-token")
    else:
        connect_to(monkeypatch, "apertura_aviso", conn_type="smtp", host="127.0.0.1", extra={})
    with caplog.at_level(logging.DEBUG, logger="apertura_airflow.notify"):
        notify.notify("Apertura: x failed", FACTS)
    assert "the notice could not be sent" in caplog.text
    assert "s3cret-token" not in caplog.text
    assert "/avisos" not in caplog.text


def test_without_the_connection_the_notice_is_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    from apertura_airflow import notify

    with caplog.at_level(logging.WARNING, logger="apertura_airflow.notify"):
        notify.notify("Apertura: x failed", FACTS)
    assert "Apertura: x failed" in caplog.text
    assert "importacion-vehiculos.clean" in caplog.text


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to hand over one message."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text)
                self.server.messages.append(b"".join(lines).decode())  # type: ignore[attr-defined]
            elif word == b"RCPT":
                self.server.recipients.append(line.decode().strip())  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def test_a_notice_goes_out_by_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    from email import message_from_string

    from apertura_airflow import notify

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.messages, server.recipients = [], []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        connect_to(
            monkeypatch,
            "apertura_aviso",
            conn_type="smtp",
            host="127.0.0.1",
            port=server.server_address[1],
            extra={
                "to": "datos@example.org",
                "from_email": "apertura@example.org",
                "disable_ssl": True,
                "disable_tls": True,
            },
        )
        notify.notify("Apertura: x failed", FACTS)
        server.shutdown()
        assert len(server.messages) == 1  # type: ignore[attr-defined]
        message = message_from_string(server.messages[0])  # type: ignore[attr-defined]
        assert "datos@example.org" in server.recipients[0]  # type: ignore[attr-defined]
    assert message["Subject"] == "Apertura: x failed"
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    assert b"&lt;3 rows&gt;" in b"".join(part for part in parts if isinstance(part, bytes))


def failure_context(exception: BaseException | None) -> dict[str, Any]:
    ti = SimpleNamespace(
        dag_id="sat", task_id="importacion-vehiculos.partitions.clean", map_index=1, run_id="r"
    )
    return {"task_instance": ti, "exception": exception}


def test_a_failure_is_told_in_our_words_only(monkeypatch: pytest.MonkeyPatch, webhook: Any) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from apertura_airflow import notify

    point_at(monkeypatch, webhook)
    notify.on_failure(failure_context(AirflowFailException("sat/x · clean: too few rows")))
    notify.on_failure(failure_context(SourceUnavailableError("the source is silent", hint="wait")))
    notify.on_failure(failure_context(ValueError("could not convert 1234567890101")))
    notify.on_failure(failure_context(None))
    told = [body["reason"] for _, _, body in webhook.received]
    assert told[0] == "sat/x · clean: too few rows"
    assert told[1].startswith("the source is silent")
    assert told[2] == "ValueError"
    assert "killed" in told[3]
    assert all(body["task"].endswith("clean[1]") for _, _, body in webhook.received)


@pytest.mark.parametrize(("days", "late"), [(20, False), (40, True)])
def test_a_monthly_dataset_is_late_after_its_month(
    monkeypatch: pytest.MonkeyPatch,
    webhook: Any,
    make_context: Callable[..., Context],
    days: int,
    late: bool,
) -> None:
    from apertura_airflow import notify

    point_at(monkeypatch, webhook)
    ctx = make_context("sat/importacion-vehiculos")
    taken = ctx.clock() - dt.timedelta(days=days)
    latest = {"version": f"{taken:%Y%m%dT%H%M%SZ}-0123abcd"}
    ctx.public.put("datos/sat/importacion-vehiculos/latest.json", json.dumps(latest).encode())
    notify.if_late(ctx)
    assert [body["event"] for _, _, body in webhook.received] == (["late"] if late else [])


def test_lateness_of_what_was_never_published_is_silent(
    monkeypatch: pytest.MonkeyPatch, webhook: Any, make_context: Callable[..., Context]
) -> None:
    from apertura_airflow import notify

    point_at(monkeypatch, webhook)
    notify.if_late(make_context("sat/importacion-vehiculos"))
    assert webhook.received == []


def test_an_airflow_connection_is_the_endpoint_that_the_command_line_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from apertura.sources.endpoint import Endpoint
    from apertura_airflow import connections

    connect_to(
        monkeypatch,
        "sat_http",
        conn_type="https",
        host="datos.example.org",
        port=8443,
        schema="sat",
        login="who",
        password="s3cret",
        extra={"allow_private": True, "allowed_hosts": ["a.example.org"], "user_agent": "x", "retries": 2},
    )
    found = connections.endpoint("sat_http")
    assert found == Endpoint.from_env("sat_http")
    assert "s3cret" not in repr(found)


def test_a_connection_that_is_missing_or_wrong_is_said_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    from apertura_airflow import connections

    with pytest.raises(SettingsError, match="no connection falta_http") as caught:
        connections.endpoint("falta_http")
    assert "AIRFLOW_CONN_FALTA_HTTP" in str(caught.value)
    assert caught.value.__context__ is None
    monkeypatch.setenv(
        "AIRFLOW_CONN_MALA_HTTP",
        json.dumps({"conn_type": "http", "host": "h", "extra": {"retries": "s3cret"}}),
    )
    with pytest.raises(SettingsError, match="mala_http") as caught:
        connections.endpoint("mala_http")
    assert "s3cret" not in str(caught.value)


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_what_may_pass_is_retried_and_what_cannot_fails_at_once() -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from apertura_airflow import tasks

    with pytest.raises(SourceUnavailableError) as passing:
        tasks._in_airflow_terms(raising(SourceUnavailableError("silent")))
    with pytest.raises(AirflowFailException, match="too bad") as lasting:
        tasks._in_airflow_terms(raising(QualityError("too bad")))
    with pytest.raises(AirflowFailException) as foreign:
        tasks._in_airflow_terms(raising(ValueError("María Pérez 1234567890101")))
    assert "María" not in str(foreign.value)
    for caught in (passing, lasting, foreign):
        # Airflow logs the whole chain of causes, and libraries quote values in theirs.
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("executors", "refused"),
    [
        ("LocalExecutor", False),
        ("airflow.executors.local_executor.LocalExecutor", False),
        ("CeleryExecutor", True),
        ("LocalExecutor,CeleryExecutor", True),
        ("KubernetesExecutor", True),
    ],
)
def test_a_folder_bucket_is_refused_where_tasks_run_on_several_machines(
    executors: str, refused: bool
) -> None:
    from apertura_airflow import tasks

    tasks.refuse_folder_elsewhere("s3://a/b", "s3://c", executors)
    for urls in (("file:///a", "s3://c"), ("s3://a", "file:///c")):
        if refused:
            with pytest.raises(SettingsError, match="local folder"):
                tasks.refuse_folder_elsewhere(*urls, executors)
        else:
            tasks.refuse_folder_elsewhere(*urls, executors)


def test_plan_skips_a_dataset_that_was_not_chosen() -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from apertura_airflow import tasks

    params = {"datasets": ["otro"], "partitions": [], "force": False, "accept_fewer_rows": False}
    with pytest.raises(AirflowSkipException, match="not chosen"):
        tasks.plan("sat/importacion-vehiculos", params=params, dag_run=None)


def test_a_wrong_bucket_fails_the_task_in_our_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from apertura_airflow import tasks

    monkeypatch.setenv("APERTURA_PRIVATE", "ftp://nowhere")
    monkeypatch.setenv("APERTURA_PUBLIC", (tmp_path / "public").as_uri())
    run = SimpleNamespace(run_id="manual__1", run_type="manual")
    with pytest.raises(AirflowFailException) as caught:
        tasks.validate("sat/importacion-vehiculos", dag_run=run)
    assert caught.value.__context__ is None


def test_the_contract_of_an_inbox_needs_no_connection(make_context: Callable[..., Context]) -> None:
    from apertura.contract.intake import InboxSource
    from apertura_airflow import connections

    contract = make_context("mineduc/establecimientos-diversificado").dataset.contract
    assert connections.endpoint_of(contract.model_copy(update={"source": InboxSource(kind="inbox")})) is None
