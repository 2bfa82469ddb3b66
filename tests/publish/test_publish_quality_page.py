"""The quality report as a page: complete by itself, escaped, the same bytes, and silent about few people."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from publish_scene import contract_model, contract_of, default_contract, expectation, field, write_project

from apertura.publish.quality_page import quality_page
from apertura.publish.reports import quality_report
from apertura.quality.profile import Measured, Profile
from apertura.runs.context import StageResult
from apertura.spanish import NARROW, day, number, percent

Released = Callable[..., StageResult]
HOSTILE = "<script>alert(1)</script>\"' onload=x &amp; {{ 7*7 }} </title>"
COUNT = st.integers(0, 12)


class _Page(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def page_of(state: Path, result: StageResult) -> str:
    folder = state / "public/datos/prueba/cosas/versiones" / str(result.version)
    return (folder / "calidad.html").read_text(encoding="utf-8")


def test_a_page_asks_for_nothing_and_can_be_read_by_everybody(state: Path, released: Released) -> None:
    text = page_of(state, released())
    tags = _Page(text).tags
    assert ("html", {"lang": "es-GT"}) in tags
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in tags}
    for _, attributes in tags:
        for name in ("src", "href", "action", "style"):
            assert not re.match(r"(?i)\s*(https?:|//|javascript:|data:)", attributes.get(name) or "")
    assert "url(" not in text and "@import" not in text
    assert [tag for tag, _ in tags].count("h1") == 1
    assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")
    assert "default-src 'none'" in text


def test_hostile_titles_and_notes_are_text(state: Path, released: Released) -> None:
    contract = default_contract(title=HOSTILE, usage_warnings=[{"code": "redondeo", "note": HOSTILE}])
    contract["resources"][0]["fields"][0]["title"] = HOSTILE
    contract["resources"][0]["title"] = HOSTILE
    text = page_of(state, released(contract, validated={"expectations": [expectation(description=HOSTILE)]}))
    assert "<script" not in text and "{{ 7*7 }}" in text
    assert "&lt;script&gt;" in text and "Valores redondeados" in text


def test_failed_expectations_come_first_and_the_others_are_folded(state: Path, released: Released) -> None:
    held = expectation(description="Se cumple.")
    not_held = expectation(description="No se cumple.", severity="warning", success=False, unexpected=2)
    text = page_of(state, released(validated={"expectations": [held, not_held]}))
    assert text.index("No se cumple.") < text.index("<details>") < text.index(">Se cumple.")
    assert "Comprobaciones no cumplidas" in text  # the warning that is added by itself


def test_only_the_comparison_changes_no_release(released: Released) -> None:
    released()
    compared = {"version": "20260101T000000Z-00000000", "taken": "2026-01-01", "schema_stable": True}
    again = released(extract="b", validated={"comparison": {**compared, "items": []}})
    assert again.outcome == "unchanged"


def test_a_usage_warning_makes_a_new_release(released: Released) -> None:
    released()
    assert released(default_contract(usage_warnings=[{"code": "redondeo"}])).outcome == "done"


PEOPLE = {"access": "confidencial", "personal": "personal"}


@settings(max_examples=40)
@given(
    nulls=COUNT,
    bad=COUNT,
    changed=COUNT,
    unparsed=COUNT,
    excluded=COUNT,
    gone=COUNT,
    empty=st.integers(0, 40),
)
def test_of_people_no_count_below_five_is_told(
    tmp_path_factory: Any,
    nulls: int,
    bad: int,
    changed: int,
    unparsed: int,
    excluded: int,
    gone: int,
    empty: int,
) -> None:
    contract = contract_of(field("x"), {"name": "nombre", "source": "N", "treatment": "drop", **PEOPLE})
    contract["resources"][0]["primaryKey"] = []
    dataset = write_project(tmp_path_factory.mktemp("p"), contract)
    profile = Profile(40, {"x": Measured(max(nulls, empty))}, gone)
    item = {"resource": "cosas", "column": None, "tolerance": 0.1, "severity": "warning", "success": False}
    item |= {"gone": gone, "new": bad, "gone_named": [], "change": 0.2}
    items = [
        {**item, "measure": "shares", "column": "x", "before": changed, "after": bad},
        {**item, "measure": "nulls", "column": "x", "before": bad, "after": nulls},
    ]
    quality = quality_report(
        dataset,
        {
            "rows": {"cosas": 40}, "rows_in": 40 + excluded, "excluded": {}, "partitions": {"_": "a"},
            "carried": [], "missing": [], "taken": "2026-01-15T08:30:00+00:00",
            "cleaning": {"cosas": {"x": {"changed": changed, "nulled": bad, "unparsed": unparsed}}},
        },
        {
            "expectations": [expectation(column="x", evaluated=40, unexpected=bad, missing=nulls)],
            "profile": {"cosas": profile.to_json()},
            "comparison": {"version": "v", "taken": "t", "schema_stable": True, "items": items},
        },
    )  # fmt: skip
    html = quality_page(
        dataset.contract, dataset.institution, quality, version="v", taken="2026-01-15T08:30:00+00:00"
    ).decode()
    cells = re.findall(r'<td class="n">([^<]*)</td>|class="figure">([^<]*)<', html)
    assert not {one or other for one, other in cells} & {"1", "2", "3", "4"}
    for measured in quality["dimensiones"]["completitud"]["mediciones"]:
        assert round((1 - measured["valor"]) * 40, 6) % 5 < 0.2  # as many as are told: a multiple of five


def test_numbers_and_dates_are_written_as_in_guatemala() -> None:
    assert number(1234567) == "1,234,567" and number("<5") == "<5" and number(None) == "—"
    assert percent(0.99999) == f"99.9{NARROW}%" and percent(1.0) == f"100{NARROW}%"
    assert day("2026-01-15T23:30:00-06:00") == "16 de enero de 2026"


def test_unknown_codes_are_refused_before_a_run(tmp_path: Path) -> None:
    import datetime as dt

    from apertura.contract.check import check

    dataset = write_project(tmp_path, default_contract(usage_warnings=[{"code": "inventada"}]))
    places = [finding.place for finding in check(dataset, dt.date(2026, 3, 1)) if finding.blocks]
    assert "usage_warnings" in places
    assert contract_model(default_contract()).usage_warnings == []
