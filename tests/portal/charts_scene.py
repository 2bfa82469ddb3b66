"""One chart of a small published table, for the tests of charts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from lxml import etree
from matter_scene import entry, field, table

from apertura.contract.views import View
from apertura.portal.charts import Chart, charts
from apertura.storage import Bucket

Fields = list[dict[str, Any]]
Rows = list[tuple[Any, ...]]

PLACED = [field("departamento_codigo"), field("departamento")]


def view(**more: Any) -> View:
    return View.model_validate({"name": "v", "title": "Vista", "kind": "bar", "x": "clase", **more})


def one_chart(public: Bucket, fields: Fields, rows: Rows, **more: Any) -> Chart:
    """The chart that a declared view makes of a table."""
    made = table(public, fields, rows)
    contract: Any = SimpleNamespace(views=[view(**more)])
    found = charts(public, entry(made, contract=contract))
    assert len(found) == 1
    return found[0]


def text_in(svg: bytes) -> str:
    return " ".join(etree.fromstring(svg).itertext())
