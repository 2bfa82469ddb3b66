"""Linkage, certainty, joins on small tables: each finds people in the raw table and none when k holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from attacks_scene import connected, contract, field, privacy_of, protected, raw_of, resources_of
from hypothesis import given, settings
from hypothesis import strategies as st

from apertura.contract import Contract
from apertura.errors import PrivacyError
from apertura.prepare.disclosure import attacks, joins, linkage
from apertura.prepare.disclosure.attack import Attack, about
from examples import examples

PEOPLE = {"access": "confidencial", "personal": "personal"}
AGE = field("edad", type="integer", hierarchy=[{"bands": [0, 18, 65]}, {"all": True}], **PEOPLE)
SEX = field("sexo", hierarchy=[{"all": True}], **PEOPLE)
ILL = field("mal", access="confidencial", personal="sensible", treatment="suppress")


def one_table(**more: Any) -> Contract:
    """Persons by age and sex, with an illness nobody may learn."""
    table = {
        "kind": "microdata",
        "resource": "personas",
        "quasi_identifiers": ["edad", "sexo"],
        "k": 3,
        "sensitive": [{"field": "mal", "distinct_l": 2}],
        "suppression": {"limit": 1.0},
    }
    return contract({"personas": [AGE, SEX, ILL]}, {"tables": [table | more]})


def people(count: int = 60) -> dict[str, dict[str, list[Any]]]:
    """Ages from 1, two sexes, three illnesses, none following from the others."""
    return {
        "personas": {
            "edad": [1 + n * 7 % 79 for n in range(count)],
            "sexo": ["H" if n % 2 else "M" for n in range(count)],
            "mal": [("a", "b", "c")[n % 3] for n in range(count)],
        }
    }


def by_name(found: list[Attack]) -> dict[str, Attack]:
    return {one.name: one for one in found}


def test_every_attack_succeeds_on_the_raw_table_and_fails_on_the_protected_one() -> None:
    one = one_table()
    with connected(people()) as connection:
        raw, privacy, resources = raw_of(one), privacy_of(one), resources_of(one)
        bare = by_name(attacks.run(connection, privacy, raw, raw, resources))
        published, _ = protected(connection, one)
        safe = by_name(attacks.run(connection, privacy, raw, published, resources))
    assert bare["linkage"].succeeded == bare["linkage"].tried == 60
    assert bare["linkage"].smallest_candidates == 1
    assert bare["linkage-mal"].succeeded == 60
    assert not bare["linkage-few"].passed
    assert all(attack.passed for attack in safe.values())
    assert (safe["linkage"].smallest_candidates or 0) >= 3


def test_a_sensitive_value_that_all_candidates_share_is_found() -> None:
    one = one_table(sensitive=[{"field": "mal", "largest_share": 0.7}])
    tables = {"personas": {"edad": [30] * 10, "sexo": ["H"] * 10, "mal": ["a"] * 8 + ["b"] * 2}}
    with connected(tables) as connection:
        found = by_name(attacks.run(connection, privacy_of(one), raw_of(one), raw_of(one), resources_of(one)))
    assert found["linkage"].passed
    assert found["linkage-mal"].succeeded == 10


@pytest.mark.parametrize(
    ("ills", "safe"),
    [
        ([None] * 10, True),  # nobody has a value: nothing is told
        (["a"] * 2 + [None] * 8, False),  # who knows that there is one sets the others aside
        (["a"] * 8 + ["b"] * 2, False),
        (["a"] * 2 + ["b"] * 2 + [None] * 6, True),
    ],
)
def test_missing_sensitive_values_are_set_aside(ills: list[str | None], safe: bool) -> None:
    one = one_table(sensitive=[{"field": "mal", "largest_share": 0.7, "distinct_l": 2}])
    tables = {"personas": {"edad": [30] * 10, "sexo": ["H"] * 10, "mal": pa.array(ills, pa.string())}}
    with connected({"personas": pa.table(tables["personas"])}) as connection:
        found = by_name(attacks.run(connection, privacy_of(one), raw_of(one), raw_of(one), resources_of(one)))
        assert found["linkage-mal"].passed is safe
        _, documents = protected(connection, one)
    assert documents["personas"]["rows_out"] == (10 if safe else 0)


def test_a_suppressed_cell_is_tried_as_a_category_and_as_a_wildcard() -> None:
    """Two rows left with their age are found as a category, though seven rows match them as wildcards."""
    one = one_table()
    with connected({"personas": {"edad": [30] * 7, "sexo": ["H"] * 7, "mal": ["a"] * 7}}) as connection:
        connection.execute(
            "CREATE TABLE told AS SELECT "
            "CASE WHEN row_number() OVER () <= 2 THEN '18-64' END AS edad, sexo, mal FROM raw_personas"
        )
        found = by_name(
            attacks.run(connection, privacy_of(one), raw_of(one), {"personas": "told"}, resources_of(one))
        )
    assert found["linkage"].smallest_candidates == 2
    assert not found["linkage"].passed


def test_labels_of_no_level_are_refused() -> None:
    one = one_table()
    with connected(people()) as connection:
        connection.execute("CREATE TABLE told AS SELECT 'viejo' AS edad, sexo, mal FROM raw_personas")
        with pytest.raises(PrivacyError) as caught:
            attacks.run(connection, privacy_of(one), raw_of(one), {"personas": "told"}, resources_of(one))
    assert "edad" in caught.value.message
    assert "viejo" not in str(caught.value)


def test_a_success_is_refused_in_words_without_values() -> None:
    one = one_table()
    with connected(people()) as connection:
        found = attacks.run(connection, privacy_of(one), raw_of(one), raw_of(one), resources_of(one))
    with pytest.raises(PrivacyError) as caught:
        attacks.refuse_successful(found, "ine/personas, protect")
    assert "linkage" in caught.value.message
    assert "personas" in caught.value.message
    attacks.refuse_successful([one for one in found if one.passed], "ine/personas, protect")


def test_zero_rows_leave_nothing_to_attack() -> None:
    one = one_table()
    with connected(people()) as connection:
        connection.execute("CREATE TABLE nobody AS SELECT * FROM raw_personas LIMIT 0")
        nobody = {"personas": "nobody"}
        found = attacks.run(connection, privacy_of(one), nobody, nobody, resources_of(one))
    assert all(attack.passed and attack.succeeded == 0 for attack in found)


@pytest.fixture(scope="module")
def bare() -> Iterator[duckdb.DuckDBPyConnection]:
    with connected({}) as connection:
        yield connection


@settings(max_examples=examples(40))
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from("HM"), st.sampled_from("ab")), min_size=1, max_size=25
    ),
    k=st.integers(2, 4),
)
def test_found_records_are_those_of_small_classes(
    bare: duckdb.DuckDBPyConnection, rows: list[tuple[int, str, str]], k: int
) -> None:
    """On a table published as it is, the records found are those with fewer than k twins."""
    resource = one_table(k=k).resources[0]
    ages, sexes, _ = (list(column) for column in zip(*rows, strict=True))
    expected = sum(1 for age, sex, _ in rows if sum((age, sex) == other[:2] for other in rows) < k)
    bare.register("people", pa.table({"edad": ages, "sexo": sexes}))
    levels = linkage.levels_of(bare, "people", resource, ["edad", "sexo"])
    known = linkage.known(resource, levels, ["edad", "sexo"])
    table = linkage.prepare(bare, known, "people", linkage.shown(["edad", "sexo"]), "people")
    found = linkage.attack(bare, table, k)
    assert (found.tried, found.succeeded) == (len(rows), expected)


DATE = field("fecha", type="date", hierarchy=[{"to": "quarter"}, {"to": "year"}])


def two_tables(knows: list[str]) -> Contract:
    """Events by day, persons by quarter and kind of event; `knows` is what their model takes as known."""
    return contract(
        {
            "hechos": [field("fecha", type="date"), field("tipo")],
            "personas": [DATE, field("tipo"), AGE | {"hierarchy": [{"all": True}]}],
        },
        {
            "tables": [
                {
                    "kind": "microdata", "resource": "personas", "quasi_identifiers": knows, "k": 3,
                    "levels": {"fecha": 1, "edad": 1},
                }
            ],
            "links": [{"about": "fecha", "columns": {"hechos": "fecha", "personas": "fecha"}}],
        },
    )  # fmt: skip


def events() -> dict[str, dict[str, list[Any]]]:
    """Twelve events of one quarter, one of them of a rare kind, with a person each."""
    days = [dt.date(2024, 1, 1 + n) for n in range(12)]
    kinds = ["choque"] * 11 + ["vuelco"]
    return {
        "hechos": {"fecha": days, "tipo": kinds},
        "personas": {"fecha": days, "tipo": kinds, "edad": list(range(20, 32))},
    }


def test_a_column_that_another_table_tells_too_is_taken_as_known() -> None:
    """The press tells the day; the events' table tells the kind; the kind finds the person."""
    careless, careful = two_tables(["fecha", "edad"]), two_tables(["fecha", "edad", "tipo"])
    with connected(events()) as connection:
        published, _ = protected(connection, careless)
        found = by_name(
            attacks.run(connection, privacy_of(careless), raw_of(careless), published, resources_of(careless))
        )
        assert found["linkage"].passed
        assert found["linkage-tables"].succeeded == 1
        assert found["cross"].succeeded == 1
        with pytest.raises(PrivacyError):
            protected(connection, careful)


