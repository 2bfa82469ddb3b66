"""Counts: small ones go, and others, so that nobody can work them out again."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from counts_scene import Given, Row, attacked, protected, published
from hypothesis import given, settings
from hypothesis import strategies as st

from apertura.errors import PrivacyError
from apertura.prepare.disclosure.counts import cell_keys
from examples import examples

NINE: dict[Row, int] = dict(
    zip(itertools.product("abc", "xyz"), [3, 20, 30, 12, 8, 40, 9, 50, 7], strict=True)
)
PLACES = {"lugar": {"levels": [{"to": "department"}, {"to": "country"}]}}


def rows_of(cells: dict[Row, int]) -> list[Row]:
    return [(*labels, count) for labels, count in cells.items()]


def hidden_of(told: dict[Row, Any]) -> set[Row]:
    return {labels for labels, count in told.items() if count == "suprimido"}


def margins(cells: dict[Row, int]) -> list[tuple[list[Row], int]]:
    """Every sum over any of the dimensions that is not itself small: totals under 5 are nobody's to tell."""
    width = len(next(iter(cells)))
    sums = []
    for kept in itertools.chain.from_iterable(itertools.combinations(range(width), n) for n in range(width)):
        groups: dict[Row, list[Row]] = {}
        for labels in cells:
            groups.setdefault(tuple(labels[i] for i in kept), []).append(labels)
        sums += [(parts, sum(cells[part] for part in parts)) for parts in groups.values()]
    return [(parts, total) for parts, total in sums if not 0 < total < 5]


def test_one_small_cell_takes_the_cheapest_rectangle_with_it() -> None:
    connection, outcome = protected({"tabla": Given(["fila", "columna"], rows_of(NINE))})
    told = published(connection, outcome, "tabla")
    assert hidden_of(told) == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}
    for labels in set(NINE) - hidden_of(told):
        assert told[labels] == NINE[labels]
    for low, high in attacked(NINE, hidden_of(told), margins(NINE)).values():
        assert high - low >= 5 - 1e-6
    assert outcome.document["tables"]["tabla"] == {
        "cells": 9,
        "zero": 0,
        "unavailable": 0,
        "primary": 1,
        "complementary": 3,
        "published": 5,
        "sum": 179,
        "sum_published": 136,
    }


def test_two_small_cells_of_a_line_do_not_protect_each_other_when_their_sum_leaves_no_room() -> None:
    # 1 + 1 = 2 by subtraction: a third cell of the line must go.
    connection, outcome = protected({"tabla": Given(["x"], [("a", 1), ("b", 1), ("c", 9), ("d", 40)])})
    assert hidden_of(published(connection, outcome, "tabla")) == {("a",), ("b",), ("c",)}


def test_a_table_without_small_counts_is_published_whole() -> None:
    cells = {key: value + 10 for key, value in NINE.items()}
    connection, outcome = protected({"tabla": Given(["f", "c"], rows_of(cells))})
    assert published(connection, outcome, "tabla") == cells
    assert outcome.document["attacker"]["cells_checked"] == 0


def test_zeros_are_published_and_rows_of_zeros_stay() -> None:
    cells = {**NINE, ("d", "x"): 0, ("d", "y"): 0, ("d", "z"): 0}
    connection, outcome = protected({"tabla": Given(["f", "c"], rows_of(cells))})
    told = published(connection, outcome, "tabla")
    assert [told[("d", column)] for column in "xyz"] == [0, 0, 0]


def test_a_small_count_whose_line_has_only_zeros_beside_it_is_protected() -> None:
    cells = {("a", "x"): 2, ("a", "y"): 0, ("b", "x"): 30, ("b", "y"): 60, ("c", "x"): 25, ("c", "y"): 45}
    connection, outcome = protected({"tabla": Given(["f", "c"], rows_of(cells))})
    told = published(connection, outcome, "tabla")
    # The row's total is as small as the cell: that of another row must not be told by anybody either.
    assert outcome.document["totals"]["assumed_unpublished"] == 1
    columns = [(parts, total) for parts, total in margins(cells) if len({labels[1] for labels in parts}) == 1]
    intervals = attacked(cells, hidden_of(told), [c for c in columns if len(c[0]) == 3])
    assert ("a", "x") in intervals
    assert all(high - low >= 5 - 1e-6 for low, high in intervals.values())


def test_what_rests_on_totals_that_somebody_may_publish_is_refused_unless_the_contract_says_why() -> None:
    cells = {("a", "x"): 2, ("a", "y"): 0, ("b", "x"): 30, ("b", "y"): 60, ("c", "x"): 25, ("c", "y"): 45}
    with pytest.raises(PrivacyError, match="as long as nobody publishes 1 totals"):
        protected({"tabla": Given(["f", "c"], rows_of(cells))}, supposed=None)


