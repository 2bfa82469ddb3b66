"""What is drawn has the length, the scale and the room that it should."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from charts_scene import one_chart
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from matter_scene import bucket, counted, field

from apertura.portal.charts import Chart
from apertura.portal.charts_axes import Scale, figure, moments, parted, rounded
from apertura.portal.charts_svg import ACCENT, HATCH, cut, width


def bars_of(chart: Chart) -> list[tuple[float, float, str]]:
    """(begin, length, fill) of every bar and every hatched end, in the order of the categories."""
    tree = etree.fromstring(chart.svg)
    body = [one for one in tree.iter("{*}rect") if not list(one.iterancestors("{*}defs"))]
    return [(float(one.get("x")), float(one.get("width")), one.get("fill")) for one in body]


def test_bars_are_as_long_as_their_values(tmp_path: Path) -> None:
    rows = [("a", 100), ("b", 50), ("c", 0), ("d", -25)]
    fields = [field("clase"), field("n", "integer", unit="casos")]

    chart = one_chart(bucket(tmp_path), fields, rows, measure="sum", y="n", order="x")

    longest, half, below = bars_of(chart)
    assert longest[1] == pytest.approx(2 * half[1], abs=0.2)
    assert below[1] == pytest.approx(half[1] / 2, abs=0.2)
    assert (longest[0], below[0] + below[1]) == pytest.approx((half[0], half[0]), abs=0.1)


def test_the_hatched_end_begins_where_the_known_bar_ends(tmp_path: Path) -> None:
    rows = [("a", 10, None), ("a", None, "suprimido"), ("c", None, "suprimido"), ("d", 3, None)]

    chart = one_chart(
        bucket(tmp_path), [field("clase"), *counted()], rows, measure="sum", y="casos", order="x"
    )

    known, end, alone, other = bars_of(chart)
    assert [known[2], end[2], alone[2], other[2]] == [ACCENT, HATCH, HATCH, ACCENT]
    assert end[0] == pytest.approx(known[0] + known[1], abs=0.1)
    assert alone[0] == pytest.approx(known[0], abs=0.1), "nothing is known: no bar under it"


@given(
    low=st.floats(-(10**15), 10**15, allow_nan=False),
    high=st.floats(-(10**15), 10**15, allow_nan=False),
    count=st.integers(3, 10),
)
def test_round_numbers_lie_within_a_scale_that_holds_its_values(low: float, high: float, count: int) -> None:
    low, high = sorted((low, high))

    scale = rounded(low, high, 100)

    assert scale.low <= low <= high <= scale.high
    assert 0 <= scale.at(low) <= scale.at(high) <= 100
    ticks = scale.ticks(count)
    assert 2 <= len(ticks) <= 2 * count + 2
    assert all(-0.01 <= scale.at(float(one)) <= 100.01 for one in ticks)


def test_what_is_counted_has_no_halves_on_its_axis(tmp_path: Path) -> None:
    chart = one_chart(bucket(tmp_path), [field("clase")], [("a",), ("b",), ("b",)])

    texts = set(etree.fromstring(chart.svg).itertext())
    assert {"0", "1", "2"} <= texts and not any("." in one for one in texts)


def test_numbers_are_told_whole_until_they_are_millions(tmp_path: Path) -> None:
    fields = [field("clase"), field("n", "integer", unit="casos")]

    plain = one_chart(bucket(tmp_path), fields, [("a", 53_023), ("b", 775)], measure="sum", y="n")
    large = one_chart(
        bucket(tmp_path), fields, [("a", 53_023_000), ("b", 1_775_000)], measure="sum", y="n", name="w"
    )

    assert {"53,023", "775"} <= set(etree.fromstring(plain.svg).itertext())
    assert {"53.0", "1.8", "N (millones de casos)"} <= set(etree.fromstring(large.svg).itertext())


def test_numbers_on_an_axis_are_written_as_guatemala_does() -> None:
    assert [figure(one) for one in Scale(-2000, 2000, 100).ticks(4)] == [
        "−2,000",
        "−1,000",
        "0",
        "1,000",
        "2,000",
    ]
    assert [figure(one) for one in Scale(0, 0.3, 100).ticks(3)] == ["0", "0.1", "0.2", "0.3"]


@pytest.mark.parametrize(
    ("first", "last", "scale", "labels"),
    [
        ("2018-01-01", "2021-01-01", "year", ["2018", "2019", "2020", "2021"]),
        (
            "1990-01-01",
            "2020-01-01",
            "year",
            ["1992", "1996", "2000", "2004", "2008", "2012", "2016", "2020"],
        ),
        (
            "2020-01-01",
            "2020-12-01",
            "month",
            ["ene 2020", "mar 2020", "may 2020", "jul 2020", "sep 2020", "nov 2020"],
        ),
        ("2021-07-01", "2021-08-01", "month", ["jul 2021", "ago 2021"]),
        ("2021-01-01", "2021-10-01", "quarter", ["T1 2021", "T2 2021", "T3 2021", "T4 2021"]),
        ("2020-02-28", "2020-03-02", "day", ["29 feb 2020", "1 mar 2020"]),
        (
            "2020-02-10",
            "2020-03-10",
            "day",
            ["10 feb 2020", "17 feb 2020", "24 feb 2020", "2 mar 2020", "9 mar 2020"],
        ),
    ],
)
def test_moments_on_an_axis_are_round_and_in_spanish(
    first: str, last: str, scale: str, labels: list[str]
) -> None:
    days = (dt.date.fromisoformat(first), dt.date.fromisoformat(last))

    found = [text for _, text in moments(*days, scale)]

    assert set(labels) <= set(found) and len(found) <= 12


@pytest.mark.parametrize("years", [(2018, 2019), (2019,)])
def test_the_axis_ends_where_the_data_do_also_with_protected_cells(
    tmp_path: Path, years: tuple[int, ...]
) -> None:
    rows = [(year, kind, *one) for year in years for kind in "ab" for one in ((9, None), (None, "suprimido"))]
    fields = [field("anio", "integer"), field("tipo"), *counted()]

    chart = one_chart(
        bucket(tmp_path), fields, rows, kind="line", x="anio", by="tipo", measure="sum", y="casos"
    )

    written = {text for text in etree.fromstring(chart.svg).itertext() if re.fullmatch(r"20\d\d", text)}
    assert written == {str(year) for year in years}
    (strip,) = [one for one in bars_of(chart) if one[2] == HATCH]
    assert strip[:2] == (0, 520), "every moment has protected cells"


def test_names_that_would_run_into_each_other_are_left_out() -> None:
    assert parted([(n * 10.0, "2020") for n in range(5)]) == [(0, "2020"), (40, "2020")]
    assert parted([(n * 40.0, "2020") for n in range(3)]) == [(n * 40.0, "2020") for n in range(3)]


@given(text=st.text(max_size=60), room=st.integers(20, 200))
def test_a_text_is_cut_to_the_room_it_has(text: str, room: int) -> None:
    assert width(cut(text, room)) <= room + 0.01
    assert cut(text, 10**6) == text