def test_linked_columns_are_compared_at_the_finest_form_both_have() -> None:
    """The raw event's day finds the person's quarter, whatever the two are called."""
    one = two_tables(["fecha", "edad", "tipo"])
    tables = events()
    tables["personas"]["tipo"] = tables["hechos"]["tipo"] = ["choque"] * 12
    with connected(tables) as connection:
        published, _ = protected(connection, one)
        [(here, there, columns, found)] = list(
            joins.cross(connection, privacy_of(one), raw_of(one), published, resources_of(one))
        )
    assert (here, there, columns) == ("hechos", "personas", ["fecha", "tipo"])
    assert (found.tried, found.succeeded, found.smallest) == (12, 0, 12)


def test_a_declared_comparison_joins_a_number_with_its_group() -> None:
    """Events have the hour, persons the source's own group of hours: `compare` says how they meet."""
    one = contract(
        {
            "hechos": [field("hora", type="integer")],
            "personas": [field("grupo"), AGE | {"hierarchy": [{"all": True}]}],
        },
        {
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "personas",
                    "quasi_identifiers": ["edad"],
                    "k": 2,
                    "levels": {"edad": 1},
                }
            ],
            "links": [
                {
                    "about": "hora",
                    "columns": {"hechos": "hora", "personas": "grupo"},
                    "compare": {"hechos": {"map": {"1": "noche", "2": "noche", "13": "día"}}},
                }
            ],
        },
    )
    tables = {
        "hechos": {"hora": [1, 2, 13]},
        "personas": {"grupo": ["noche", "noche", "día"], "edad": [20, 30, 40]},
    }
    with connected(tables) as connection:
        published, _ = protected(connection, one)
        found = by_name(attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one)))
    assert (found["cross"].tried, found["cross"].succeeded) == (3, 1)


