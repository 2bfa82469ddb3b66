"""HTML tables named .xls: cells as they came, truncation always noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from lxml.builder import E

from apertura.contract.intake import HtmlTableReader
from apertura.errors import ReaderError
from examples import examples

Read = Callable[..., Any]
SECRET = "MARIA PEREZ 2345678901234"
COUNT = r"(?P<n>[\d,]+) Establecimientos encontrados"


def html(**declared: Any) -> HtmlTableReader:
    return HtmlTableReader(format="html-table", **declared)


def page(*rows: str, after: str = "") -> bytes:
    """A page with a layout table around the data table, as the ministry's search form writes it."""
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<div><TABLE><TR><TD><center>&nbsp;</center><table border=1>{body}</table>"
        f"<span>{after}</span></TD></TR></TABLE></div><script>alert('<td>¡error!</td>')</script>"
    ).encode("latin-1")


def cells(*values: str, tag: str = "td") -> str:
    return "".join(f"<{tag}>{value}</{tag}>" for value in values)


def refused(reading: Read, content: bytes, **declared: Any) -> str:
    with pytest.raises(ReaderError) as caught:
        reading(html(**declared), content)
    error = caught.value
    assert error.message.startswith("sat/prueba")
    assert error.hint
    assert error.__cause__ is None
    assert error.__context__ is None
    for word in [*SECRET.split(), "[a*b]", "confidencial"]:
        assert word not in str(error)
    return error.message


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"),
    max_size=12,
)
NASTY = st.sampled_from(
    ["", " ", "0101", "=1+1", "<b>", "&amp;", "a < b & c", '"', "\u00a0", "a\nb", "ñandú", "---"]
)


@hypothesis_settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(TEXT.filter(str.strip), min_size=2, max_size=4, unique_by=lambda name: name.casefold()),
    encoding=st.sampled_from(["utf-8", "cp1252", "latin-1"]),
    tag=st.sampled_from(["td", "th"]),
    data=st.data(),
)
def test_a_table_that_a_serializer_wrote_is_read_back_equal(
    reading: Read, names: list[str], encoding: str, tag: str, data: st.DataObject
) -> None:
    row = st.lists(st.one_of(NASTY, TEXT), min_size=len(names), max_size=len(names))
    rows = data.draw(
        st.lists(row, min_size=1, max_size=5).filter(lambda rows: any("".join(r).strip() for r in rows))
    )
    head = E.tr(*(E(tag, name) for name in names))
    tree = E.html(E.body(E.table(head, *(E.tr(*(E.td(value) for value in row)) for row in rows))))
    written = etree.tostring(
        tree, method="html", encoding="iso-8859-1" if encoding == "latin-1" else encoding
    )
    table, values = reading(html(encodings=[encoding]), written)
    assert table.columns == names
    assert values == [tuple(row) for row in rows]


def test_cells_come_as_they_are(reading: Read) -> None:
    content = page(
        cells("CÓDIGO", "NOMBRE"),
        cells(
            "&nbsp;0101 ", "  uno<br>dos<BR/>tres &amp; &#209; <b>cua</b>tro <!-- no --><script>x</script>"
        ),
        cells("2", "A < B"),
    )
    table, values = reading(html(encodings=["latin-1"]), content)
    assert table.columns == ["CÓDIGO", "NOMBRE"]
    assert values == [("\u00a00101 ", "  uno\ndos\ntres & Ñ cuatro "), ("2", "A < B")]


def test_blank_rows_are_kept_and_not_counted(reading: Read) -> None:
    rows = [cells("a", "b"), cells("1", "2"), cells("&nbsp;", " "), cells("3", "&nbsp;")]
    stated = page(*rows, after="2 Establecimientos encontrados")
    table, values = reading(html(count_pattern=COUNT), stated)
    assert values == [("1", "2"), ("\u00a0", " "), ("3", "\u00a0")]
    assert table.notes == ["1 rows of blank cells"]
    many = page(cells("a", "b"), *[cells("1", "2")] * 1381, after="1,381 Establecimientos encontrados")
    assert reading(html(count_pattern=COUNT), many)[0].rows == 1381


