"""A protected table: what is published, what is suppressed, what is told, and what cannot be protected."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from microdata_scene import Row, field, model, relation, resource

from apertura.contract import Resource
from apertura.errors import PrivacyError
from apertura.prepare.disclosure.microdata import Outcome, protect
from examples import examples

AGE = field("edad", type="integer", hierarchy=[{"bands": [0, 30, 60]}, {"all": True}])
SEX = field("sexo")
STATE = field("sexo_estado", state_of="sexo")
RESULT = field("resultado", access="confidencial")
TYPES = {"edad": "BIGINT", "sexo": "VARCHAR", "resultado": "VARCHAR"}
PEOPLE = resource(AGE, SEX, field("resultado"), field("monto", type="number"))
ALL_TYPES = TYPES | {"monto": "DECIMAL(18,2)"}


def published(database: duckdb.DuckDBPyConnection, outcome: Outcome) -> list[Row]:
    """The rows of the protected relation."""
    return database.execute(f"FROM {outcome.relation} ORDER BY ALL").fetchall()


def people(database: duckdb.DuckDBPyConnection, rows: list[Row]) -> str:
    """Ages, sexes, results and an amount each."""
    return relation(database, ALL_TYPES, [(*row, 10 + n) for n, row in enumerate(rows)])


def test_rows_leave_with_labels_in_the_published_columns_and_types(
    database: duckdb.DuckDBPyConnection,
) -> None:
    rows = people(database, [(20 + n, "M", "a") for n in range(5)] + [(40 + n, "F", "b") for n in range(5)])
    outcome = protect(database, rows, PEOPLE, model(["edad", "sexo"]))
    assert [row[:3] for row in published(database, outcome)] == [("0-29", "M", "a")] * 5 + [
        ("30-59", "F", "b")
    ] * 5
    described = database.execute(f"DESCRIBE FROM {outcome.relation}").fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [
        ("edad", "VARCHAR"),
        ("sexo", "VARCHAR"),
        ("resultado", "VARCHAR"),
        ("monto", "DECIMAL(18,2)"),
    ]


def test_classes_that_fail_leave_within_the_limit(database: duckdb.DuckDBPyConnection) -> None:
    rows = people(database, [(20, "M", "a")] * 18 + [(40, "F", "b")] * 2)
    outcome = protect(database, rows, PEOPLE, model(["edad", "sexo"], suppression={"limit": 0.1}))
    assert Counter(row[:2] for row in published(database, outcome)) == {("20", "M"): 18}
    told = outcome.document
    assert (told["rows_in"], told["rows_out"], told["suppressed_rows"]) == (20, 18, 2)
    assert told["levels"] == {"edad": 0, "sexo": 0}
    assert told["before"]["k_category"] == 2
    assert told["after"]["k_category"] == 18


def test_a_missing_value_is_a_category_of_its_own_until_all(database: duckdb.DuckDBPyConnection) -> None:
    few = [(20, "M", "a")] * 6 + [(None, "M", "a")] * 2
    made = protect(database, people(database, few), PEOPLE, model(["edad", "sexo"]))
    assert made.document["levels"]["edad"] == 2
    assert {row[0] for row in published(database, made)} == {"*"}
    many = [(20, "M", "a")] * 6 + [(None, "M", "a")] * 5
    made = protect(database, people(database, many), PEOPLE, model(["edad", "sexo"]))
    assert Counter(row[0] for row in published(database, made)) == {"20": 6, None: 5}


def test_both_null_conventions_are_told(database: duckdb.DuckDBPyConnection) -> None:
    rows = people(database, [(20, "M", "a")] * 6 + [(None, "M", "a")] * 5)
    before = protect(database, rows, PEOPLE, model(["edad", "sexo"])).document["before"]
    assert (before["k_category"], before["k_wildcard"]) == (5, 11)


def test_risks_before_and_after_are_told(database: duckdb.DuckDBPyConnection) -> None:
    rows = people(database, [(20 + n, "M", "a") for n in range(5)] + [(45, "F", "b")] * 5)
    told = protect(database, rows, PEOPLE, model(["edad", "sexo"])).document
    before, after = told["before"], told["after"]
    assert (before["uniques"], before["classes"], after["uniques"], after["classes"]) == (5, 6, 0, 2)
    assert before["class_sizes"] == {"1": 5, "2": 0, "3-4": 0, "5-9": 5, "10-19": 0, "20+": 0}
    assert before["prosecutor"] == {
        "max": 1.0,
        "mean": pytest.approx(6 / 10),
        "above_threshold": 0.5,
    }
    assert before["journalist"] == before["prosecutor"]
    assert after["prosecutor"]["max"] == 0.2
    assert after["marketer"] == pytest.approx(2 / 10)


def test_journalist_risk_is_over_the_population(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    census = tmp_path / "censo.csv"
    census.write_text("edad,count\n20,30\n21,20\n45,1\n99,7\n", encoding="utf-8")
    rows = people(database, [(20, "M", "a")] * 5 + [(20, "F", "a")] * 5 + [(45, "M", "a")] * 5)
    told = protect(database, rows, PEOPLE, model(["edad", "sexo"]), population=str(census)).document
    # 30 people of 20, half of the table's are men: 15; of 45 years the census has too few to be believed.
    assert told["after"]["journalist"]["max"] == pytest.approx(1 / 5)
    assert told["after"]["journalist"]["mean"] == pytest.approx((10 / 15 + 1) / 15)
    assert told["after"]["marketer"] == pytest.approx((10 / 15 + 1) / 15)


@pytest.mark.parametrize("text", ["altura,count\n1,2\n", "edad\n20\n", "edad,count\n20,muchos\n", ""])
def test_a_population_that_does_not_fit_is_refused(
    database: duckdb.DuckDBPyConnection, tmp_path: Path, text: str
) -> None:
    census = tmp_path / "censo.csv"
    census.write_text(text, encoding="utf-8")
    rows = people(database, [(20, "M", "a")] * 5)
    with pytest.raises(PrivacyError, match=r"personas: the population table censo\.csv cannot be used"):
        protect(database, rows, PEOPLE, model(["edad", "sexo"]), population=str(census))


def test_what_cannot_be_met_says_what_was_reached_and_what_to_change(
    database: duckdb.DuckDBPyConnection,
) -> None:
    rows = people(database, [(20, "M", "a")] * 9 + [(20, "F", "b")])
    with pytest.raises(PrivacyError) as stop:
        protect(database, rows, PEOPLE, model(["edad", "sexo"], suppression={"limit": 0.05}))
    assert "personas: no generalisation meets k = 5 within a suppression limit of 5.0%" in str(stop.value)
    assert "the coarsest would still suppress 10 % of the rows" in str(stop.value)
    assert stop.value.hint is not None
    assert not stop.value.retryable


def test_fixed_levels_that_do_not_hold_fail(database: duckdb.DuckDBPyConnection) -> None:
    rows = people(database, [(20, "M", "a")] * 6 + [(40, "M", "a")])
    with pytest.raises(PrivacyError):
        protect(database, rows, PEOPLE, model(["edad", "sexo"], levels={"edad": 1, "sexo": 0}))
    told = protect(database, rows, PEOPLE, model(["edad", "sexo"], levels={"edad": 2, "sexo": 0}))
    assert told.document["fixed"] == ["edad", "sexo"]
    assert told.document["search"]["nodes"] == 1


def test_no_rows_are_protected_as_they_are(database: duckdb.DuckDBPyConnection) -> None:
    asked = model(["edad"], sensitive=[{"field": "resultado", "distinct_l": 2, "t": 0.3}])
    outcome = protect(database, people(database, []), PEOPLE, asked)
    assert published(database, outcome) == []
    assert outcome.document["after"]["k_category"] == 0
    assert outcome.document["loss"]["score"] == 0.0


@pytest.mark.parametrize("rows", [[(20, "M", "a")], [(None, None, None)] * 4])
def test_fewer_rows_than_k_are_not_published(database: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    with pytest.raises(PrivacyError):
        protect(database, people(database, rows), PEOPLE, model(["edad", "sexo"]))
    outcome = protect(
        database, people(database, rows), PEOPLE, model(["edad", "sexo"], suppression={"limit": 1.0})
    )
    assert published(database, outcome) == []


def test_a_table_of_nothing_but_missing_values_is_one_class(database: duckdb.DuckDBPyConnection) -> None:
    outcome = protect(database, people(database, [(None, None, None)] * 5), PEOPLE, model(["edad", "sexo"]))
    assert [row[:3] for row in published(database, outcome)] == [(None, None, None)] * 5
    assert outcome.document["after"]["k_wildcard"] == 5


def test_the_state_of_a_quasi_identifier_has_two_words_only(database: duckdb.DuckDBPyConnection) -> None:
    made = resource(SEX, STATE)
    # What else clean may know of a missing value would tell rows of one class apart.
    rows = relation(
        database,
        {"sexo": "VARCHAR", "sexo_estado": "VARCHAR"},
        [("M", None)] * 5 + [(None, "no_aplica")] + [(None, "no_disponible")] * 4,
    )
    outcome = protect(database, rows, made, model(["sexo"]))
    assert Counter(published(database, outcome)) == {("M", None): 5, (None, "no_disponible"): 5}


class TestAgainstSeveral:
    """A couple: somebody knows both places, a spouse all of the own half."""

    COUPLE = resource(field("lugar"), field("edad_el"), field("edad_ella"), field("oficio_ella"))
    TYPES = dict.fromkeys(("lugar", "edad_el", "edad_ella", "oficio_ella"), "VARCHAR")

    def asked(self, limit: float) -> Any:
        """The neighbour knows the place and her age; he knows his own and wonders about her trade."""
        return model(
            ["lugar", "edad_ella"],
            also_against=[
                {
                    "title": "El cónyuge, que sabe lo suyo",
                    "knows": ["lugar", "edad_el"],
                    "k": 3,
                    "sensitive": [{"field": "oficio_ella", "distinct_l": 2}],
                }
            ],
            suppression={"limit": limit},
        )

    def test_what_any_of_them_could_use_leaves_until_nothing_is_left_to_use(
        self, database: duckdb.DuckDBPyConnection
    ) -> None:
        # The spouse of 'x' learns her trade; without those three 'b' is too small for the neighbour.
        rows = [("a", "y", "j", "maestra")] * 3 + [("a", "y", "j", "médica")] * 3
        rows += [("b", "x", "j", "juez")] * 3 + [("b", "y", "j", "maestra"), ("b", "y", "j", "médica")]
        name = relation(database, self.TYPES, rows)
        with pytest.raises(PrivacyError):
            protect(database, name, self.COUPLE, self.asked(0.4))
        outcome = protect(database, name, self.COUPLE, self.asked(0.5))
        assert Counter(row[0] for row in published(database, outcome)) == {"a": 6}
        assert [one["title"] for one in outcome.document["models"]][1] == "El cónyuge, que sabe lo suyo"
        reached = outcome.document["models"][1]["reached"]
        assert reached["k_category"] == 6
        assert reached["sensitive"]["oficio_ella"]["distinct_l"] == 2


CELLS = resource(
    SEX,
    STATE,
    field("lugar", hierarchy=[{"prefix": 1}]),
    field("lugar_estado", state_of="lugar"),
    field("resultado"),
)
CELL_TYPES = {"sexo": "VARCHAR", "lugar": "VARCHAR", "resultado": "VARCHAR"}


def by_cells(limit: float, **more: Any) -> Any:
    """Local suppression."""
    return model(["sexo", "lugar"], suppression={"limit": limit, "kind": "cells"}, **more)


def test_a_cell_is_hidden_where_that_is_enough(database: duckdb.DuckDBPyConnection) -> None:
    rows = [("M", "a1", "x")] * 6 + [("F", "a1", "x")] * 6 + [("M", "b1", "x")] * 3 + [("F", "b1", "x")] * 2
    made = protect(database, relation(database, CELL_TYPES, rows), CELLS, by_cells(0.2))
    assert Counter(published(database, made)) == {
        ("M", None, "a1", None, "x"): 6,
        ("F", None, "a1", None, "x"): 6,
        (None, "suprimido", "b1", None, "x"): 5,
    }
    told = made.document
    assert told["suppressed_cells"] == {"sexo": 5, "lugar": 0}
    assert (told["suppressed_rows"], told["rows_out"]) == (0, 17)
    assert told["after"]["k_category"] == 5
    assert told["after"]["k_wildcard"] == 5


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["M", "F", None]), st.sampled_from(["a1", "a2", "b1"]), st.sampled_from("xyz")
        ),
        min_size=3,
        max_size=40,
    ),
    diverse=st.booleans(),
)
def test_hidden_cells_leave_k_under_both_conventions_and_nothing_else_changes(
    database: duckdb.DuckDBPyConnection, rows: list[Row], diverse: bool
) -> None:
    asked = [{"field": "resultado", "distinct_l": 2}] if diverse else []
    name = relation(database, CELL_TYPES, rows)
    protectable = not diverse or len({row[2] for row in rows}) > 1
    if not protectable:
        with pytest.raises(PrivacyError):
            protect(database, name, CELLS, by_cells(1.0, k=3, sensitive=asked))
        return
    outcome = protect(database, name, CELLS, by_cells(1.0, k=3, sensitive=asked))
    found = published(database, outcome)
    assert len(found) == len(rows)
    assert min(Counter(row[:4] for row in found).values()) >= 3
    told = outcome.document["after"]
    assert told["k_category"] == min(Counter(row[:4] for row in found).values())
    assert told["k_wildcard"] >= told["k_category"]
    hidden = sum((row[1] == "suprimido") + (row[3] == "suprimido") for row in found)
    assert sum(outcome.document["suppressed_cells"].values()) == hidden
    assert sorted(row[4] for row in found) == sorted(row[2] for row in rows)
    if diverse:
        classes: dict[Row, set[str]] = {}
        for row in found:
            classes.setdefault(row[:4], set()).add(row[4])
        assert min(map(len, classes.values())) >= 2


def test_more_cells_than_the_limit_allows_are_not_hidden(database: duckdb.DuckDBPyConnection) -> None:
    rows = [("M", "a1", "x")] * 9 + [("F", "b1", "x")]
    with pytest.raises(PrivacyError, match="more cells than the limit allows"):
        protect(database, relation(database, CELL_TYPES, rows), CELLS, by_cells(0.04))


def test_an_order_that_leaves_values_out_is_refused_without_quoting_them(
    database: duckdb.DuckDBPyConnection,
) -> None:
    asked = {"field": "resultado", "t": 0.5, "distance": "ordered", "order": ["leve", "grave"]}
    rows = people(database, [(20, "M", "leve")] * 5 + [(20, "M", "mortal")] * 5)
    with pytest.raises(PrivacyError, match="personas, column resultado: `order`") as stop:
        protect(database, rows, PEOPLE, model(["edad"], sensitive=[asked]))
    assert "mortal" not in str(stop.value)
    whole = asked | {"order": ["leve", "grave", "mortal"]}
    told = protect(database, rows, PEOPLE, model(["edad"], sensitive=[whole])).document
    assert told["after"]["sensitive"]["resultado"]["t"] == 0.0


def test_the_same_rows_in_any_order_give_the_same_account(database: duckdb.DuckDBPyConnection) -> None:
    rows = [(20 + n % 17, "MF"[n % 2], "abc"[n % 3]) for n in range(120)]
    asked = model(["edad", "sexo"], sensitive=[{"field": "resultado", "t": 0.4}], suppression={"limit": 0.1})
    first = protect(database, people(database, rows), PEOPLE, asked)
    before = Counter(row[:3] for row in published(database, first))
    second = protect(database, people(database, rows[::-1]), PEOPLE, asked)
    assert second.document == first.document
    assert Counter(row[:3] for row in published(database, second)) == before


def test_labels_that_look_like_others_stay_apart(database: duckdb.DuckDBPyConnection) -> None:
    made: Resource = resource(field("x", hierarchy=[{"all": True}]))
    rows = relation(database, {"x": "VARCHAR"}, [(value,) for value in ("*", "", "'", '"') for _ in range(5)])
    outcome = protect(database, rows, made, model(["x"]))
    assert Counter(published(database, outcome)) == {(value,): 5 for value in ("*", "", "'", '"')}
