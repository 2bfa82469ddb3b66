"""How the portal writes, links and escapes: laws over all texts; numbers and dates as Guatemala has them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apertura import spanish
from apertura.portal import words
from apertura.portal.page_guides import anchor
from apertura.portal.render import address, json_block
from apertura.portal.site import page_key, relative

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
SEGMENT = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_áñ %&?#", min_size=1).filter(
    lambda one: one.strip(". ")
)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1234567, "1,234,567"),
        (Decimal("1234.56"), "1,234.56"),
        (-5, "−5"),
        (0, "0"),
        (None, "—"),
        ("<5", "<5"),
        (True, "True"),
    ],
)
def test_a_number_as_guatemala_writes_it(value: object, told: str) -> None:
    assert spanish.number(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (dt.date(2026, 11, 26), "26 de noviembre de 2026"),
        ("2026-11-01", "1 de noviembre de 2026"),
        ("2026-01-31T23:30:00-06:00", "1 de febrero de 2026"),
    ],
)
def test_a_day_in_words(value: dt.date | str, told: str) -> None:
    assert spanish.day(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2012/2019", "de 2012 a 2019"),
        ("2006-01/2024-06", "de enero de 2006 a junio de 2024"),
        ("2022-01-01/2024-10-18", "del 1 de enero de 2022 al 18 de octubre de 2024"),
        ("2024-06-30/..", "desde el 30 de junio de 2024"),
        ("2020/..", "desde 2020"),
        ("2022", "2022"),
        ("2012, 2013 y 2016", "2012, 2013 y 2016"),
        ("2020-13", "2020-13"),
        (None, ""),
    ],
)
def test_a_period_in_words(value: str | None, told: str) -> None:
    assert words.period(value) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0\u202fbytes"), (999, "999\u202fbytes"), (224205, "224\u202fkB"), (4_100_000, "4.1\u202fMB")],
)
def test_a_size_in_decimal_units(count: int, told: str) -> None:
    assert words.size(count) == told


def test_only_a_whole_is_a_hundred_per_cent() -> None:
    assert spanish.percent(1.0) == "100\u202f%"
    assert spanish.percent(0.9999) == "99.9\u202f%"
    assert spanish.percent(None) == "—"


def test_one_is_one_and_the_rest_are_many() -> None:
    assert words.plural(1, "fila", "filas") == "1 fila"
    assert words.plural(4220, "fila", "filas") == "4,220 filas"


@given(JSON)
def test_a_data_block_says_what_was_meant_and_nothing_in_it_is_html(value: object) -> None:
    block = str(json_block(value))
    assert not set("<>&") & set(block)
    assert json.loads(block) == value


@given(st.text())
def test_a_link_to_the_web_has_a_scheme_of_the_web(text: str) -> None:
    for one in (text, f"javascript:{text}", f" {text}"):
        safe = words.web(one)
        assert safe is None or urlsplit(safe).scheme in ("http", "https")


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//x.gt", "/x", "http:", "", None],
)
def test_what_is_no_address_of_the_web_is_no_link(text: str | None) -> None:
    assert words.web(text) is None


def test_an_address_of_the_web_is_a_link() -> None:
    assert words.web(" https://www.ine.gob.gt/x?y=1 ") == "https://www.ine.gob.gt/x?y=1"


@pytest.mark.parametrize("text", ["uip@x.gob.gt?cc=otro@x.gt", "a b@x.gt", "x", "javascript:a@x.gt", None])
def test_what_is_no_plain_mail_address_is_no_link(text: str | None) -> None:
    assert words.mail(text) is None


@given(st.lists(SEGMENT, max_size=3), st.lists(SEGMENT, max_size=3))
def test_a_relative_link_leads_to_its_target_from_any_folder(here: list[str], there: list[str]) -> None:
    page, target = page_key(*here), page_key(*there)
    link = address(page, target)
    base = "https://x.gt/prefijo/"
    assert urljoin(base + words.canonical(page), link) == base + words.canonical(target)
    assert relative(page, target).endswith("/")


@given(st.text())
def test_folded_text_has_no_accents_and_folding_again_changes_nothing(text: str) -> None:
    once = words.folded(text)
    assert words.folded(once) == once
    assert words.folded("Contratación ÑANDÚ") == "contratacion nandu"


def test_an_anchor_is_a_plain_word() -> None:
    assert anchor("Concurso o evento") == "concurso-o-evento"
    assert anchor("Índice") == "indice"


@pytest.mark.parametrize(
    ("count", "about", "told"),
    [
        (1, False, "1 fila"),
        (4220, False, "4,220 filas"),
        (4220, True, "unas 4,220 filas"),
        ("<5", True, "menos de 5 filas"),
        (0, True, "0 filas"),
    ],
)
def test_a_number_of_rows_in_words(count: int | str, about: bool, told: str) -> None:
    assert spanish.rows(count, about=about) == told