def test_counts_of_people_are_told_rounded() -> None:
    assert [about(count) for count in (0, 1, 4, 5, 12, 13)] == [
        "0",
        "menos de 5",
        "menos de 5",
        "5",
        "10",
        "15",
    ]


def test_the_institutions_own_rows_are_told_and_not_hidden() -> None:
    one = contract(
        {"personas": [AGE]},
        {
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "personas",
                    "quasi_identifiers": ["edad"],
                    "k": 2,
                    "levels": {"edad": 2},
                }
            ],
            "prior_publications": [
                {
                    "title": "Base de datos del INE",
                    "what": "rows",
                    "note": "Los microdatos están en su portal.",
                }
            ],
        },
    )
    with connected({"personas": {"edad": [1, 2, 3]}}) as connection:
        published, _ = protected(connection, one)
        found = by_name(attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one)))
    assert "ya son públicos" in found["prior-publication"].result_es
    assert len(attacks.notices(privacy_of(one))) == 1


def test_linked_columns_without_a_value_in_common_are_refused_and_empty_ones_are_not() -> None:
    """Two codings of one thing: left out of the join, they would make the attack weaker than it is."""
    one = two_tables(["fecha", "edad", "tipo"])
    tables = events()
    tables["hechos"]["tipo"], tables["personas"]["tipo"] = ["1"] * 12, ["choque"] * 12
    with connected(tables) as connection:
        published, _ = protected(connection, one)
        with pytest.raises(PrivacyError, match="tipo of personas") as caught:
            attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one))
        assert "compare" in str(caught.value.hint)
    untold = pa.table({"fecha": tables["hechos"]["fecha"], "tipo": pa.nulls(12, pa.string())})
    with connected({**tables, "hechos": untold}) as connection:
        published, _ = protected(connection, one)
        found = by_name(attacks.run(connection, privacy_of(one), raw_of(one), published, resources_of(one)))
    assert found["cross"].passed
