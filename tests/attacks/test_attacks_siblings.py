"""Two tables of the same people: what one suppresses the other counts, unless both leave together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from attacks_scene import connected, contract, each_alone, field, privacy_of, raw_of, resources_of
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