def test_municipality_department_and_country_are_one_hierarchy() -> None:
    cells = {("0101",): 3, ("0102",): 40, ("0103",): 50, ("0201",): 60, ("0202",): 70, ("0203",): 80}
    table = Given([{"field": "municipio", "role": "lugar"}], rows_of(cells))
    connection, outcome = protected({"tabla": table}, PLACES)
    # The department's total is known: the second cell must be of the same department.
    assert hidden_of(published(connection, outcome, "tabla")) == {("0101",), ("0102",)}


def test_linked_tables_are_protected_together() -> None:
    fine = {("0101", "2020"): 3, ("0102", "2020"): 40, ("0201", "2020"): 60, ("0202", "2020"): 70}
    coarse = {
        ("01", "2020", "F"): 20,
        ("01", "2020", "M"): 23,
        ("02", "2020", "F"): 65,
        ("02", "2020", "M"): 65,
    }
    tables = {
        "fina": Given([{"field": "municipio", "role": "lugar"}, "anio"], rows_of(fine)),
        "gruesa": Given(
            [{"field": "departamento", "role": "lugar", "level": 1}, "anio", "sexo"], rows_of(coarse)
        ),
    }
    connection, outcome = protected(tables, PLACES)
    assert hidden_of(published(connection, outcome, "fina")) == {("0101", "2020"), ("0102", "2020")}
    assert hidden_of(published(connection, outcome, "gruesa")) == set()
    assert outcome.document["linked"] == ["fina", "gruesa"]
    assert outcome.document["inconsistent"] == 0


def test_explicit_totals_are_cells_of_the_same_sums() -> None:
    cells = {("a",): 2, ("b",): 9, ("c",): 30, ("Total",): 41}
    table = Given([{"field": "x", "total": "Total"}], rows_of(cells))
    connection, outcome = protected({"tabla": table})
    told = published(connection, outcome, "tabla")
    assert told[("Total",)] == 41 or {("a",), ("Total",)} <= hidden_of(told)
    assert len(hidden_of(told)) == 2


def test_totals_that_nobody_has_need_no_second_cell() -> None:
    rows = rows_of({("a",): 2, ("b",): 9, ("c",): 30})
    connection, outcome = protected({"tabla": Given(["x"], rows)}, {"x": {"totals": "unknown"}})
    assert hidden_of(published(connection, outcome, "tabla")) == {("a",)}


def test_a_count_that_is_not_available_says_so_and_hides_nothing() -> None:
    rows = [("a", None), ("b", 2), ("c", 9), ("d", 30)]
    connection, outcome = protected({"tabla": Given(["x"], rows)})
    told = published(connection, outcome, "tabla")
    assert told[("a",)] == "no_disponible"
    # The attacker may know it: it is no company for the small one.
    assert hidden_of(told) == {("b",), ("c",)}
    assert outcome.document["tables"]["tabla"]["unavailable"] == 1


