"""Two tables of the same people: what one suppresses the other counts, unless both leave together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from attacks_scene import (
    connected,
    contract,
    each_alone,
    field,
    privacy_of,
    protected,
    raw_of,
    resources_of,
    state,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from apertura.contract import Contract
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import attacks, microdata, together

PEOPLE = {"access": "confidencial", "personal": "personal"}
Rows = list[tuple[str, str, str]]


def crossed(limit: float = 0.5) -> Contract:
    """People by place and age in one table, by place and outcome in another."""
    place = field("lugar", hierarchy=[{"all": True}])
    tables = [
        {"kind": "microdata", "resource": name, "quasi_identifiers": ["lugar", column], "k": 5,
         "levels": {"lugar": 0, column: 0}, "suppression": {"limit": limit}}
        for name, column in (("edades", "edad"), ("resultados", "resultado"))
    ]  # fmt: skip
    return contract(
        {
            "edades": [place, field("edad", hierarchy=[{"all": True}], **PEOPLE)],
            "resultados": [place, field("resultado", hierarchy=[{"all": True}], **PEOPLE)],
        },
        {"tables": tables},
    )


def tables_of(rows: Rows) -> dict[str, pa.Table]:
    places, ages, outcomes = (list(column) for column in zip(*rows, strict=True))
    return {
        "edades": pa.table({"lugar": places, "edad": ages}),
        "resultados": pa.table({"lugar": places, "resultado": outcomes}),
    }


SMALL: Rows = (
    [("norte", "joven", "herido")] * 9 + [("norte", "adulto", "herido")] * 7
    + [("norte", "viejo", "herido")] * 2
    + [("sur", "joven", "herido")] * 12 + [("sur", "viejo", "herido")] * 8
)  # fmt: skip
"""Two old people in the north: too few for the table of ages."""


def jointly(rows: Rows, limit: float = 0.5) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Published rows and the sibling attack's outcome, with tables protected together."""
    one = crossed(limit)
    with connected(tables_of(rows)) as connection:
        raw = raw_of(one)
        chosen = together.protect(connection, privacy_of(one), raw, resources_of(one))
        published = {
            name: microdata.written(connection, raw[name], each).relation for name, each in chosen.items()
        }
        tried = attacks.run(connection, privacy_of(one), raw, published, resources_of(one))
        told = {
            name: connection.execute(f"FROM {relation}").fetchall() for name, relation in published.items()
        }
    return told, {attack.name: attack for attack in tried}


def test_each_table_for_itself_tells_the_size_of_what_the_other_suppressed() -> None:
    one = crossed()
    with connected(tables_of(SMALL)) as connection:
        published = each_alone(connection, one)
        tried = attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one))
    [found] = [attack for attack in tried if attack.name == "siblings"]
    assert (found.tried, found.succeeded, found.passed) == (2, 1, False)


def test_together_they_tell_of_no_group_under_k() -> None:
    told, tried = jointly(SMALL)
    assert Counter(told["edades"]) == {
        ("norte", "joven"): 9, ("sur", "joven"): 12, ("sur", "viejo"): 8,
    }  # fmt: skip
    assert len(told["resultados"]) == len(SMALL)
    assert (tried["siblings"].succeeded, tried["siblings"].passed) == (0, True)


def test_what_must_leave_besides_counts_against_the_limit() -> None:
    with pytest.raises(PrivacyError, match="what other tables of the same people tell") as caught:
        jointly(SMALL, limit=0.1)
    assert not any(word in str(caught.value) for word in ("norte", "viejo", "joven"))


def test_tables_of_other_people_are_not_subtracted() -> None:
    one = crossed()
    rows = tables_of(SMALL)
    rows["resultados"] = pa.table({"lugar": ["norte"] * 30 + ["sur"] * 5, "resultado": ["herido"] * 35})
    with connected(rows) as connection:
        published = each_alone(connection, one)
        tried = attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one))
    assert not [attack for attack in tried if attack.name == "siblings"]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["n", "s"]), st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y"])),
        min_size=1,
        max_size=70,
    )
)
def test_no_difference_of_the_published_tables_is_a_group_under_k(rows: Rows) -> None:
    """Subtracted by hand, and every class still holds k."""
    told, _ = jointly(rows, limit=1.0)
    counts = {name: Counter(row[0] for row in published) for name, published in told.items()}
    for place in ("n", "s"):
        apart = abs(counts["edades"][place] - counts["resultados"][place])
        assert apart == 0 or apart >= 5
    for published in told.values():
        assert min(Counter(published).values(), default=5) >= 5


def nearly_of(rows: Rows, ages: Rows, outcomes: Rows) -> dict[str, pa.Table]:
    """The same people in both tables, and in each some more rows that the other one lacks."""
    return {
        "edades": tables_of([*rows, *ages])["edades"],
        "resultados": tables_of([*rows, *outcomes])["resultados"],
    }


def sibling_attack(tables: dict[str, pa.Table], one: Contract) -> attacks.Attack:
    """Protected together, then attacked."""
    with connected(tables) as connection:
        published, _ = protected(connection, one)
        tried = attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one))
    [found] = [attack for attack in tried if attack.name == "siblings"]
    return found


@pytest.mark.parametrize("place", ["sur", "oeste"])
def test_stray_rows_make_no_strangers(place: str) -> None:
    """One row too many in each table, that of ages in a place of both or of its own: neither is within the
    other, and the two old people would show again."""
    tables = nearly_of(SMALL, [(place, "joven", "herido")], [("norte", "joven", "herido")])
    one = crossed()
    with connected(tables) as connection:
        alone = each_alone(connection, one)
        tried = attacks.run(connection, privacy_of(one), raw_of(one), alone, resources_of(one))
    [unprotected] = [attack for attack in tried if attack.name == "siblings"]
    assert (unprotected.succeeded, unprotected.passed) == (1, False)
    assert sibling_attack(tables, one).passed


