"""A source that fails: what passes is asked again with pauses, what does not is told with what to do."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import DATA, Source, drip, get, make_endpoint, send

from apertura.errors import SourceError, SourceUnavailableError
from apertura.sources import http
from apertura.sources.endpoint import Endpoint


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(
    source: Source, endpoint: Endpoint, tmp_path: Path, status: int
) -> None:
    source.script("/x", send(status), send(200, DATA))
    assert get(endpoint, "x", tmp_path).bytes == len(DATA)


def test_what_does_not_pass_in_time_is_unavailable(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    source.script("/x", send(503))
    with pytest.raises(SourceUnavailableError, match=r"answers 503, 2 attempts") as caught:
        get(endpoint, "x", tmp_path)
    assert caught.value.retryable
    assert len(source.asked) == 2


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (403, "user_agent.*inbox"),
        (404, "landing page"),
        (401, "login"),
        (418, "landing page"),
        (204, ""),
        (206, ""),
    ],
)
def test_what_will_not_pass_is_asked_once_and_tells_what_to_do(
    source: Source, endpoint: Endpoint, tmp_path: Path, status: int, hint: str
) -> None:
    source.script("/x", send(status))
    with pytest.raises(SourceError, match=f"answers {status}(.|\n)*{hint}") as caught:
        get(endpoint, "x", tmp_path)
    assert not caught.value.retryable
    assert len(source.asked) == 1


@pytest.mark.parametrize(("longest", "slept"), [(60, 7.0), (3, 3.0)])
def test_retry_after_in_seconds_is_kept_up_to_the_connections_limit(
    source: Source, tmp_path: Path, longest: float, slept: float
) -> None:
    source.script("/x", send(429, Retry_After="7"), send(200, DATA))
    pauses: list[float] = []
    get(make_endpoint(source, max_backoff_seconds=longest), "x", tmp_path, sleep=pauses.append)
    assert pauses == [slept]


def test_retry_after_may_be_a_date(source: Source, tmp_path: Path) -> None:
    when = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=40)
    source.script(
        "/x", send(503, Retry_After=email.utils.format_datetime(when, usegmt=True)), send(200, DATA)
    )
    pauses: list[float] = []
    get(make_endpoint(source, max_backoff_seconds=600), "x", tmp_path, sleep=pauses.append)
    assert 20 < pauses[0] <= 40


@given(attempt=st.integers(0, 20), text=st.none() | st.text(max_size=30), longest=st.floats(0, 1000))
def test_a_pause_is_never_negative_nor_longer_than_allowed(
    attempt: int, text: str | None, longest: float
) -> None:
    assert 0 <= http._pause(attempt, text, longest) <= longest


def test_pauses_grow(source: Source, tmp_path: Path) -> None:
    source.script("/x", send(500))
    pauses: list[float] = []
    with pytest.raises(SourceUnavailableError):
        get(make_endpoint(source, retries=4, max_backoff_seconds=600), "x", tmp_path, sleep=pauses.append)
    assert len(pauses) == 4
    assert all(0.5 * 2**n <= pause <= 1.5 * 2**n for n, pause in enumerate(pauses))


def test_a_truncated_body_is_never_taken_for_the_file(
    source: Source, endpoint: Endpoint, tmp_path: Path
) -> None:
    source.script("/x", send(200, DATA[:1000], Content_Length=str(len(DATA))))
    with pytest.raises(SourceUnavailableError, match="broke off"):
        get(endpoint, "x", tmp_path)
    assert len(source.asked) == 2


def test_a_truncated_body_is_fetched_again(source: Source, endpoint: Endpoint, tmp_path: Path) -> None:
    source.script("/x", send(200, DATA[:1000], Content_Length=str(len(DATA))), send(200, DATA))
    assert get(endpoint, "x", tmp_path).sha256 == hashlib.sha256(DATA).hexdigest()
    assert (tmp_path / "taken").read_bytes() == DATA


def test_a_source_that_hangs_is_given_up(source: Source, tmp_path: Path) -> None:
    source.script("/x", lambda handler: source.closed.wait(20) and None)
    with pytest.raises(SourceUnavailableError, match="ReadTimeout"):
        get(make_endpoint(source, timeout_seconds=0.1), "x", tmp_path)


@pytest.mark.parametrize("headers", [{}, {"Content_Length": "1000000"}])
def test_a_steady_drip_ends_at_the_deadline(source: Source, tmp_path: Path, headers: dict[str, str]) -> None:
    source.script("/x", drip(source.closed, b"1\n", 0.02, **headers))
    with pytest.raises(SourceUnavailableError, match="deadline_seconds"):
        get(make_endpoint(source, deadline_seconds=0.3, retries=0), "x", tmp_path)


def test_a_head_that_drips_ends_at_the_deadline(source: Source, tmp_path: Path) -> None:
    def head(handler: Any) -> None:
        while not source.closed.wait(0.02):
            handler.wfile.write(b"H")

    source.script("/x", head)
    with pytest.raises(SourceUnavailableError, match="deadline_seconds"):
        get(make_endpoint(source, deadline_seconds=0.3, retries=0), "x", tmp_path)


def test_nobody_listening_is_unavailable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gone = make_endpoint(Source(f"http://127.0.0.1:{port}", port))
    with pytest.raises(SourceUnavailableError, match="failed or broke off"):
        get(gone, "x", tmp_path)
