"""k, l and shares count people: whoever has many rows is no crowd, and a row of nobody known adds nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from microdata_scene import field, model, relation, resource
from pydantic import ValidationError

from apertura.contract.privacy import Sensitive, Unit
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import persons
from apertura.prepare.disclosure.microdata import choose, protect, written
from examples import examples

TYPES = {"delito": "VARCHAR", "sentido": "VARCHAR", "quien": "VARCHAR"}
PSEUDONYM = {"treatment": "transient", "pseudonym": {"domain": "table", "form": "cui"}}
GROUPS = {"hurto": "bienes", "robo": "bienes", "amenazas": "persona"}
JUDGMENTS = resource(
    field("delito", hierarchy=[{"map": GROUPS}, {"all": True}]),
    field("sentido"),
    field("quien", access="confidencial", personal="personal", **PSEUDONYM),
)
Rows = list[tuple[str, str, str | None]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as one:
        yield one


def judged(connection: duckdb.DuckDBPyConnection, rows: Rows, **more: Any) -> tuple[Rows, dict[str, Any]]:
    asked = model(["delito"], unit={"columns": ["quien"]}, **more)
    outcome = protect(connection, relation(connection, TYPES, rows), JUDGMENTS, asked)
    found = connection.execute(f"SELECT * FROM {outcome.relation}").fetchall()
    return found, outcome.document


def crowd(crime: str, people: int, outcome: str = "C", start: int = 0) -> Rows:
    return [(crime, outcome, f"{crime}{number}") for number in range(start, start + people)]


def test_one_person_with_many_judgments_is_not_a_class(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [*crowd("hurto", 9), *[("robo", "A", "ella")] * 9]
    published, document = judged(connection, rows, levels={"delito": 0}, suppression={"limit": 0.5})
    assert {row[0] for row in published} == {"hurto"}
    assert (document["suppressed_rows"], document["after"]["k_category"]) == (9, 9)
    assert document["before"]["uniques"] == 1
    by_rows = protect(connection, "limpia", JUDGMENTS, model(["delito"], levels={"delito": 0}))
    assert by_rows.document["suppressed_rows"] == 0, "counted by rows she passes for nine people"


def test_the_search_generalises_until_there_are_people_enough(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [*crowd("hurto", 9), *[("robo", "A", "ella")] * 9]
    published, document = judged(connection, rows)
    assert {row[0] for row in published} == {"bienes"}
    assert document["after"]["k_category"] == 10


def test_rows_of_nobody_known_are_of_nobody_new(connection: duckdb.DuckDBPyConnection) -> None:
    rows: Rows = [*crowd("hurto", 4), *[("hurto", "C", None)] * 9, *[("robo", "C", None)] * 9]
    with pytest.raises(PrivacyError, match="k = 5"):
        judged(connection, rows, levels={"delito": 0})
    published, _ = judged(connection, [*rows, ("hurto", "C", "quinta")], levels={"delito": 0},
                          suppression={"limit": 0.5})  # fmt: skip
    assert [row[0] for row in published] == ["hurto"] * 14


@pytest.mark.parametrize("asked", [{"largest_share": 0.9}, {"distinct_l": 3}, {"t": 0.2}, {"entropy_l": 1.9}])
def test_what_all_people_of_a_class_share_is_no_secret_for_one_who_has_more(
    connection: duckdb.DuckDBPyConnection, asked: dict[str, Any]
) -> None:
    """Five convicted, one of them acquitted five times besides: by rows half and half, by people all."""
    rows = [*crowd("hurto", 5), *[("hurto", "A", "hurto0")] * 5]
    rows += [*crowd("robo", 5), *crowd("robo", 5, "A", start=5)]
    with pytest.raises(PrivacyError):
        judged(connection, rows, levels={"delito": 0}, sensitive=[{"field": "sentido", **asked}])


def test_the_last_look_at_what_was_written_counts_people(connection: duckdb.DuckDBPyConnection) -> None:
    """Suppression that kept nine rows of one person would be seen, though nine rows are more than k."""
    rows = relation(connection, TYPES, [*crowd("hurto", 9), *[("robo", "A", "ella")] * 9])
    asked = model(["delito"], unit={"columns": ["quien"]}, levels={"delito": 0}, suppression={"limit": 0.5})
    chosen = choose(connection, rows, JUDGMENTS, asked)
    written(connection, rows, chosen)
    everybody = replace(chosen, done=replace(chosen.done, kept=chosen.done.view.table.counts))
    with pytest.raises(PrivacyError, match="not the one that was found to be safe"):
        written(connection, rows, everybody)


def test_what_is_published_is_no_work_of_whose_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    published, document = judged(connection, crowd("hurto", 6))
    assert [len(row) for row in published] == [2] * 6
    assert "quien" not in str(document)


def attacked(connection: duckdb.DuckDBPyConnection, k: int = 5, **asked: Any) -> persons.Found:
    watched = [Sensitive(field="sentido", **asked)] if asked else []
    names = (["delito"], ["delito"])
    whose = Unit(columns=["quien"])
    return persons.attack(connection, JUDGMENTS, whose, ("limpia", "limpia"), names, k, watched)


def test_the_attack_finds_the_class_of_one_person(connection: duckdb.DuckDBPyConnection) -> None:
    relation(connection, TYPES, [*crowd("hurto", 5), *[("robo", "A", "ella")] * 6, ("robo", "A", None)])
    found = attacked(connection)
    assert (found.tried, found.succeeded, found.smallest) == (12, 7, 1)


def test_the_attack_finds_what_all_people_share(connection: duckdb.DuckDBPyConnection) -> None:
    relation(connection, TYPES, [*crowd("hurto", 5), *[("hurto", "A", "hurto0")] * 5])
    assert attacked(connection).succeeded == 0
    assert attacked(connection, largest_share=0.8).succeeded == 10


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["hurto", "robo", "amenazas"]),
            st.sampled_from(["A", "C", "D"]),
            st.one_of(st.none(), st.sampled_from("abcdefgh")),
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(2, 4),
)
def test_no_published_class_has_fewer_people_than_k(rows: Rows, k: int) -> None:
    """Counted by hand; and the attack, which is written apart, agrees that nobody is left to find."""
    with duckdb.connect() as connection:
        asked = {
            "k": k,
            "suppression": {"limit": 1.0},
            "sensitive": [{"field": "sentido", "largest_share": 0.8}],
        }
        published, document = judged(connection, rows, **asked)
        level = document["levels"]["delito"]
        steps: list[dict[str, str]] = [{}, GROUPS, dict.fromkeys(GROUPS, "*")]
        people, values = defaultdict(set), defaultdict(set)
        for crime, outcome, whose in rows:
            label = steps[level].get(crime, crime)
            values[label, outcome].add(whose)
            if whose is not None:
                people[label].add(whose)
        for label in {row[0] for row in published}:
            assert len(people[label]) >= k
            for outcome in "ACD":
                assert len(values[label, outcome]) <= 0.8 * len(people[label]) + 1e-9
        assert document["after"]["k_category"] == min(
            (len(people[label]) for label in {row[0] for row in published}), default=0
        )


def test_a_unit_says_one_thing() -> None:
    for wrong in ({}, {"columns": ["a"], "row": "Una."}, {"columns": ["a", "a"]}):
        with pytest.raises(ValidationError):
            Unit.model_validate(wrong)