def test_the_attack_takes_more_tables_for_siblings_than_the_defence_does() -> None:
    """Eight strays of 144 in each: too many for what suppresses together, and the attack says so."""
    one = crossed()
    rows = SMALL + [("este", "joven", "herido")] * 49 + [("oeste", "joven", "herido")] * 49
    ages = [("sur", "joven", "herido")] * 4 + [("este", "joven", "herido")] * 4
    tables = nearly_of(rows, ages, [("oeste", "joven", "herido")] * 8)
    found = sibling_attack(tables, one)
    assert (found.succeeded, found.passed) == (1, False)


def couples(limit: float = 0.5) -> Contract:
    """Couples by place and age of both, spouses by place and people."""
    place = field("lugar", hierarchy=[{"all": True}])
    tables = [
        {"kind": "microdata", "resource": name, "quasi_identifiers": ["lugar", column], "k": 5,
         "levels": {"lugar": 0, column: 0}, "suppression": {"limit": limit}}
        for name, column in (("parejas", "edades"), ("esposos", "pueblo"))
    ]  # fmt: skip
    return contract(
        {
            "parejas": [place, field("edades", hierarchy=[{"all": True}], **PEOPLE)],
            "esposos": [place, field("pueblo", hierarchy=[{"all": True}], **PEOPLE)],
        },
        {"tables": tables},
    )


COUPLES = {
    "parejas": pa.table(
        {"lugar": ["norte"] * 18 + ["sur"] * 20, "edades": ["a"] * 9 + ["b"] * 7 + ["c"] * 2 + ["a"] * 20}
    ),
    "esposos": pa.table({"lugar": ["norte"] * 36 + ["sur"] * 40, "pueblo": ["x"] * 76}),
}
"""Two couples of a kind in the north, among 18; all 36 spouses are in the other table."""


def test_two_spouses_for_each_couple_are_subtracted_too() -> None:
    one = couples()
    with connected(COUPLES) as connection:
        published = each_alone(connection, one)
        tried = attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one))
    [alone] = [attack for attack in tried if attack.name == "siblings"]
    assert (alone.tried, alone.succeeded, alone.passed) == (2, 1, False)
    assert sibling_attack(COUPLES, one).passed


def by_cells(limit: float) -> Contract:
    """As `crossed`, with cells of ages and of their place suppressed, and not rows."""
    hierarchy = [{"all": True}]
    place = field("lugar", hierarchy=hierarchy)
    return contract(
        {
            "edades": [place, state("lugar"), field("edad", hierarchy=hierarchy, **PEOPLE), state("edad")],
            "resultados": [place, field("resultado", hierarchy=hierarchy, **PEOPLE)],
        },
        {
            "tables": [
                {"kind": "microdata", "resource": "edades", "quasi_identifiers": ["lugar", "edad"], "k": 5,
                 "levels": {"lugar": 0, "edad": 0}, "suppression": {"kind": "cells", "limit": limit}},
                {"kind": "microdata", "resource": "resultados", "quasi_identifiers": ["lugar", "resultado"],
                 "k": 5, "levels": {"lugar": 0, "resultado": 0}, "suppression": {"limit": 0.5}},
            ]
        },
    )  # fmt: skip


CELLS: Rows = [
    *[("norte", "joven", "herido")] * 9, *[("norte", "adulto", "herido")] * 9,
    *[("sur", "joven", "herido")] * 9, *[("este", "viejo", "herido")] * 2, *[("este", "joven", "herido")] * 9,
    *[("sur", "viejo", "herido")] * 3,
]  # fmt: skip
"""Two old people in the east and three in the south: one place cell away from a class of five."""


def test_hidden_places_are_counted_against_the_other_table() -> None:
    one = by_cells(limit=0.9)
    tables = tables_of(CELLS)
    with connected(tables) as connection:
        alone = each_alone(connection, one)
        tried = attacks.run(connection, privacy_of(one), raw_of(one), alone, resources_of(one))
    [unprotected] = [attack for attack in tried if attack.name == "siblings"]
    assert (unprotected.succeeded, unprotected.passed) == (2, False)
    assert sibling_attack(tables, one).passed


def test_what_leaves_a_table_by_cells_counts_against_its_limit() -> None:
    with connected(tables_of(CELLS)) as connection, pytest.raises(PrivacyError, match="of the cells"):
        protected(connection, by_cells(limit=0.1))


def test_suppression_that_gets_nowhere_stops_the_run() -> None:
    """What should leave cannot be found by its labels (a raw table of other types than declared): no release,
    and no endless loop."""
    place = field("lugar", hierarchy=[{"all": True}])
    one = contract(
        {
            "edades": [place, field("edad", type="number", decimal={"precision": 9, "scale": 2})],
            "resultados": [place, field("resultado", hierarchy=[{"all": True}], **PEOPLE)],
        },
        {
            "tables": [
                {"kind": "microdata", "resource": name, "quasi_identifiers": ["lugar", column], "k": 5,
                 "levels": {"lugar": 0, column: 0}, "suppression": {"limit": 0.5}}
                for name, column in (("edades", "edad"), ("resultados", "resultado"))
            ]
        },
    )  # fmt: skip
    tables = tables_of(SMALL)
    ages = [{"joven": 1.5, "adulto": 2.5, "viejo": 3.5}[age] for _, age, _ in SMALL]
    tables["edades"] = pa.table({"lugar": tables["edades"]["lugar"], "edad": pa.array(ages, pa.float64())})
    with connected(tables) as connection, pytest.raises(PrivacyError, match="no more suppression hides"):
        together.protect(connection, privacy_of(one), raw_of(one), resources_of(one))
