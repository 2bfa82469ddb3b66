"""What holds for every word of the vocabulary: it answers any text, and always the same."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apertura.contract import Project
from apertura.prepare.functions import FUNCTIONS
from apertura.prepare.vocabulary import load
from examples import examples

HOME = Path(__file__).resolve().parents[2]
SIGNATURE = re.compile(r"^CREATE OR REPLACE MACRO (\w+)\(([^)]*)\)", re.MULTILINE)

GIVEN = {
    "list_name": "'tipo-establecimiento'",
    "digits": "10",
    "low": "-10",
    "high": "50",
    "decimals": "1",
    "place": "4",
    "size": "4",
    "scale": "2",
    "expected": "true",
    "n": "length(v)",
    "bounds": "[0, 5, 10]",
    "inner_key": "unhex(repeat('36', 64))",
    "outer_key": "unhex(repeat('5c', 64))",
    "places": "['COBAN', 'CHIANTLA', 'SAN LUCAS']",
    "codes": "['1601', '1302', '0308']",
}
"""What stands for a macro's parameter; every other one is given the text or, in turn, its reverse."""


def call(name: str, parameters: list[str]) -> str:
    """A macro over the column v."""
    texts = itertools.cycle(["v", "reverse(v)"])
    return f"{name}({', '.join(GIVEN.get(parameter) or next(texts) for parameter in parameters)})"


CALLS = {
    found[1]: call(found[1], [word.strip() for word in found[2].split(",")])
    for path in sorted((HOME / "sql" / "clean").glob("*.sql"))
    if (found := SIGNATURE.search(path.read_text(encoding="utf-8")))
} | {function.name: call(function.name, ["v"] * min(function.parameters, 2)) for function in FUNCTIONS}
CALLS["longest_first"] = "longest_first([v, reverse(v)])"
CALLS["listed_label"] = "listed_label(v, '2020', 'si-no')"

NORMALISERS = [
    "code_key", "code_text", "cui", "fold_text", "integer_grouped", "integer_plain", "integer_workbook",
    "landlines", "lower_text", "month_number", "nit", "number_gtq", "number_percent", "number_plain",
    "phone",
    "place_key", "place_words", "safe_text", "tidy_text", "trim_text", "upper_text", "word_key",
    "year_of_two",
]  # fmt: skip
"""Words whose answer is of their own form, so that a second time changes nothing."""

