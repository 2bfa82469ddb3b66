"""One file over HTTP(S) to disk: conditional, bounded in bytes and time, patient, and never led elsewhere.

Messages name what was asked in the caller's words; addresses, headers and library texts stay out of them,
for they may hold credentials or tokens.
"""

from __future__ import annotations

import base64
import datetime as dt
import email.utils
import hashlib
import http.client
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, SSLError
from urllib3.util.ssl_ import create_urllib3_context
from urllib3.util.url import Url, parse_url

from apertura.errors import SettingsError, SourceError, SourceUnavailableError
from apertura.sources.addresses import Deadline, PlainPool, SecurePool
from apertura.sources.endpoint import Endpoint

# urllib3 logs addresses with their queries, and headers it cannot parse.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

MAX_REDIRECTS = 5
CHUNK = 1 << 16
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Statuses after which the same question may get an answer."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEPT_HEADERS = ("etag", "last-modified", "content-type", "content-length", "content-encoding")
"""Headers that are recorded with an extract."""

HINT_LATER = "it may pass: clear this task later, or drop the file into the dataset's inbox"
HINT_LOOK = "open the landing page and see what changed there; mend the contract or the connection"


@dataclass(frozen=True)
class Answer:
    """What came. With `not_modified` nothing was written; `url` is where the last redirect led."""

    not_modified: bool
    sha256: str = ""
    bytes: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    url: str = field(default="", repr=False)


@dataclass(frozen=True)
class _Request:
    endpoint: Endpoint
    url: str
    target: Path
    what: str
    max_bytes: int
    headers: Mapping[str, str]


