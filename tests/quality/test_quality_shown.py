"""How counts are told: exactly, or for a dataset about people so that no few of them can be made out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quality_scene import contract, field, personal, resource, write_project

from apertura.contract import Contract
from apertura.quality.counts import received, shown, shown_sum

COUNT = st.integers(0, 60)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    home: Path = tmp_path_factory.mktemp("people")
    return write_project(home, contract(resource("cosas", field("x"), personal("nombre")))).contract


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    home: Path = tmp_path_factory.mktemp("things")
    return write_project(home, contract(resource("cosas", field("x")))).contract


def test_counts_of_people_are_rounded_to_the_nearest_five(people: Contract) -> None:
    told = [shown(people, count) for count in (0, 1, 4, 5, 7, 8, 12, 13, 8314)]
    assert told == [0, "<5", "<5", 5, 5, 10, 10, 15, 8315]


def test_other_counts_are_exact(things: Contract) -> None:
    assert [shown(things, count) for count in (0, 1, 4, 7, 8314)] == [0, 1, 4, 7, 8314]
    assert shown_sum(things, [1, 2, 4]) == 7
    assert received(things, 11, [1, 3]) == 11


@given(parts=st.lists(COUNT, max_size=4))
def test_a_sum_tells_no_more_than_its_parts(people: Contract, parts: list[int]) -> None:
    """Whatever the exact counts, sums that are told equal are those of parts that are told equal."""
    told = [shown(people, part) for part in parts]
    others = [{0: 0, "<5": 3}.get(one, one) for one in told]
    assert [shown(people, int(other)) for other in others] == told
    assert shown_sum(people, [int(other) for other in others]) == shown_sum(people, parts)


@given(stayed=COUNT, left=st.lists(COUNT, max_size=3))
def test_rows_received_are_near_and_tell_no_more_than_the_rest(
    people: Contract, stayed: int, left: list[int]
) -> None:
    told = received(people, stayed + sum(left), left)
    assert told == shown_sum(people, [stayed, *left])
    near = 2 if told == "<5" else int(told)
    assert abs(near - stayed - sum(left)) <= 2 * (2 + len(left)) and (told == "<5" or near % 5 == 0)
