"""Texts beside a contract are public: a person's number or address in them is seen, other numbers are not."""

from __future__ import annotations

import pytest

from apertura.contract.private import holds_number_of_person, is_cui


@pytest.mark.parametrize(
    "text",
    [
        "1234567890101",
        "0001234567890101",
        "DPI 1234 56789 0101",
        "123456789 01 01",
        "5486 27065 0101",
        "１２３４５６７８９０１０１",
        "a.gt/CV%201234567890101.pdf",
        "ana@correo.gt",
        "ana%40correo.gt",
        "ana @ correo.gt",
        "5512-3456",
        "+502 5512 3456",
        "cel. 55123456",
        "cel. 55 12 34 56",
    ],
)
def test_a_number_or_address_of_a_person_is_seen(text: str) -> None:
    assert holds_number_of_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "8703239000",
        "34567890.12",
        "100000002.0101",
        "5486270650101",
        "2024-01-15",
        "2232-4455",
        "TOYOTA 22R",
        "",
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert not holds_number_of_person(text)


def test_a_cui_needs_its_check_digit_and_a_municipality() -> None:
    assert is_cui("1000000020101")
    assert not is_cui("1000000030101")
    assert not is_cui("1000000022301")
    assert not is_cui("1000000020118")
    assert not is_cui("10000000201010")
