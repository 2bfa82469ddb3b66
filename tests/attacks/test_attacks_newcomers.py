"""Who came to a class, or left it, from one version to the next: a group of its own, held to the models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from attacks_scene import contract, dataset_of, field
from versions_scene import BANDS, OLD, PEOPLE, Rows, attack, of_rows, persons, release

from apertura.contract import Contract
from apertura.runs.context import Context

HIDDEN = {"access": "confidencial", "personal": "sensible", "treatment": "suppress"}


def asking(**asked: Any) -> Contract:
    """Persons by age band, with an illness of which this is asked."""
    document = of_rows().model_dump(mode="json", by_alias=True, exclude_unset=True)
    document["privacy"]["tables"][0]["sensitive"] = [{"field": "mal", **asked}]
    return Contract.model_validate(document)


def of(ills: str) -> Rows:
    """Grown-ups with these illnesses; `-` for one without."""
    return [("18-64", None if mal == "-" else mal) for mal in ills]


@pytest.fixture
def versions(make_context: Callable[..., Context], tmp_path: Path) -> Callable[..., bool]:
    """Whether a version may follow another one, under a contract."""

    def follows(one: Contract, before: pa.Table, after: pa.Table, raw: pa.Table | None = None) -> bool:
        ctx = make_context(dataset_of(one))
        release(ctx, OLD, {"personas": before}, tmp_path)
        [found] = attack(ctx, one, after, raw)
        return found.passed

    return follows


@pytest.mark.parametrize(
    ("before", "after", "passes"),
    [
        ("a" * 10 + "b" * 10, "a" * 5 + "b" * 10, False),
        ("a" * 10 + "b" * 10, "a" * 7 + "b" * 8, True),
        ("a" * 10 + "b" * 10, "a" * 10 + "b" * 10 + "aaaa-", False),
        ("a" * 10 + "b" * 10, "a" * 10 + "b" * 10 + "-----", True),
        ("a" * 10 + "b" * 10, "", True),
    ],
)
def test_those_who_left_and_those_who_came_do_not_all_share_a_value(
    versions: Callable[..., bool], before: str, after: str, passes: bool
) -> None:
    """A class that is gone as a whole told enough of itself when it was there."""
    assert versions(asking(distinct_l=2), persons(of(before)), persons(of(after))) is passes


@pytest.mark.parametrize(
    ("asked", "came", "passes"),
    [
        ({"largest_share": 0.8}, "a" * 99 + "b", False),
        ({"largest_share": 0.8}, "aaaab", True),
        ({"distinct_l": 3}, "aaabb", False),
        ({"distinct_l": 3}, "aabbc", True),
        ({"t": 0.5}, "aaaaa", False),
        ({"t": 0.5}, "aaaab", True),
        ({"entropy_l": 3}, "aaaab", False),
        ({"entropy_l": 2.5}, "aabbc", True),
        ({"t": 0.3}, "aaaab", False),
        ({"t": 0.3}, "aabbc", True),
    ],
)
def test_those_who_came_are_as_unlike_each_other_as_a_class_must_be(
    versions: Callable[..., bool], asked: dict[str, Any], came: str, passes: bool
) -> None:
    before = of("aabbc" * 4)
    assert versions(asking(**asked), persons(before), persons([*before, *of(came)])) is passes


@pytest.mark.parametrize(
    ("asked", "left", "passes"),
    [
        ({"entropy_l": 2}, "aaaab", False),
        ({"entropy_l": 2}, "aabbc", True),
        ({"t": 0.3}, "aaaab", False),
        ({"t": 0.3}, "aabbc", True),
    ],
)
def test_those_who_left_are_as_unlike_each_other_as_a_class_must_be(
    versions: Callable[..., bool], asked: dict[str, Any], left: str, passes: bool
) -> None:
    """They are compared with the table that they were in: today's has them no more."""
    after = of("aabbc" * 4)
    assert versions(asking(**asked), persons([*after, *of(left)]), persons(after)) is passes


@pytest.mark.parametrize(
    ("order", "came", "passes"),
    [
        (None, "aacee", True),  # around the middle, as all are
        (None, "aaabb", False),  # at one end
        (None, "abcd-", True),  # no value comes last
        (["c", "b", "a", "e", "d"], "aaabb", True),  # in the middle, by the contract's order
        (["c", "b", "a", "e", "d"], "cccbb", False),
    ],
)
def test_the_order_of_values_counts_where_a_class_is_held_to_it(
    versions: Callable[..., bool], order: list[str] | None, came: str, passes: bool
) -> None:
    before = of("abcde" * 20)
    asked = {"t": 0.25, "distance": "ordered"} | ({"order": order} if order else {})
    assert versions(asking(**asked), persons(before), persons([*before, *of(came)])) is passes