def test_a_page_cut_anywhere_is_refused(reading: Read) -> None:
    whole = page(cells("a", "b"), cells(SECRET, "2"), cells("3", "4"), after="2 Establecimientos encontrados")
    reading(html(count_pattern=COUNT), whole)
    end = whole.index(b"encontrados")
    for cut in range(0, end, 3):
        refused(reading, whole[:cut], count_pattern=COUNT)
    for cut in range(whole.index(b"</table")):
        refused(reading, whole[:cut])


def test_the_stated_count_must_be_there_and_agree(reading: Read) -> None:
    rows = [cells("a", "b"), cells(SECRET, "2")]
    wrong = page(*rows, after="2 Establecimientos encontrados")
    assert "holds 1 rows and states more" in refused(reading, wrong, count_pattern=COUNT)
    fewer = page(*rows, cells("3", "4"), after="<b>1</b> Establecimientos\n encontrados")
    assert "holds 2 rows and states fewer" in refused(reading, fewer, count_pattern=COUNT)
    assert "does not state" in refused(reading, page(*rows), count_pattern=COUNT)
    no_number = page(*rows, after="confidencial Establecimientos")
    assert "does not give a number" in refused(
        reading, no_number, count_pattern=r"(?P<n>\w+) Establecimientos"
    )
    assert "does not give a number" in refused(reading, wrong, count_pattern=r"(\d+) Establecimientos")


def test_the_widest_innermost_table_is_taken(reading: Read) -> None:
    two = (
        "<table><tr><td>x</td><td>y</td></tr><tr><td>1</td><td>2</td></tr></table>"
        "<table><thead><tr><th>a</th><th>b</th><th>c</th></tr></thead>"
        "<tbody><tr><td>1</td><td>2</td><td>3</td></tr><tr></tr></tbody></table>"
    )
    table, values = reading(html(), two.encode())
    assert table.columns == ["a", "b", "c"]
    assert values == [("1", "2", "3")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   ", "no "),
        (b"MARIA PEREZ", "no table"),
        (b"<html><body>MARIA PEREZ: acceso confidencial</body></html>", "no table"),
        (b"PK\x03\x04", "zip"),
        (page(cells("a", "b")), "no rows"),
        (page(cells("a", "b"), cells("&nbsp;", "&nbsp;")), "no rows"),
        (page(cells("a", "b"), cells(SECRET)), "row 2 of the table has 1 cells, the header 2"),
        (page(cells("a", "b"), cells("1", "2", SECRET)), "row 2 of the table has 3 cells, the header 2"),
        (page(cells("a", "b"), "<td colspan=2>confidencial</td><td>1</td>"), "spans several"),
        (page(cells("a", "b"), f"<td rowspan='2'>{SECRET}</td><td>1</td>"), "spans several"),
        (page(cells("a", "&nbsp;"), cells("1", "2")), "column 2 of 2 has no name"),
        (page(cells("a", "a"), cells("1", "2")), "columns 1 and 2 have the same name"),
    ],
)
def test_bad_pages_are_refused_without_a_word_of_them(reading: Read, content: bytes, says: str) -> None:
    assert says in refused(reading, content)


def test_encodings_are_strict_and_in_order(reading: Read) -> None:
    rows = "<table><tr><td>a</td><td>b</td></tr><tr><td>€ “</td><td>ñ</td></tr></table>"
    assert reading(html(), rows.encode("utf-8"))[1] == [("€ “", "ñ")]
    assert reading(html(), rows.encode("utf-8-sig"))[1] == [("€ “", "ñ")]
    assert reading(html(), rows.encode("cp1252"))[1] == [("€ “", "ñ")]
    assert "latin-1" in refused(reading, rows.encode("cp1252"), encodings=["latin-1"])
    lying = '<meta charset="utf-8">' + rows
    assert reading(html(encodings=["cp1252"]), lying.encode("cp1252"))[1] == [("€ “", "ñ")]


def test_external_entities_are_not_fetched(reading: Read) -> None:
    hostile = (
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        "<table><tr><td>a</td><td>b</td></tr><tr><td>&x;</td><td>1</td></tr></table>"
    )
    assert reading(html(), hostile.encode())[1] == [("&x;", "1")]
