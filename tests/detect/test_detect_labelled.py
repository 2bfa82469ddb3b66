"""What the page on the detectors says is what they do, and the aims hold."""

from __future__ import annotations

import pytest

from apertura_demo import labelled


@pytest.fixture(scope="module")
def measured() -> list[labelled.Measured]:
    """Every cell, once."""
    return labelled.measure()


@pytest.mark.parametrize("kind", labelled.AIMS)
def test_the_aims_hold(measured: list[labelled.Measured], kind: str) -> None:
    precision, recall = labelled.AIMS[kind]
    whole = labelled.overall(measured, kind)
    assert whole.precision >= precision
    assert whole.recall >= recall


def test_hard_names_of_schools_firms_and_streets_are_nobody_s(measured: list[labelled.Measured]) -> None:
    assert labelled.overall(measured, "name").precision >= 0.98


def test_the_page_is_current(measured: list[labelled.Measured]) -> None:
    assert labelled.PAGE.read_text(encoding="utf-8") == labelled.page(measured), (
        "run python -m apertura_demo.labelled"
    )


def test_a_fifth_of_the_set_s_names_is_unknown_to_the_detector() -> None:
    assert 0.18 <= labelled.unlisted() <= 0.3
