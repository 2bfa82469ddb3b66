"""Notices to the people who run this: a failed task, a dataset later than its frequency allows.

They go where the connection `apertura_aviso` says: an `smtp` connection sends an e-mail to `to` of its
extra, an `http` or `https` one gets a POST of JSON. Without it the notice is a log line. A notice is never
the reason why a task fails.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from apertura.errors import AperturaError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from apertura.runs.context import Context as RunContext

CONNECTION = "apertura_aviso"
TIMEOUT_SECONDS = 10

log = logging.getLogger(__name__)


def on_failure(context: Mapping[str, Any]) -> None:
    """Airflow's failure callback: which task, and why in our words (never another library's text)."""
    from airflow.sdk.exceptions import AirflowFailException

    ti = context["task_instance"]
    place = ti.task_id if ti.map_index in (None, -1) else f"{ti.task_id}[{ti.map_index}]"
    cause = context.get("exception")
    if isinstance(cause, AperturaError | AirflowFailException):
        reason = str(cause)
    elif isinstance(cause, BaseException):
        reason = type(cause).__name__
    else:
        reason = "the task was killed, or its worker was lost"
    notify(
        f"Apertura: {ti.dag_id} · {place} failed",
        {"event": "failed", "dag": ti.dag_id, "task": place, "run": ti.run_id, "reason": reason},
    )


def if_late(ctx: RunContext) -> None:
    """Tell when the run brought nothing new and the last release is older than the frequency allows."""
    from apertura.runs.due import lateness

    late: dt.timedelta | None = None
    try:
        latest = json.loads(ctx.public.get(f"datos/{ctx.dataset.id}/latest.json"))
        stamp = str(latest["version"]).split("-")[0]
        taken = dt.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        late = lateness(ctx, taken)
    except (KeyError, ValueError, AperturaError):
        return
    if late is not None:
        frequency = ctx.dataset.contract.accrualPeriodicity
        notify(
            f"Apertura: {ctx.dataset.id} is late",
            {
                "event": "late",
                "dataset": ctx.dataset.id,
                "run": ctx.run_id,
                "reason": f"the source brought nothing new for {late.days} days more than {frequency} allows",
            },
        )


def notify(subject: str, facts: dict[str, str]) -> None:
    """Send one notice, or log it; failing to send is logged by class only, since URLs may hold secrets."""
    trouble: str | None = None
    try:
        connection = _connection()
        if connection is None:
            log.warning("%s: %s", subject, "; ".join(f"{name} {text}" for name, text in facts.items()))
        elif connection.conn_type == "smtp":
            _mail(connection, subject, facts)
        elif connection.conn_type in ("http", "https"):
            _post(connection, {"subject": subject, **facts})
        else:
            trouble = f"connection {CONNECTION} is neither smtp nor http"
    except Exception as error:
        trouble = type(error).__name__
    if trouble is not None:
        log.error("%s (the notice could not be sent: %s)", subject, trouble)


def _connection() -> Connection | None:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        return None


def _mail(connection: Connection, subject: str, facts: dict[str, str]) -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    extra = json.loads(connection.extra or "{}")
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts.items())
    with SmtpHook(smtp_conn_id=CONNECTION) as smtp:
        smtp.send_email_smtp(
            to=extra["to"],
            subject=subject,
            html_content=f"<table>{rows}</table>",
            from_email=extra["from_email"],
        )


def _post(connection: Connection, body: dict[str, str]) -> None:
    import urllib3

    scheme = connection.schema or connection.conn_type or "https"
    host = connection.host or ""
    base = (
        host if "://" in host else f"{scheme}://{host}" + (f":{connection.port}" if connection.port else "")
    )
    path = str(json.loads(connection.extra or "{}").get("path", ""))
    headers = {"Content-Type": "application/json"}
    if connection.password:
        headers["Authorization"] = f"Bearer {connection.password}"
    with urllib3.PoolManager(timeout=TIMEOUT_SECONDS, retries=False) as http:
        answer = http.request(
            "POST", base.rstrip("/") + "/" + path.lstrip("/"), body=json.dumps(body).encode(), headers=headers
        )
    if answer.status >= 400:
        raise ConnectionError(str(answer.status))