PIECES = st.one_of(
    st.characters(exclude_categories=["Cs"]),
    st.sampled_from(list("019-.,/ Q()%#ÑÃ‘Âº\x00\n\u00ad")),
    st.sampled_from(
        ["99", "ene", "de", "S.", "Sta.", "SAN ", "Cobán", "2020", "1601", "K", "CF", "502", "E+5"]
    ),
)
TEXTS = st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that knows the vocabulary."""
    with duckdb.connect() as database:
        database.execute("SET threads = 1")
        load(database, Project(HOME).dataset("sat/importacion-vehiculos"))
        database.execute("CREATE TABLE given (n INTEGER, v VARCHAR)")
        # Making a plan takes longer than running it.
        for name, expression in CALLS.items():
            database.execute(f"PREPARE said_{name} AS SELECT {expression} FROM given ORDER BY n")
        for name in NORMALISERS:
            database.execute(
                f"PREPARE twice_{name} AS WITH once AS MATERIALIZED (SELECT {name}(v) AS answer FROM given) "
                f"FROM once WHERE {name}(answer) IS DISTINCT FROM answer"
            )
        yield database


def put(connection: duckdb.DuckDBPyConnection, values: list[str]) -> None:
    """The texts, and a missing one, as the table `given`."""
    connection.execute("DELETE FROM given")
    connection.execute("INSERT INTO given SELECT unnest(range(len($1))), unnest($1)", [[None, *values]])


@given(values=TEXTS)
@settings(max_examples=examples(12))
def test_every_word_answers_any_text_and_always_the_same(
    connection: duckdb.DuckDBPyConnection, values: list[str]
) -> None:
    put(connection, values)
    for name in CALLS:
        query = f"EXECUTE said_{name}"
        assert str(connection.execute(query).fetchall()) == str(connection.execute(query).fetchall()), name


@given(values=TEXTS)
@settings(max_examples=5)
def test_a_normaliser_changes_nothing_the_second_time(
    connection: duckdb.DuckDBPyConnection, values: list[str]
) -> None:
    put(connection, values)
    for name in NORMALISERS:
        assert connection.execute(f"EXECUTE twice_{name}").fetchall() == [], name


SPANISH = st.text(st.sampled_from("abcXYZ 019.,-áéíóúüñÁÉÍÓÚÜÑ¿¡°«»"), max_size=20)


@given(text=SPANISH, encoding=st.sampled_from(["cp1252", "latin-1"]), times=st.integers(1, 3))
def test_what_was_misread_is_mended(
    connection: duckdb.DuckDBPyConnection, text: str, encoding: str, times: int
) -> None:
    misread = text
    for _ in range(times):
        try:
            misread = misread.encode().decode(encoding)
        except UnicodeDecodeError:
            return
    row = connection.execute("SELECT mojibake_mended($1), mojibake_mended($2)", [misread, text]).fetchone()
    assert row == (text, text)


@pytest.mark.parametrize("text", ["Ñ¿", "São Ã", "Ã‘ y Ñ", "É“", "â‚", "日本", "COMPAÃ", "Ñ°", "Г‘"])
def test_what_is_not_certainly_misread_stays(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert connection.execute("SELECT mojibake_mended($1)", [text]).fetchone() == (text,)


@settings(max_examples=examples(25))
@given(day=st.dates(dt.date(1900, 3, 1), dt.date(2100, 12, 31)))
def test_the_serial_of_a_day_is_that_day(connection: duckdb.DuckDBPyConnection, day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    row = connection.execute(
        "SELECT date_excel($1), CAST(datetime_excel($1) AS DATE), date_workbook($1), date_workbook($2)",
        [str(serial), f"{day.day}/{day.month}/{day.year}"],
    ).fetchone()
    assert row == (day, day, day, day)


MONTHS = ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre"]
MONTHS += ["octubre", "noviembre", "diciembre"]


@settings(max_examples=examples(25))
@given(day=st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)))
def test_a_date_in_words_is_read_however_it_is_cut(
    connection: duckdb.DuckDBPyConnection, day: dt.date
) -> None:
    month = MONTHS[day.month - 1]
    for written in (
        f"{day.day} de {month} de {day.year}",
        f"{day.day:02d}-{month[:3]}-{day.year % 100:02d}",
        f"{day.day} {month.upper()} {day.year}",
    ):
        assert connection.execute("SELECT date_spanish($1)", [written]).fetchone() == (day,)
    assert connection.execute(
        "SELECT month_spanish($1)", [f"{month[:3]}-{day.year % 100:02d}"]
    ).fetchone() == (f"{day:%Y-%m}",)


@given(number=st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False))
def test_a_decimal_comma_reads_as_the_number(connection: duckdb.DuckDBPyConnection, number: object) -> None:
    written = f"{number:,}".translate(str.maketrans(",.", ".,"))
    assert connection.execute("SELECT number_comma($1)", [written]).fetchone() == (f"{number}",)


@given(tenths=st.integers(min_value=101, max_value=500))
def test_a_lost_point_is_put_back(connection: duckdb.DuckDBPyConnection, tenths: int) -> None:
    row = connection.execute(
        "SELECT CAST(point_restored($1, -10, 50, 1) AS DECIMAL(9, 1))", [f"{tenths}.0"]
    ).fetchone()
    assert row is not None
    assert row[0] * 10 == tenths


def spoilt(name: str, place: int, how: int) -> str:
    """The name with one slip of the typist's."""
    at = place % (len(name) - 1)
    return (
        name[:at] + name[at + 1 :],
        name[:at] + "X" + name[at:],
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        name[:at] + "X" + name[at + 1 :],
    )[how]


with (HOME / "include/reference/territory/municipalities.csv").open(encoding="utf-8", newline="") as lines:
    PLACES = [(row["code"], row["name"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize("how", range(4), ids=["left out", "added", "swapped", "changed"])
def test_a_slip_of_the_typist_finds_the_place_or_nothing(
    connection: duckdb.DuckDBPyConnection, how: int
) -> None:
    slips = [
        (code, spoilt(name, place, how))
        for code, name in PLACES
        for place in (1, len(name) // 2, len(name) - 3)
    ]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE slip AS SELECT unnest($1) AS code, unnest($2) AS v",
        [[code for code, _ in slips], [text for _, text in slips]],
    )
    row = connection.execute(
        "SELECT count(*) FILTER (found <> code), count(found) / count(*) FROM ("
        "SELECT *, municipality_code_near(department_name(left(code, 2)), v) AS found FROM slip)"
    ).fetchone()
    assert row is not None
    wrong, share = row
    assert wrong == 0
    assert share > 0.85


def test_the_six_ambiguous_names_need_their_department(connection: duckdb.DuckDBPyConnection) -> None:
    names = [name for _, name in PLACES]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE place AS SELECT unnest($1) AS code, unnest($2) AS v",
        [[code for code, _ in PLACES], names],
    )
    rows = connection.execute(
        "SELECT code, v, municipality_code_alone(v), "
        "municipality_code(department_name(left(code, 2)), v) FROM place"
    ).fetchall()
    assert len(rows) == 340
    for code, name, alone, together in rows:
        assert together == code, name
        assert alone == (None if names.count(name) > 1 else code), name
