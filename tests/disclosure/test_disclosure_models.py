"""k, l, t and the largest share of classes: by their definitions, and as pycanon reckons them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from microdata_scene import field, grouped_of, plain_spread, resource

from apertura.contract.privacy import Sensitive
from apertura.prepare.disclosure.classes import class_ids, column, keys
from apertura.prepare.disclosure.models import Model, View, Watch, spread
from apertura.prepare.disclosure.risk import k_wildcard, measure

ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=60)


def view_of(rows: Sequence[Sequence[int]], null: int = -1) -> View:
    """Two quasi-identifiers and a sensitive value, at level 0. `null` is the code of the missing value."""
    columns = [column("a", [range(3)], null), column("b", [range(3)], null), column("s", [range(6)])]
    made = grouped_of(columns, rows)
    return View(made.table, made.columns, (0, 0, 0))


def worst(rows: Sequence[Sequence[int]], distance: str) -> dict[str, Any]:
    """What the library says of the worst class."""
    view = view_of(rows)
    watch = Watch(2, Sensitive.model_validate({"field": "s", "t": 0.5, "distance": distance}))
    model = Model("prueba", 2, (0, 1), (watch,))
    fields = resource(field("a"), field("b"), field("s")).fields
    return measure(view, model, view.table.counts, fields)


@pytest.mark.parametrize("distance", ["equal", "ordered"])
@given(rows=ROWS)
def test_each_measure_is_its_definition_in_the_worst_class(
    distance: str, rows: list[tuple[int, int, int]]
) -> None:
    classes = defaultdict(list)
    for a, b, s in rows:
        classes[a, b].append(s)
    plain = [plain_spread(values, [row[2] for row in rows], distance) for values in classes.values()]
    told = worst(rows, distance)
    assert told["k_category"] == min(map(len, classes.values()))
    assert told["sensitive"]["s"]["distinct_l"] == min(one["distinct_l"] for one in plain)
    assert told["sensitive"]["s"]["entropy_l"] == pytest.approx(min(one["entropy_l"] for one in plain))
    assert told["sensitive"]["s"]["t"] == pytest.approx(max(one["t"] for one in plain), abs=1e-12)
    assert told["sensitive"]["s"]["largest_share"] == pytest.approx(
        max(one["largest_share"] for one in plain)
    )


@pytest.mark.parametrize("distance", ["equal", "ordered"])
@settings(max_examples=25)
@given(rows=ROWS.filter(lambda rows: len({row[2] for row in rows}) > 1))
def test_k_l_and_t_are_pycanons(distance: str, rows: list[tuple[int, int, int]]) -> None:
    import pandas as pd
    from pycanon import anonymity

    frame = pd.DataFrame(rows, columns=["a", "b", "s"])
    if distance == "equal":  # pycanon takes the ordered distance for numbers, the equal one for texts
        frame["s"] = [f"v{value}" for value in frame["s"]]
    told = worst(rows, distance)
    assert told["k_category"] == anonymity.k_anonymity(frame, ["a", "b"])
    assert told["sensitive"]["s"]["distinct_l"] == anonymity.l_diversity(frame, ["a", "b"], ["s"])
    # pycanon cuts entropy l to a whole number: on the edge of one, rounding decides.
    ours, theirs = (
        told["sensitive"]["s"]["entropy_l"],
        anonymity.entropy_l_diversity(frame, ["a", "b"], ["s"]),
    )
    assert int(ours - 1e-9) <= theirs <= int(ours + 1e-9)
    assert told["sensitive"]["s"]["t"] == pytest.approx(
        anonymity.t_closeness(frame, ["a", "b"], ["s"]), abs=1e-9
    )


def test_t_compares_with_the_table_before_suppression() -> None:
    view = view_of([(0, 0, 0)] * 2 + [(0, 0, 1)] * 2 + [(1, 0, 1)] * 4)
    kept = view.table.counts * (view.table.codes[0] == 0)
    watch = Watch(2, Sensitive(field="s", t=0.5))
    ids, number = view.ids((0, 1))
    before = spread(view, watch, ids, number, kept, view.table.counts)
    after = spread(view, watch, ids, number, kept, kept)
    assert before.t[0] == pytest.approx(0.25)  # half and half against a quarter and three quarters
    assert after.t[0] == pytest.approx(0.0)


def test_an_order_of_the_contract_is_the_order_of_the_ordered_distance() -> None:
    rows = [(0, 0, 0), (0, 0, 1), (1, 0, 2), (1, 0, 2)]
    view = view_of(rows)
    asked = Sensitive.model_validate({"field": "s", "t": 0.5, "distance": "ordered"})
    ids, number = view.ids((0, 1))
    counts = view.table.counts
    natural = spread(view, Watch(2, asked), ids, number, counts, counts)
    # 2 between 0 and 1: the first class spans the whole range around it.
    ranks = (np.array([0, 2, 1, 3, 4, 5], dtype=np.int32),)
    other = spread(view, Watch(2, asked, ranks), ids, number, counts, counts)
    assert natural.t.tolist() == pytest.approx([0.375, 0.375])
    assert other.t.tolist() == pytest.approx([0.25, 0.25])


@given(rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.just(0)), min_size=1, max_size=40))
def test_k_with_nulls_as_wildcards_counts_the_rows_that_may_match(rows: list[tuple[int, int, int]]) -> None:
    view = view_of(rows, null=2)

    def match(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
        return all(2 in (x, y) or x == y for x, y in zip(one[:2], other[:2], strict=True))

    expected = min(sum(match(one, other) for other in rows) for one in rows)
    assert k_wildcard(view, (0, 1), view.table.codes, view.table.counts) == expected


@given(
    sizes=st.lists(st.integers(1, 2**31), min_size=1, max_size=6),
    rows=st.integers(1, 20),
    seed=st.integers(0, 1000),
)
def test_keys_tell_classes_apart_also_where_they_would_overflow(
    sizes: list[int], rows: int, seed: int
) -> None:
    some = np.random.default_rng(seed)
    # Few different codes of many possible ones, so that classes do repeat.
    codes = [some.choice([0, size // 2, size - 1], rows).astype(np.int64) for size in sizes]
    combinations = list(zip(*(one.tolist() for one in codes), strict=True))
    key, space = keys(codes, sizes)
    assert space < 2**62
    ids, number = class_ids(codes, sizes)
    assert number == len(set(combinations))
    for given_by in (key.tolist(), ids.tolist()):
        assert len(set(zip(combinations, given_by, strict=True))) == number == len(set(given_by))
