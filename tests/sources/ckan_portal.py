"""What a CKAN portal answers, for scripted institutions: package_show, and a datastore table page by page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scripted import Reply, Source, send

SHOW = "/api/action/package_show?id=gastos"


def show(*resources: dict[str, Any]) -> bytes:
    """package_show's answer for the package `gastos`."""
    return json.dumps({"success": True, "result": {"name": "gastos", "resources": list(resources)}}).encode()


def resource(name: str, url: str, form: str = "CSV", **more: Any) -> dict[str, Any]:
    """A resource as package_show lists it."""
    return {"id": f"id-{name}", "name": name, "format": form, "url": url, **more}


COLUMNS = ("código", "lugar", "monto")
TABLE = [[str(n), "01" if n % 2 else "", f"Cobán, {n}", "12345678901234567890.10"] for n in range(1, 26)]


def datastore(rows: list[list[str]], total: Callable[[int], int] = lambda _: 25) -> Reply:
    """CKAN's datastore_search over a table."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        asked = {key: values[0] for key, values in parse_qs(urlsplit(handler.path).query).items()}
        start, limit = int(asked.get("offset", 0)), int(asked["limit"])
        assert (asked["sort"], asked["records_format"]) == ("_id", "csv")
        out = io.StringIO()
        csv.writer(out).writerows(rows[start : start + limit])
        fields = [{"id": "_id", "type": "int"}, *({"id": name, "type": "text"} for name in COLUMNS)]
        result = {"fields": fields, "total": total(start), "records": out.getvalue()}
        send(200, json.dumps({"success": True, "result": result}).encode())(handler)

    return reply


def page(offset: int, page_rows: int = 10, of: str = "id-tabla") -> str:
    """The address of one page of a datastore table."""
    query = f"resource_id={of}&limit={page_rows}&offset={offset}&sort=_id&records_format=csv"
    return f"/api/action/datastore_search?{query}"


def script_pages(source: Source, reply: Reply, page_rows: int, pages: int) -> None:
    """The same reply for every page, and for one that a table of 12 rows would end on."""
    for offset in [12, *range(0, page_rows * pages, page_rows)]:
        source.script(page(offset, page_rows), reply)
