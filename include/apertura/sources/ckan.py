"""A CKAN portal through ckanapi, over our own HTTP: allowed hosts, no private addresses, bounded and patient.

ckanapi knows CKAN's actions and answers; it is given a session whose only way out is `http.fetch`, so that
each question it asks is checked like any other. Its errors quote answers, so only their class is told.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from ckanapi import RemoteCKAN
from ckanapi.errors import CKANAPIError
from requests.adapters import BaseAdapter

from apertura.errors import SourceError, SourceUnavailableError
from apertura.sources import http
from apertura.sources.endpoint import Endpoint

MAX_ANSWER = 64_000_000
"""Bytes of one answer of the API: one dataset's description, or one page of rows."""


@dataclass(frozen=True)
class Resource:
    """A file or table of a CKAN dataset, as package_show lists it."""

    id: str
    name: str
    format: str
    url: str
    datastore: bool


class _Checked(BaseAdapter):
    """The session's way out: every request goes through `http.fetch`, which checks it and asks again."""

    def __init__(self, endpoint: Endpoint, what: str) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._what = what

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """The whole answer; SourceError and its kin as `http.fetch` raises them."""
        if request.method != "GET" or request.url is None:
            raise SourceError(f"{self._what}: only reading questions are asked", hint=http.HINT_LOOK)
        with tempfile.TemporaryDirectory(prefix="ckan-") as folder:
            target = Path(folder) / "answer"
            answer = http.fetch(self._endpoint, request.url, target, what=self._what, max_bytes=MAX_ANSWER)
            response = requests.Response()
            response.status_code = 200
            response.url = answer.url
            response.request = request
            response.encoding = "utf-8"
            response.raw = io.BytesIO(target.read_bytes())
        return response

    def close(self) -> None:
        """Nothing stays open."""


@contextmanager
def _portal(endpoint: Endpoint, what: str) -> Iterator[Callable[[str, dict[str, Any]], Any]]:
    """CKAN's actions as a function of name and arguments; its errors in our words."""
    session = requests.Session()
    session.trust_env = False
    adapter = _Checked(endpoint, what)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    remote = RemoteCKAN(endpoint.base_url, get_only=True, user_agent=endpoint.user_agent, session=session)

    def act(action: str, arguments: dict[str, Any]) -> Any:
        failure = ""
        try:
            return remote.call_action(action, arguments)
        except CKANAPIError as error:
            failure = type(error).__name__
        except requests.RequestException as error:
            failure = type(error).__name__
        raise SourceError(f"{what}: the answer to {action} is none of CKAN ({failure})", hint=http.HINT_LOOK)

    with remote:
        yield act


def resources(endpoint: Endpoint, package: str, *, what: str) -> list[Resource]:
    """The resources of a dataset, in the portal's order. SourceError when the answer is no such list."""
    with _portal(endpoint, what) as act:
        shown = act("package_show", {"id": package})
    listed = shown.get("resources") if isinstance(shown, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise SourceError(f"{what}: package_show lists no resources", hint=http.HINT_LOOK)
    return [
        Resource(
            id=str(one.get("id") or ""),
            name=str(one.get("name") or "").strip(),
            format=str(one.get("format") or "").strip(),
            url=str(one.get("url") or "").strip(),
            datastore=bool(one.get("datastore_active")),
        )
        for one in listed
    ]


def datastore_csv(
    endpoint: Endpoint, resource: str, target: Path, *, page_rows: int, max_bytes: int, what: str
) -> int:
    """Write a datastore table as CSV (UTF-8, with its header), page by page; returns its rows.

    CKAN's own row number is left out. SourceUnavailableError when the table changed while it was read,
    SourceError when an answer is no page of rows or the table is larger than `max_bytes`.
    """
    with _portal(endpoint, what) as act, target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        names: list[str] = []
        rows, total = 0, -1
        while total < 0 or rows < total:
            page = act(
                "datastore_search",
                {
                    "resource_id": resource,
                    "limit": page_rows,
                    "offset": rows,
                    "sort": "_id",
                    "records_format": "csv",
                },
            )
            header, told, taken = _page(page, what)
            if total < 0:
                names, total = header, told
                writer.writerow([name for name in names if name != "_id"])
            if (header, told) != (names, total) or (not taken and rows < total):
                raise SourceUnavailableError(
                    f"{what}: the table changed while it was read", hint=http.HINT_LATER
                )
            for row in taken:
                writer.writerow([value for name, value in zip(names, row, strict=True) if name != "_id"])
            rows += len(taken)
            if out.tell() > max_bytes:
                raise SourceError(
                    f"{what}: the table is larger than {max_bytes} bytes",
                    hint="if that is right, raise `source.max_bytes` in the contract",
                )
    return rows


def _page(page: Any, what: str) -> tuple[list[str], int, list[list[str]]]:
    """Column names, rows in all, and the rows of a page."""
    fields = page.get("fields") if isinstance(page, dict) else None
    total, records = (page.get("total"), page.get("records")) if isinstance(page, dict) else (None, None)
    sound = isinstance(fields, list) and isinstance(total, int) and isinstance(records, str)
    names = [str(one.get("id")) for one in fields or [] if isinstance(one, dict)] if sound else []
    rows = list(csv.reader(io.StringIO(records))) if isinstance(records, str) and sound else []
    if not names or not isinstance(total, int) or any(len(row) != len(names) for row in rows):
        raise SourceError(f"{what}: an answer is no page of a datastore table", hint=http.HINT_LOOK)
    return names, total, rows
