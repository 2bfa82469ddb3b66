"""Each macro of sql/clean does what its comment shows, and some obey laws."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apertura.contract import Project
from apertura.errors import EngineError
from apertura.prepare.functions import FUNCTIONS, Function
from apertura.prepare.vocabulary import Example, casting, load, read_macro, read_vocabulary

HOME = Path(__file__).resolve().parents[2]
PATHS = sorted((HOME / "sql" / "clean").glob("*.sql"))
TERRITORY = HOME / "include" / "reference" / "territory"
MUNICIPALITIES = [17, 8, 16, 16, 14, 14, 19, 8, 24, 21, 9, 30, 33, 21, 8, 17, 14, 5, 11, 11, 7, 17]
"""Of departments 01 to 22 (INE)."""

EXAMPLES = [
    pytest.param(example, id=f"{path.stem}-{number}")
    for path in PATHS
    for number, example in enumerate(read_macro(path).examples)
]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that knows the vocabulary."""
    with duckdb.connect() as database:
        load(database, Project(HOME).dataset("sat/importacion-vehiculos"))
        yield database


def said(connection: duckdb.DuckDBPyConnection, expression: str, *values: object) -> object:
    """What an expression gives for parameters."""
    row = connection.execute(f"SELECT {expression}", list(values)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_macro_does_what_its_comment_shows(connection: duckdb.DuckDBPyConnection, example: Example) -> None:
    assert said(connection, f"CAST(({example.expression}) AS VARCHAR)") == example.result


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_does_what_it_shows(connection: duckdb.DuckDBPyConnection, function: Function) -> None:
    assert len(function.examples) >= 4
    assert any(line.startswith("Source: ") for line in function.comment)
    for expression, result in function.examples:
        assert said(connection, expression) == result, expression


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_macro_says_its_source_and_shows_a_value_and_a_null(path: Path) -> None:
    macro = read_macro(path)
    assert any(line.startswith("Source: ") for line in macro.comment)
    assert len(macro.examples) >= 4
    assert any(example.result is not None for example in macro.examples)
    if path.stem != "same_name":  # its answer is never NULL
        assert any(example.result is None for example in macro.examples)


def test_a_macro_comes_after_those_it_uses() -> None:
    names = list(read_vocabulary(PATHS))
    assert names.index("trim_text") < names.index("fold_text") < names.index("place_key")
    assert names.index("cui") < names.index("nit")


def test_a_file_that_makes_another_macro_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.sql"
    path.write_text("-- x\nCREATE OR REPLACE MACRO other(v) AS v;")
    with pytest.raises(EngineError, match="one"):
        read_macro(path)


def test_macros_in_a_circle_are_refused(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / f"{name}.sql").write_text(f"CREATE OR REPLACE MACRO {name}(v) AS {other}(v);")
    with pytest.raises(EngineError, match="circle"):
        read_vocabulary(tmp_path.glob("*.sql"))


def test_a_cast_is_seen_through_the_macros_that_lead_to_it() -> None:
    vocabulary = read_vocabulary(PATHS)
    assert casting(vocabulary, ["quarter_of"])
    assert not casting(vocabulary, ["landlines", "nit", "cui", "phone", "is_minor_at", "same_name"])


TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from(" \t\r\n\u00a0\u2003\u200b\ufeff\x00\x01\ufffeáÑ1a"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
)


@given(value=TEXT)
def test_trimming_twice_is_trimming_once(connection: duckdb.DuckDBPyConnection, value: str) -> None:
    once = said(connection, "trim_text($1)", value)
    assert said(connection, "trim_text($1)", once) == once
    assert not re.search(r"^[ \n]|[ \n]$|  |[\r\t\xa0\u2003\u200b\ufeff]| \n|\n ", str(once))


@given(value=TEXT)
def test_tidy_is_safe_then_trim(connection: duckdb.DuckDBPyConnection, value: str) -> None:
    assert said(connection, "tidy_text($1) = trim_text(safe_text($1))", value)


@given(value=TEXT)
def test_safe_text_leaves_no_character_that_xml_forbids(
    connection: duckdb.DuckDBPyConnection, value: str
) -> None:
    safe = str(said(connection, "safe_text($1)", value))
    assert not re.search("[\x00-\x08\x0b-\x1f\ufffe\uffff]", safe)
    assert len(safe) == len(value.replace("\r\n", "\n"))


def nit_check_digit(body: int) -> str:
    """The rule of PRIVACY, written another way round."""
    total = sum(int(digit) * weight for weight, digit in enumerate(reversed(str(body)), start=2))
    check = -total % 11
    return "K" if check == 10 else str(check)


@given(body=st.integers(min_value=1, max_value=99_999_999_999), wrong=st.sampled_from("0123456789K"))
def test_a_nit_is_canonical_exactly_with_its_check_digit(
    connection: duckdb.DuckDBPyConnection, body: int, wrong: str
) -> None:
    right = nit_check_digit(body)
    for written in (f"{body}-{right}", f" 00{body}{right.lower()} ", f"{body} - {right}"):
        assert said(connection, "nit($1)", written) == f"{body}{right}"
    if wrong != right:
        assert said(connection, "nit($1)", f"{body}-{wrong}") is None


@given(
    serial=st.integers(min_value=0, max_value=99_999_999),
    check=st.integers(min_value=0, max_value=9),
    department=st.integers(min_value=0, max_value=99),
    municipality=st.integers(min_value=0, max_value=99),
)
def test_a_cui_is_canonical_exactly_with_check_digit_and_territory(
    connection: duckdb.DuckDBPyConnection, serial: int, check: int, department: int, municipality: int
) -> None:
    text = f"{serial:08d}{check}{department:02d}{municipality:02d}"
    total = sum(int(digit) * weight for weight, digit in enumerate(text[:8], start=2))
    there = 1 <= department <= 22 and 1 <= municipality <= MUNICIPALITIES[department - 1]
    wanted = text if total % 11 == check and there else None
    assert said(connection, "cui($1)", text) == wanted
    assert said(connection, "cui($1)", f"{text[:4]} {text[4:9]} {text[9:]}") == wanted


@given(st.lists(st.sampled_from(["22324455", "5512-3456", "+502 4123 4567", "7794-5104", ""]), max_size=5))
def test_no_mobile_comes_through_landlines(connection: duckdb.DuckDBPyConnection, parts: list[str]) -> None:
    kept = said(connection, "landlines($1)", " / ".join(parts))
    wanted = list(dict.fromkeys(p.replace("-", "") for p in parts if p in ("22324455", "7794-5104")))
    assert kept == ("; ".join(wanted) or None)


@pytest.mark.parametrize(
    "stranger",
    ["x", "12", "7945104", "CASA", "NIT 27654321", "+503 7712 3456", "503-7123-4567", "2345 6789 0 0101",
     "4512–2233 7845-1234", "4512\u00a02233 7845-1234", "4512.2233 7845-1234", "4512/2233 7845-1234",
     "5512 3456-7788-9900", "5512 3456 7788 9900", "27654321-2", "cel. 2232-4455-6", "1 502 2232 4455",
     "502"],
)  # fmt: skip
@pytest.mark.parametrize("written", ["{}", "22324455 / {}", "{}, 7794-5104", "22324455\n{}"])
def test_whatever_is_no_telephone_takes_the_whole_cell(
    connection: duckdb.DuckDBPyConnection, stranger: str, written: str
) -> None:
    assert said(connection, "landlines($1)", written.format(stranger)) is None
    assert said(connection, "landlines($1)", written.format("2232-4456")) is not None


SEPARATOR = st.sampled_from([" ", "-", ".", "/", ", ", "\u00a0", "–", " - ", ";", "\n"])


def in_pieces(digits: str, cuts: list[int], separators: list[str]) -> str:
    """The digits with a separator at each cut."""
    edges = [0, *sorted({cut for cut in cuts if cut < len(digits)}), len(digits)]
    pieces = [digits[start:end] for start, end in itertools.pairwise(edges)]
    return "".join(
        piece + mark for piece, mark in zip(pieces, [*separators[: len(pieces) - 1], ""], strict=True)
    )


@given(
    digits=st.from_regex(r"[0-46-9][0-9]{12}", fullmatch=True),
    cuts=st.lists(st.sampled_from([4, 8, 9]) | st.integers(min_value=1, max_value=12), max_size=5),
    separators=st.lists(SEPARATOR, min_size=5, max_size=5),
)
@example(digits="2345678900101", cuts=[4, 8, 9], separators=[" "] * 5)
def test_no_piece_of_a_cui_comes_through_landlines(
    connection: duckdb.DuckDBPyConnection, digits: str, cuts: list[int], separators: list[str]
) -> None:
    assert said(connection, "landlines($1)", in_pieces(digits, cuts, separators)) is None


@given(
    country=st.sampled_from(["1", "34", "52", "501", "503", "504", "505", "506", "00503"]),
    plus=st.sampled_from(["", "+", "("]),
    digits=st.from_regex(r"[267][0-9]{7}", fullmatch=True),
    cuts=st.lists(st.integers(min_value=1, max_value=7), max_size=2),
    separators=st.lists(st.sampled_from(["", " ", "-", ") ", " / "]), min_size=3, max_size=3),
)
def test_no_foreign_number_comes_through_landlines(
    connection: duckdb.DuckDBPyConnection,
    country: str,
    plus: str,
    digits: str,
    cuts: list[int],
    separators: list[str],
) -> None:
    written = plus + country + separators[0] + in_pieces(digits, cuts, separators[1:])
    assert said(connection, "landlines($1)", written) is None


@pytest.mark.parametrize("hidden", ["\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\U000e0041"])
def test_what_shows_as_nothing_does_not_make_another_word(
    connection: duckdb.DuckDBPyConnection, hidden: str
) -> None:
    word = f"{hidden}femi{hidden}ci{hidden * 2}dio{hidden}"
    assert said(connection, "fold_text($1)", word) == "FEMICIDIO"
    assert said(connection, "trim_text($1)", word) == said(connection, "tidy_text($1)", word) == "femicidio"
    assert said(connection, "code_text($1)", word) == "femicidio"
    assert said(connection, "trim_text($1)", f" {hidden} ") == ""


@given(number=st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False))
def test_an_amount_reads_the_same_in_every_way_of_writing_it(
    connection: duckdb.DuckDBPyConnection, number: object
) -> None:
    for written in (f"{number}", f"Q{number:,}", f"Q. {number:,}", f"GTQ {number}"):
        assert said(connection, "number_gtq($1)", written) == f"{number}"


