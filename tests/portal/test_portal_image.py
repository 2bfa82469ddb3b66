"""The picture of a shared link: its size, the same bytes, and titles that fit whatever they are."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from matter_scene import bucket, entry, field, table

from apertura.portal.image import HEIGHT, WIDTH, open_graph, width


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found: tuple[int, int] = struct.unpack(">II", png[16:24])
    return found


def test_it_is_a_png_of_the_size_that_is_shared(tmp_path: Path) -> None:
    one = entry(table(bucket(tmp_path), [field("n")], [("a",)]), title="Ejecución presupuestaria y años")

    png = open_graph(one)

    assert size_of(png) == (WIDTH, HEIGHT)
    assert len(png) < 300_000
    assert open_graph(one) == png


def test_title_institution_and_rows_are_in_it(tmp_path: Path) -> None:
    one = entry(table(bucket(tmp_path), [field("n")], [("a",)]))
    other = dataclasses.replace(one.publisher, title="Otra institución")

    pictures = {
        open_graph(one),
        open_graph(dataclasses.replace(one, package={"title": "Ñandú"})),
        open_graph(dataclasses.replace(one, package={"title": "Nandu"})),
        open_graph(dataclasses.replace(one, publisher=other)),
        open_graph(dataclasses.replace(one, latest=None)),
    }

    assert len(pictures) == 5


@pytest.mark.parametrize(
    "title", ["", "<script>&\"'", "x" * 3000, "palabra " * 400, "漢字" * 200, "a\x00\ud800b"]
)
def test_any_title_makes_a_picture(title: str) -> None:
    assert size_of(open_graph(entry(title=title))) == (WIDTH, HEIGHT)


@trying(max_examples=20)
@given(st.text(max_size=200))
def test_no_title_breaks_it(title: str) -> None:
    assert size_of(open_graph(entry(title=title))) == (WIDTH, HEIGHT)


def test_width_is_rather_too_large() -> None:
    """Arial's own widths of these letters, bold, in thousandths of an em (its AFM): 722, 611, 611, 278 …"""
    assert width("A", 1000) >= 722
    assert width("M", 1000) >= 833
    assert width("nu", 1000) >= 611 * 2 * 0.98
    assert width("i", 1000) >= 278