def test_a_missing_label_is_a_category_of_its_own() -> None:
    connection, outcome = protected({"tabla": Given(["x"], [(None, 2), ("b", 9), ("c", 30)])})
    assert hidden_of(published(connection, outcome, "tabla")) == {(None,), ("b",)}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("a", 8), ("a", 9)], "more than one row"),
        ([("a", -1), ("b", 9)], "negative"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(rows: list[Row], says: str) -> None:
    with pytest.raises(PrivacyError, match=says):
        protected({"tabla": Given(["x"], rows)})


def test_a_label_that_adds_up_to_nothing_is_refused_without_quoting_it() -> None:
    table = Given([{"field": "municipio", "role": "lugar"}], [("secreto", 9), ("0101", 8)])
    with pytest.raises(PrivacyError, match="1 of 2 labels") as refused:
        protected({"tabla": table}, PLACES)
    assert "secreto" not in str(refused.value)


def test_linked_tables_that_disagree_on_a_cell_are_refused() -> None:
    with pytest.raises(PrivacyError, match="another count"):
        protected({"una": Given(["x"], [("a", 10)]), "otra": Given(["x"], [("a", 11)])})


def test_sums_that_leave_no_room_are_refused_not_published() -> None:
    # The total of 6 was published before, and its only other part: 2 follows by subtraction.
    table = Given([{"field": "x", "total": "Total"}], [("a", 2), ("b", 6), ("Total", 8)])
    known = frozenset({("tabla", ("b",)), ("tabla", ("Total",))})
    with pytest.raises(PrivacyError, match="cannot be protected"):
        protected({"tabla": table}, known=known)


def test_a_small_count_that_is_public_already_is_refused() -> None:
    with pytest.raises(PrivacyError, match="retained version"):
        protected({"tabla": Given(["x"], [("a", 2), ("b", 9)])}, known=frozenset({("tabla", ("a",))}))


def test_cells_published_before_are_no_company() -> None:
    rows = rows_of(NINE)
    known = frozenset({("tabla", ("b", "y"))})
    connection, outcome = protected({"tabla": Given(["f", "c"], rows)}, known=known)
    assert ("b", "y") not in hidden_of(published(connection, outcome, "tabla"))


def test_the_pattern_of_the_last_release_is_preferred() -> None:
    rows = [("a", 2), ("b", 9), ("c", 10)]
    tables = {"tabla": Given(["x"], rows)}
    connection, outcome = protected(tables)
    assert hidden_of(published(connection, outcome, "tabla")) == {("a",), ("b",)}
    before = frozenset({("tabla", ("a",)), ("tabla", ("c",))})
    connection, outcome = protected(tables, previous=before)
    assert hidden_of(published(connection, outcome, "tabla")) == {("a",), ("c",)}


def test_the_published_cells_of_a_release_can_be_read_back() -> None:
    from counts_scene import privacy_of

    tables = {"tabla": Given(["x"], [("a", 2), ("b", 9), ("c", 30), ("d", None)])}
    connection, outcome = protected(tables)
    model: Any = privacy_of(tables).tables[0]
    known, gone = cell_keys(connection, outcome.relations["tabla"], model)
    assert known == {("tabla", ("c",))}
    assert gone == {("tabla", ("a",)), ("tabla", ("b",))}


@st.composite
def random_tables(draw: st.DrawFn) -> dict[Row, int]:
    shape = draw(st.sampled_from([(3, 3), (2, 5), (4, 4), (2, 2, 3), (3, 2, 3)]))
    counts = st.one_of(st.integers(0, 6), st.integers(5, 40))
    keys = itertools.product(*(map(str, range(size)) for size in shape))
    return {key: draw(counts) for key in keys}


@settings(max_examples=examples(25))
@given(random_tables())
def test_no_attacker_narrows_a_suppressed_cell_of_a_random_table(cells: dict[Row, int]) -> None:
    names = ["x", "y", "z"][: len(next(iter(cells)))]
    tables = {"tabla": Given(list(names), rows_of(cells))}
    connection, outcome = protected(tables)
    told = published(connection, outcome, "tabla")
    hidden = hidden_of(told)
    assert {key for key, count in cells.items() if 0 < count < 5} <= hidden
    assert all(told[key] == cells[key] for key in set(cells) - hidden)
    if outcome.document["totals"]["assumed_unpublished"] == 0:
        for low, high in attacked(cells, hidden, margins(cells)).values():
            assert high - low >= 5 - 1e-4
    # Again, from rows in another order: the same. With the pattern of this release: as safe.
    before = frozenset(("tabla", key) for key in hidden)
    shuffled = {"tabla": Given(list(names), list(reversed(rows_of(cells))))}
    connection, again = protected(shuffled)
    assert published(connection, again, "tabla") == told
    connection, after = protected(tables, previous=before)
    hidden = hidden_of(published(connection, after, "tabla"))
    if after.document["totals"]["assumed_unpublished"] == 0:
        for low, high in attacked(cells, hidden, margins(cells)).values():
            assert high - low >= 5 - 1e-4


def least_known(cells: dict[Row, int], hidden: set[Row]) -> dict[Row, tuple[float, float]]:
    """The attacker of the tests where each hidden count is known to be 1 at least: all less one, summed."""
    less = {labels: count - (labels in hidden) for labels, count in cells.items()}
    found = attacked(less, hidden, [(parts, sum(less[one] for one in parts)) for parts, _ in margins(cells)])
    return {labels: (low + 1, high + 1) for labels, (low, high) in found.items()}


ONES: dict[Row, int] = {("a",): 1, ("b",): 1, ("c",): 5, ("d",): 40}


def test_where_no_zero_is_listed_a_hidden_count_is_one_at_least() -> None:
    """1 + 1 + 5 = 7 leaves each within 1 and 5 for who knows that none is 0: the fourth must go, too."""
    connection, outcome = protected({"tabla": Given(["x"], rows_of(ONES))})
    hidden = hidden_of(published(connection, outcome, "tabla"))
    assert ("d",) in hidden
    for low, high in least_known(ONES, hidden).values():
        assert high - low >= 5 - 1e-6


def test_where_zeros_are_listed_a_hidden_count_may_be_none() -> None:
    connection, outcome = protected({"tabla": Given(["x"], rows_of({**ONES, ("e",): 0}))})
    assert ("d",) not in hidden_of(published(connection, outcome, "tabla"))


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.integers(1, 12), min_size=9, max_size=9))
def test_intervals_hold_against_who_knows_that_zeros_are_not_listed(counts: list[int]) -> None:
    cells: dict[Row, int] = dict(zip(itertools.product("abc", "xyz"), counts, strict=True))
    try:
        connection, outcome = protected({"tabla": Given(["f", "c"], rows_of(cells))}, supposed=None)
    except PrivacyError:
        return  # nothing is published
    hidden = hidden_of(published(connection, outcome, "tabla"))
    for labels, (low, high) in least_known(cells, hidden).items():
        assert high - low >= 5 - 1e-6, labels