@given(day=st.dates(), separator=st.sampled_from("/-."))
def test_a_date_is_read_within_the_years_and_not_beyond(
    connection: duckdb.DuckDBPyConnection, day: object, separator: str
) -> None:
    year, month, number = (int(part) for part in str(day).split("-"))
    wanted = day if 1900 <= year <= 2100 else None
    assert said(connection, "date_dmy($1)", f"{number}{separator}{month}{separator}{year:04d}") == wanted
    assert said(connection, "date_iso($1)", str(day)) == wanted


def rows(name: str) -> list[dict[str, str]]:
    with (TERRITORY / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_territory_is_22_departments_and_340_municipalities() -> None:
    codes = [row["code"] for row in rows("municipalities.csv")]
    assert [row["code"] for row in rows("departments.csv")] == [f"{number:02d}" for number in range(1, 23)]
    wanted = [
        f"{d:02d}{m:02d}" for d, count in enumerate(MUNICIPALITIES, start=1) for m in range(1, count + 1)
    ]
    assert codes == wanted
    assert len(codes) == 340
    assert all(row["department"] == row["code"][:2] for row in rows("municipalities.csv"))


def test_only_the_six_known_names_of_municipalities_occur_twice() -> None:
    names = [row["name"] for row in rows("municipalities.csv")]
    assert sorted({name for name in names if names.count(name) > 1}) == [
        "La Democracia",
        "La Libertad",
        "San José",
        "San Lorenzo",
        "San Pedro Sacatepéquez",
        "Santa Bárbara",
    ]


def test_every_place_is_found_by_its_name_and_aliases(connection: duckdb.DuckDBPyConnection) -> None:
    departments = {row["code"]: row["name"] for row in rows("departments.csv")}
    for code, name in departments.items():
        assert said(connection, "department_code($1)", name.upper()) == code
        assert said(connection, "department_name($1)", code) == name
    towns = rows("municipalities.csv")
    for alias in rows("aliases.csv"):
        if alias["kind"] == "department":
            assert said(connection, "department_code($1)", alias["alias"]) == alias["code"]
        else:
            towns.append({"code": alias["code"], "name": alias["alias"]})
    names = {row["code"]: row["name"] for row in reversed(towns)}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE town AS SELECT unnest($1) AS code, unnest($2) AS d, unnest($3) AS m",
        [
            [row["code"] for row in towns],
            [departments[row["code"][:2]] for row in towns],
            [row["name"] for row in towns],
        ],
    )
    found = connection.execute(
        "SELECT code, municipality_code(d, m), municipality_name(code), department_of(code) FROM town"
    ).fetchall()
    assert len(found) > 390
    for code, looked_up, name, department in found:
        assert (looked_up, name, department) == (code, names[code], code[:2])
