"""Invented people have numbers of the right form that belong to nobody."""

from __future__ import annotations

import random

import pytest

from apertura_demo.people import (
    CUI_SERIALS,
    cui_check_digit,
    make_cui,
    make_landline,
    make_mobile,
    make_nit,
    make_person,
    nit_check_digit,
)
from apertura_demo.territory import MUNICIPALITIES_PER_DEPARTMENT, PLACES, without_accents


@pytest.mark.parametrize("cui", ["1234567890101", "1000000020101"])
def test_check_digit_of_known_cuis(cui: str) -> None:
    assert cui_check_digit(cui[:8]) == int(cui[8])


def test_check_digit_of_a_wrong_cui_differs() -> None:
    assert cui_check_digit("54862706") != 5


@pytest.mark.parametrize("nit", ["576937-K", "1234567-9", "39525503-1", "123456-0"])
def test_check_digit_of_known_nits(nit: str) -> None:
    body, check = nit.split("-")
    assert nit_check_digit(body) == check


def test_check_digit_of_a_wrong_nit_differs() -> None:
    assert nit_check_digit("123456") != "7"


def test_generated_numbers_are_valid_and_out_of_use() -> None:
    rng = random.Random(7)
    for _ in range(500):
        cui, nit = make_cui(rng), make_nit(rng)
        assert len(cui) == 13
        assert cui_check_digit(cui[:8]) == int(cui[8])
        assert CUI_SERIALS[0] <= int(cui[:8]) <= CUI_SERIALS[1]
        department, municipality = int(cui[9:11]), int(cui[11:])
        assert 1 <= municipality <= MUNICIPALITIES_PER_DEPARTMENT[department - 1]
        assert nit_check_digit(nit[:-1]) == nit[-1]
        assert make_mobile(rng)[0] in "345"
        assert make_landline(rng)[0] in "267"


def test_the_same_seed_gives_the_same_people() -> None:
    assert [make_person(random.Random(3)) for _ in range(2)] == [make_person(random.Random(3))] * 2
    assert make_person(random.Random(3)) != make_person(random.Random(4))


def test_there_are_340_municipalities_and_places_are_among_them() -> None:
    assert sum(MUNICIPALITIES_PER_DEPARTMENT) == 340
    assert sorted(PLACES) == list(range(1, 23))
    for department, places in PLACES.items():
        assert all(1 <= place.number <= MUNICIPALITIES_PER_DEPARTMENT[department - 1] for place in places)


def test_capital_letters_without_accents_keep_their_ene() -> None:
    assert without_accents("Cabañas Petén").upper() == "CABAÑAS PETEN"
