"""What is planted is found, however it is written; what only looks like it is not."""

from __future__ import annotations

import random

import duckdb
import pytest
from detect_scene import found
from hypothesis import given, settings
from hypothesis import strategies as st

from apertura.detect.chance import CUI_CHANCE, NIT_CHANCE, above_chance, upper_tail
from apertura.detect.count import cui_above_chance
from apertura_demo.canary import default_canaries
from apertura_demo.people import cui_check_digit, make_cui, make_person
from apertura_demo.territory import MUNICIPALITIES_PER_DEPARTMENT
from examples import examples

# Whatever may stand around a number without making another number of it.
AROUND = st.text(
    st.characters(exclude_categories=["Cs", "Nd", "Nl", "No"], exclude_characters="\x00"), max_size=12
)
GAPS = st.sampled_from(["", " ", "-", ".", " - ", "\u00a0", "–"])


@st.composite
def cuis(draw: st.DrawFn) -> str:
    """Any valid CUI, of any municipality."""
    serial = draw(
        st.integers(0, 99_999_999).map(lambda n: f"{n:08d}").filter(lambda s: cui_check_digit(s) != 10)
    )
    department = draw(st.integers(1, 22))
    municipality = draw(st.integers(1, MUNICIPALITIES_PER_DEPARTMENT[department - 1]))
    return f"{serial}{cui_check_digit(serial)}{department:02d}{municipality:02d}"


@settings(max_examples=examples(60))
@given(cuis(), AROUND, AROUND, GAPS)
def test_any_cui_is_found_in_any_text(
    connection: duckdb.DuckDBPyConnection, cui: str, before: str, after: str, gap: str
) -> None:
    text = f"{before}{cui[:4]}{gap}{cui[4:9]}{gap}{cui[9:]}{after}"
    row = connection.execute("SELECT holds_cui($1), holds_cui_doubtful($1)", [text]).fetchone()
    assert row == (True, False)


@settings(max_examples=examples(60))
@given(cuis(), st.integers(1, 9), AROUND)
def test_a_wrong_check_digit_is_of_second_rank(
    connection: duckdb.DuckDBPyConnection, cui: str, more: int, around: str
) -> None:
    wrong = cui[:8] + str((int(cui[8]) + more) % 10) + cui[9:]
    row = connection.execute("SELECT holds_cui($1), holds_cui_doubtful($1)", [around + wrong]).fetchone()
    assert row == (False, True)


@settings(max_examples=examples(40))
@given(cuis().filter(lambda cui: not cui.startswith("0")), st.integers(1, 9), AROUND)
def test_a_longer_number_is_no_cui(
    connection: duckdb.DuckDBPyConnection, cui: str, digit: int, around: str
) -> None:
    for text in (f"{around}{digit}{cui}", f"{cui}{digit}{around}"):
        assert connection.execute("SELECT holds_cui($1)", [text]).fetchone() == (False,)


def test_people_of_the_demonstration_are_found(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(11)
    people = [make_person(rng) for _ in range(200)]
    words = "nombre del beneficiario"
    assert found(connection, [one.name for one in people], words, ["name"])["name"] >= 195
    assert found(connection, [one.cui for one in people], "", ["cui"]) == {"cui": 200}
    assert found(connection, [one.address for one in people], "", ["address"]) == {"address": 200}
    assert found(connection, [one.mobile for one in people], "contacto", ["phone"]) == {"phone": 200}
    assert found(connection, [f"NIT {one.nit}" for one in people], "", ["nit"]) == {"nit": 200}


@pytest.mark.parametrize("canary", default_canaries().people, ids=lambda canary: canary.role)
def test_canaries_are_found(connection: duckdb.DuckDBPyConnection, canary: object) -> None:
    assert hasattr(canary, "person")
    assert hasattr(canary, "email")
    person = canary.person
    text = f"{person.name}, DPI {person.cui}, cel. {person.mobile}, {canary.email}, {person.address}"
    hits = found(connection, [text])
    assert {"cui", "phone", "email", "address"} <= set(hits)
    assert found(connection, [person.name, person.name.upper()], "director", ["name"]) == {"name": 2}


def test_chance_is_no_proof_and_more_is() -> None:
    assert not above_chance(28_859, 2_624, NIT_CHANCE), "one in eleven"
    assert above_chance(1_000, 250, NIT_CHANCE)
    assert not above_chance(0, 0, NIT_CHANCE)
    assert not above_chance(2_000, 8, CUI_CHANCE, 0.005)
    assert above_chance(2_000, 40, CUI_CHANCE, 0.005)
    assert above_chance(10, 10, NIT_CHANCE)
    for tried, passed, chance in ((1, 2, 0.1), (1, -1, 0.1), (1, 1, 0.0), (1, 1, 1.0)):
        with pytest.raises(ValueError, match="needed"):
            above_chance(tried, passed, chance)


@given(st.integers(1, 400), st.floats(0.01, 0.9))
def test_what_is_significant_is_so_by_the_exact_binomial_tail(tried: int, chance: float) -> None:
    from scipy.stats import binom

    first = next((k for k in range(tried + 1) if above_chance(tried, k, chance, 0.001)), None)
    if first is not None:
        assert binom.sf(first - 1, tried, chance) <= 0.001


@given(st.integers(1, 3000), st.integers(0, 40), st.sampled_from([CUI_CHANCE, NIT_CHANCE, 0.5]))
def test_the_upper_tail_is_the_binomial_one(tried: int, passed: int, chance: float) -> None:
    from scipy.stats import binom

    passed = min(passed, tried)
    assert upper_tail(tried, passed, chance) == pytest.approx(binom.sf(passed - 1, tried, chance), rel=1e-6)


def test_an_upper_tail_of_impossible_counts_is_refused() -> None:
    for tried, passed, chance in ((1, 2, 0.1), (1, -1, 0.1), (1, 1, 0.0), (1, 1, 1.0)):
        with pytest.raises(ValueError, match="needed"):
            upper_tail(tried, passed, chance)


def test_no_more_than_one_cui_hides_among_as_few_codes_as_chance_is_asked_of() -> None:
    allowed = {n: sum(not cui_above_chance(n, k) for k in range(1, 200)) for n in (300, 1_000, 10_000)}
    assert allowed == {300: 1, 1_000: 4, 10_000: 35}
    assert cui_above_chance(5, 6), "repeated ones are no chance"


def test_random_codes_of_thirteen_digits_rarely_pass(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(5)
    codes = [str(rng.randint(10**12, 10**13 - 1)) for _ in range(20_000)]
    hits = found(connection, codes, "", ["cui"]).get("cui", 0)
    assert not above_chance(len(codes), hits, CUI_CHANCE, 0.005)
    assert hits > 20, "by chance some do"
    assert above_chance(300, 300, CUI_CHANCE, 0.005)
    assert len({make_cui(rng) for _ in range(10)}) == 10