@pytest.mark.parametrize(("suppressed", "passes"), [("", False), ("b" * 75, True)])
def test_those_who_came_are_compared_with_the_table_before_suppression(
    versions: Callable[..., bool], suppressed: str, passes: bool
) -> None:
    """As a class is: b is rare in what is published, and frequent among all."""
    before = of("a" * 25 + "b" * 5)
    after = [*before, *of("abbbb")]
    raw = pa.table({"edad": [30] * (35 + len(suppressed)), "mal": [mal for _, mal in after] + [*suppressed]})
    assert versions(asking(t=0.3), persons(before), persons(after), raw) is passes


def test_those_who_came_are_no_certainty_for_one_who_knows_less(versions: Callable[..., bool]) -> None:
    """A wife knows her own age: of the five couples that are new in her group, all husbands are alike."""
    couples = contract(
        {"personas": [field(name, type="integer", hierarchy=BANDS, **PEOPLE) for name in ("ella", "él")]},
        {
            "unit": "pareja",
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "personas",
                    "quasi_identifiers": ["ella", "él"],
                    "also_against": [
                        {
                            "title": "La esposa.",
                            "knows": ["ella"],
                            "sensitive": [{"field": "él", "distinct_l": 2}],
                        }
                    ],
                }
            ],
        },
    )

    def table(*pairs: tuple[str, str]) -> pa.Table:
        return pa.table({"ella": [a for a, _ in pairs], "él": [b for _, b in pairs]})

    before = [("18-64", "0-17")] * 5 + [("18-64", "18-64")] * 5
    alike, mixed = [("18-64", "65+")] * 5, [("0-17", "65+")] * 5 + [("0-17", "18-64")] * 5
    assert not versions(couples, table(*before), table(*before, *alike))
    assert versions(couples, table(*before), table(*before, *mixed))


def judged() -> Contract:
    """Judgments by age band, where a pseudonym that ends with protect tells whose each is."""
    whose = {"access": "confidencial", "personal": "personal", "treatment": "transient"}
    return contract(
        {
            "personas": [
                field("edad", type="integer", hierarchy=BANDS, **PEOPLE),
                field("mal", **HIDDEN),
                field("quién", **whose, pseudonym={"domain": "table", "form": "cui"}),
            ]
        },
        {
            "tables": [
                {
                    "kind": "microdata",
                    "resource": "personas",
                    "unit": {"columns": ["quién"]},
                    "quasi_identifiers": ["edad"],
                    "sensitive": [{"field": "mal", "distinct_l": 2}],
                }
            ]
        },
    )


BEFORE = [f"p{number}" for number in range(10)]


@pytest.mark.parametrize(
    ("came", "passes"),
    [
        (["ella"] * 5, False),
        (["ella"] * 9 + ["él"] * 3, False),
        ([None] * 5, False),
        (["ella"] * 2 + ["n1", "n2", "n3"], False),
        ([f"n{number}" for number in range(5)], True),
        (["ella"] * 2 + [f"n{number}" for number in range(4)], True),
    ],
)
def test_the_judgments_of_few_people_are_not_many_people(
    versions: Callable[..., bool], came: list[str | None], passes: bool
) -> None:
    """Rows that came must be of k people at least, whosever they are of all who have rows there now."""
    who = [*BEFORE, *came]
    rows: Rows = [("18-64", "ab"[number % 2]) for number in range(len(who))]
    raw = pa.table({"edad": [30] * len(who), "mal": [mal for _, mal in rows], "quién": who})
    assert versions(judged(), persons(rows[: len(BEFORE)]), persons(rows), raw) is passes


HALF: Rows = [("18-64", "ab"[number % 2]) for number in range(10)]
OTHERS: Rows = [("65+", mal) for mal in "aabbc"]


@pytest.mark.parametrize(("before", "passes"), [(HALF * 2, False), (HALF, True), ([*HALF, *OTHERS], True)])
def test_whose_judgments_left_nobody_knows(versions: Callable[..., bool], before: Rows, passes: bool) -> None:
    """They may all have been one person's; a class that is gone as a whole had k people."""
    raw = pa.table({"edad": [30] * 10, "mal": ["a", "b"] * 5, "quién": BEFORE})
    assert versions(judged(), persons(before), persons(HALF), raw) is passes


@pytest.mark.parametrize(("came", "passes"), [(HALF * 2, False), (OTHERS, True)])
def test_without_the_raw_rows_nobody_can_be_counted(
    versions: Callable[..., bool], came: Rows, passes: bool
) -> None:
    assert versions(judged(), persons(HALF), persons([*HALF, *came])) is passes