class _AgainError(Exception):
    """This attempt failed in a way that may pass. Holds our words only."""

    def __init__(self, reason: str, retry_after: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


def fetch(
    endpoint: Endpoint,
    url: str,
    target: Path,
    *,
    what: str,
    max_bytes: int,
    etag: str | None = None,
    last_modified: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Fetch `url` into `target`, or learn that it did not change since `etag` / `last_modified`.

    `what` names it in messages. Raises SourceUnavailableError when all attempts failed in a way that may
    pass, SourceError when asking again is no use, SettingsError when the connection cannot be used.
    """
    headers = {"User-Agent": endpoint.user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    request = _Request(endpoint, url, target, what, max_bytes, headers)
    reason = ""
    for attempt in range(endpoint.retries + 1):
        try:
            return _attempt(request)
        except _AgainError as again:
            reason, retry_after = again.reason, again.retry_after
        if attempt < endpoint.retries:
            sleep(_pause(attempt, retry_after, endpoint.max_backoff_seconds))
    raise SourceUnavailableError(f"{what}: {reason}, {endpoint.retries + 1} attempts", hint=HINT_LATER)


def _pause(attempt: int, retry_after: str | None, longest: float) -> float:
    """Seconds until the next attempt: what the source asks, else 1, 2, 4 … with jitter; at most `longest`."""
    asked = _seconds_asked(retry_after)
    if asked is None:
        asked = 2.0**attempt * random.uniform(0.5, 1.5)  # noqa: S311 (jitter)
    return max(0.0, min(asked, longest))


def _seconds_asked(retry_after: str | None) -> float | None:
    """Retry-After as seconds: a number, or an HTTP date (RFC 9110, 10.2.3); None when it is neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return (when - dt.datetime.now(dt.UTC)).total_seconds()


def _attempt(request: _Request) -> Answer:
    """One attempt, redirects followed by hand so that every hop is checked."""
    endpoint = request.endpoint
    start = _checked(request, request.url, None)
    here = start
    with Deadline(endpoint.deadline_seconds) as deadline:
        for _ in range(MAX_REDIRECTS + 1):
            with _pool(request, here, deadline) as pool:
                response = _ask(request, pool, here, _headers(request, start, here), deadline)
                try:
                    if response.status not in REDIRECTS:
                        return _answer(request, response, here, deadline)
                    location = response.headers.get("location", "")
                finally:
                    response.close()
            here = _checked(request, _joined(here.url, location), here)
    raise SourceError(f"{request.what}: more than {MAX_REDIRECTS} redirects", hint=HINT_LOOK)


def _joined(base: str, location: str) -> str:
    """Where a redirect leads; empty when that is no address."""
    try:
        return urljoin(base, location)
    except ValueError:
        return ""


def _checked(request: _Request, text: str, before: Url | None) -> Url:
    """A URL that may be asked: http(s), an allowed host, no login in it, never from https to http."""
    try:
        url = parse_url(text)
    except LocationParseError:
        url = Url()
    if url.scheme not in ("http", "https") or not url.host or url.auth:
        raise SourceError(
            f"{request.what}: the source redirects to an address that is not HTTP", hint=HINT_LOOK
        )
    if url.host.strip("[]").lower().rstrip(".") not in request.endpoint.hosts:
        raise SourceError(
            f"{request.what}: the source redirects to a host that the connection does not allow",
            hint="if that host belongs to the institution, add it to allowed_hosts in the connection's extra",
        )
    if before is not None and before.scheme == "https" and url.scheme == "http":
        raise SourceError(f"{request.what}: the source redirects from https to http", hint=HINT_LOOK)
    return url


def _origin(url: Url) -> tuple[str | None, str | None, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _headers(request: _Request, start: Url, here: Url) -> dict[str, str]:
    """The login goes to the connection's own origin only."""
    headers = dict(request.headers)
    if request.endpoint.login and _origin(start) == _origin(here):
        pair = f"{request.endpoint.login}:{request.endpoint.password}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _pool(request: _Request, url: Url, deadline: Deadline) -> PlainPool | SecurePool:
    endpoint = request.endpoint
    timeout = urllib3.Timeout(connect=endpoint.timeout_seconds, read=endpoint.timeout_seconds)
    scheme, host, port = _origin(url)
    checks: dict[str, Any] = {"allow_private": endpoint.allow_private, "deadline": deadline}
    if scheme == "http":
        return PlainPool(str(host), port, timeout=timeout, **checks)
    return SecurePool(str(host), port, timeout=timeout, ssl_context=_trust(endpoint), **checks)


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_default_certs()
    if endpoint.ca_file:
        try:
            context.load_verify_locations(endpoint.ca_file)
        except (OSError, ssl.SSLError):
            raise SettingsError(
                f"connection {endpoint.connection_id}: its ca_file holds no certificates that can be read",
                hint="ca_file is the path of a PEM file on every worker",
            ) from None
    return context


def _ask(
    request: _Request, pool: PlainPool | SecurePool, url: Url, headers: dict[str, str], deadline: Deadline
) -> urllib3.BaseHTTPResponse:
    """Send the question and wait for the head of the answer."""
    reason = ""
    try:
        return pool.urlopen(
            "GET", url.request_uri, headers=headers, redirect=False, retries=False, preload_content=False
        )
    except SourceError as error:
        refused = error
    except SSLError as error:
        if not (error.args and isinstance(error.args[0], ssl.SSLCertVerificationError)):
            raise _AgainError("the secure connection failed") from None
        refused = SourceError(
            "the source's certificate is not trusted",
            hint="when the institution sends an incomplete chain, put the missing certificates into a file "
            "and name it as ca_file in the connection's extra; never switch the check off",
        )
    except (HTTPError, http.client.HTTPException, OSError) as error:
        reason = _broken(error, deadline)
    if reason:
        raise _AgainError(reason)
    raise type(refused)(f"{request.what}: {refused.message}", hint=refused.hint)


def _broken(error: Exception, deadline: Deadline) -> str:
    if deadline.expired:
        return "the transfer took longer than deadline_seconds allows"
    return f"the connection failed or broke off ({type(error).__name__})"


def _answer(request: _Request, response: urllib3.BaseHTTPResponse, url: Url, deadline: Deadline) -> Answer:
    status = response.status
    kept = {name: response.headers[name][:500] for name in KEPT_HEADERS if name in response.headers}
    if status == 304 and ("If-None-Match" in request.headers or "If-Modified-Since" in request.headers):
        return Answer(not_modified=True, headers=kept, url=url.url)
    if status in AGAIN:
        raise _AgainError(f"the source answers {status}", response.headers.get("retry-after"))
    if status != 200:
        raise SourceError(f"{request.what}: the source answers {status}", hint=_hint(status))
    stated = kept.get("content-length", "")
    if stated.isdigit() and int(stated) > request.max_bytes:
        raise _too_long(request)
    digest, count = hashlib.sha256(), 0
    with request.target.open("wb") as target:
        for chunk in _chunks(response, deadline):
            count += len(chunk)
            if count > request.max_bytes:
                raise _too_long(request)
            digest.update(chunk)
            target.write(chunk)
    if deadline.expired:  # a cut connection looks like the end of a body of unstated length
        raise _AgainError("the transfer took longer than deadline_seconds allows")
    return Answer(False, digest.hexdigest(), count, kept, url.url)


def _chunks(response: urllib3.BaseHTTPResponse, deadline: Deadline) -> Iterator[bytes]:
    """The body, decoded; a body shorter than its Content-Length is a broken transfer."""
    stream = response.stream(CHUNK, decode_content=True)
    while True:
        try:
            chunk = next(stream, b"")
        except (HTTPError, http.client.HTTPException, OSError) as error:
            reason = _broken(error, deadline)
        else:
            if not chunk:
                return
            yield chunk
            continue
        raise _AgainError(reason)


def _too_long(request: _Request) -> SourceError:
    return SourceError(
        f"{request.what}: the file is larger than {request.max_bytes} bytes",
        hint="if that is right, raise `source.max_bytes` in the contract",
    )


def _hint(status: int) -> str:
    if status == 403:
        return (
            "the source refuses robots: set a browser-like user_agent in the connection's extra, or download "
            "the file by hand and drop it into the dataset's inbox"
        )
    if status == 401:
        return "the source wants a login: set login and password in the connection"
    if status in (404, 410):
        return "the file is not there any more: " + HINT_LOOK
    return HINT_LOOK
