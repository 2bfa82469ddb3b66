"""Delimited text: every value exactly as it came, or an error that quotes nothing of the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apertura.contract.intake import DelimitedReader
from apertura.errors import ReaderError
from apertura.readers import header, read
from examples import examples

SECRET = "MARIA PEREZ 2345678901234"
Read = Callable[..., Any]


def delimited(**declared: Any) -> DelimitedReader:
    return DelimitedReader(format="delimited", **declared)


def refused(reading: Read, reader: DelimitedReader, *contents: bytes) -> ReaderError:
    """The error of a refused extract: names the dataset, says what to do, quotes nothing."""
    with pytest.raises(ReaderError) as caught:
        reading(reader, *contents)
    error = caught.value
    assert error.message.startswith("sat/prueba")
    assert error.hint
    for word in [*SECRET.split(), "[a*b]", "confidencial"]:
        assert word not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NASTY = st.sampled_from(
    ["", " ", "0101", "=1+1", '"', '""', "a,b", "a|b", "a;b\tc", "ñandú", "línea\nlínea", "\r\n", "x\ry",
     "\r", " antes", "después ", '"entre comillas"', 'a "b" c', "NULL", "#N/A", "\ufeff", "\u00a0", "\u2028",
     "\x85", "\x1a", "\\", "\\N", "'", "á" * 300]
)  # fmt: skip
CELLS = st.one_of(NASTY, PLAIN)
# A file that starts with U+FEFF has a byte order mark, one that starts with < is a web page.
NAMES = st.lists(
    st.one_of(PLAIN, NASTY).filter(str.strip), min_size=1, max_size=4, unique_by=str.casefold
).filter(lambda names: not names[0].lstrip().startswith(("\ufeff", "<")))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    names = draw(NAMES)
    rows = draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    return names, rows


def encodable(table: tuple[list[str], list[list[str]]], encoding: str) -> bool:
    text = "".join(["".join(row) for row in [table[0], *table[1]]])
    if encoding == "latin-1" and any("\x80" <= c <= "\x9f" for c in text):
        return False
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@hypothesis_settings(max_examples=examples(250), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    table=tables(),
    separator=st.sampled_from([",", ";", "|", "\t", "¦"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    final_line_end=st.booleans(),
)
@example((["a", "b"], [["", ""], ["x\r\ny", "z"]]), ",", "utf-8", "\n", csv.QUOTE_ALL, True)
@example((["a", "b\nc"], [["1", "2"]]), ",", "utf-8", "\r\n", csv.QUOTE_ALL, False)
@example((["a"], [[""], ["x"], [""]]), ",", "cp1252", "\r\n", csv.QUOTE_MINIMAL, True)
def test_what_a_csv_writer_wrote_is_read_back_equal(
    reading: Read,
    table: tuple[list[str], list[list[str]]],
    separator: str,
    encoding: str,
    line_end: str,
    quoting: Any,
    final_line_end: bool,
) -> None:
    if not encodable(table, encoding) or (
        separator == "¦" and encoding not in ("utf-8", "cp1252", "latin-1")
    ):
        return
    names, rows = table
    if any("\r" in value for row in [names, *rows] for value in row):
        quoting = csv.QUOTE_ALL  # Python's writer leaves a CR bare where lines end with LF
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows([names, *rows])
    written = text.getvalue() if final_line_end else text.getvalue().removesuffix(line_end)
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    table_read, values = reading(
        delimited(separator=separator, encodings=[declared]), written.encode(encoding)
    )
    assert table_read.columns == names
    assert values == [tuple(row) for row in rows]


@hypothesis_settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.lists(
            CELLS.map(lambda v: v.replace("|", "").replace("\n", "").replace("\r", "")),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=6,
    ),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_without_quotes_every_character_but_separator_and_line_end_stays(
    reading: Read, rows: list[list[str]], line_end: str
) -> None:
    text = line_end.join(["uno|dos", *("|".join(row) for row in rows)]) + line_end
    table, values = reading(delimited(separator="|", quote="", encodings=["utf-8"]), text.encode())
    assert values == [tuple(row) for row in rows]
    assert table.lines == len(rows) + 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a|b\n1|2\r\n3|4\n5|6", [("1", "2"), ("3", "4"), ("5", "6")]),
        (b"a|b\r1|2\r3|4", [("1", "2"), ("3", "4")]),
        (b"a|b\n1|x\ry\n3|4\n", [("1", "x\ry"), ("3", "4")]),
        (b"a|b\r\n1|x\ry\r\n\r\n3|4\r\n", [("1", "x\ry"), ("3", "4")]),
        (b"a|b\n1|2\n\n\n3|4\n\n", [("1", "2"), ("3", "4")]),
        (b"a|b\n1|2\n\r", [("1", "2")]),
        (b"a|b\n1|\n|2\n|\n", [("1", ""), ("", "2"), ("", "")]),
        (b"\xef\xbb\xbfa|b\n1|2\n", [("1", "2")]),
    ],
    ids=[
        "mixed line ends",
        "old Mac",
        "bare CR",
        "bare CR in CRLF",
        "blank lines",
        "last CR",
        "empty",
        "mark",
    ],
)
def test_line_ends(reading: Read, content: bytes, expected: list[tuple[str, str]]) -> None:
    table, values = reading(delimited(separator="|", quote=""), content)
    assert values == expected
    assert table.columns == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'a,b\n1,COLEGIO "LA FE"\n', [("1", 'COLEGIO "LA FE"')]),
        (b'a,b\n1, "2"\n', [("1", ' "2"')]),
        (b'a,b\n1,5"\n2,6"\n', [("1", '5"'), ("2", '6"')]),
        (b'a,b\r\n"p\nq",2\n"r\r\ns",""\r\n', [("p\nq", "2"), ("r\r\ns", "")]),
        (b'a,b\n"x""y",""""\n', [('x"y', '"')]),
    ],
)
def test_quotes_inside_values_are_characters(
    reading: Read, content: bytes, expected: list[tuple[str, str]]
) -> None:
    assert reading(delimited(), content)[1] == expected


def test_the_declared_encodings_are_tried_in_order_on_the_whole_file(reading: Read) -> None:
    filler = b"x,ascii\n" * 700_000
    late = b"a,b\n" + filler + "x,Sacatepéquez € Ñ".encode("cp1252")
    table, values = reading(delimited(encodings=["utf-8", "cp1252"]), late)
    assert values[-1] == ("x", "Sacatepéquez € Ñ")
    assert table.rows == 700_001
    # 0x81 is nothing in cp1252, and a control that text never has in latin-1
    refused(reading, delimited(encodings=["utf-8", "cp1252", "latin-1"]), b"a,b\nx,\xe1\x81\n")
    assert reading(delimited(encodings=["latin-1"]), b"a,b\nx,\xe1\n")[1] == [("x", "á")]
    refused(reading, delimited(encodings=["latin-1"]), b"a,b\nx,\x93cita\x94\n")


def test_a_byte_order_mark_decides(reading: Read) -> None:
    text = "a,b\nñ,ü\n"
    reader = delimited(encodings=["cp1252", "utf-8", "utf-16"])
    for encoding in ("utf-8-sig", "utf-16"):
        assert reading(reader, text.encode(encoding))[1] == [("ñ", "ü")]
    error = refused(reading, delimited(encodings=["cp1252"]), text.encode("utf-8-sig"))
    assert "utf-8" in error.message
    refused(reading, delimited(encodings=["utf-16"]), text.encode("utf-16-le"))


def test_a_character_cut_by_a_block_is_whole(reading: Read) -> None:
    block = 4 << 20
    head = b"a,b\n"
    body = b"1,2\n" * ((block - len(head)) // 4 - 1)
    content = head + body + b"x,y" + "ñ".encode() + b"\n1,2\n"
    assert content[block - 1 : block + 1] == "ñ".encode()
    values = reading(delimited(), content)[1]
    assert values[-2] == ("x", "yñ")
    refused(reading, delimited(encodings=["utf-8"]), content[:block] + b"zz,1\n")


def test_the_header_row_may_stand_below_titles(reading: Read) -> None:
    content = b"Titulo,,\n\nfecha, valor\n1,2\n"
    for line_end in (b"\n", b"\r\n"):
        table, values = reading(delimited(header_row=3), content.replace(b"\n", line_end))
        assert table.columns == ["fecha", " valor"]
        assert values == [("1", "2")]
        assert table.lines == 4


def test_a_trailing_separator_adds_nothing(reading: Read) -> None:
    reader = delimited(separator="|", quote="", trailing_separator=True)
    for first in (b"a|b\n", b"a|b|\n"):
        table, values = reading(reader, first + b"1|2|\n3||\n")
        assert table.columns == ["a", "b"]
        assert values == [("1", "2"), ("3", "")]
    assert reading(reader, b"a|b\n1|2|\r\n3|4|\n")[1] == [("1", "2"), ("3", "4")]
    for line_end in (b"\n", b"\r\n"):
        error = refused(reading, reader, b"a|b\n1|2|confidencial" + line_end + b"3|4|\n")
        assert "1 rows have a value after the last declared separator" in error.message
    error = refused(reading, delimited(separator="|", quote=""), b"a|b\n1|2\n3|4|\n")
    assert "1 rows do not have the 2 values that the header asks for, the first at line 3" in error.message
    refused(reading, delimited(separator="|"), b'a|b\n"1|"|"2|"\n3|"|4"|\n')
    assert reading(delimited(separator="|"), b'a|b\n"1|"|"2|"\n3|"|4"\n')[1] == [("1|", "2|"), ("3", "|4")]


def test_files_follow_one_another_by_name(reading: Read) -> None:
    table, values = reading(
        delimited(), b"a,b\n1,2\n", "a,b\r\n3,ñ\r\n".encode("cp1252"), b"a,b\n5,6\r\n7,8\n"
    )
    assert values == [("1", "2"), ("3", "ñ"), ("5", "6"), ("7", "8")]
    assert (table.rows, table.lines) == (4, 7)


def test_files_with_another_header_are_refused(reading: Read) -> None:
    error = refused(reading, delimited(), b"a,b\n1,2\n", b"a,confidencial\n1,2\n")
    assert "file 2 of 2" in error.message
    assert "column 2" in error.message
    assert "3 columns" in refused(reading, delimited(), b"a,b\n1,2\n", b"a,b,c\n1,2,3\n").message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "declared as the header row"),
        (b"a,b\n", "no rows"),
        (b"a,b\n\n\n", "no rows"),
        (b"  \n<html><body>MARIA PEREZ</body></html>", "web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "web page"),
        (b"PK\x03\x04zip", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xls", "Excel"),
        (b"a,,c\n1,2,3\n", "column 2 of 3 has no name"),
        (b"a, ,c\n1,2,3\n", "column 2 of 3 has no name"),
        (b"a,confidencial,confidencial\n1,2,3\n", "columns 2 and 3 have the same name"),
        (b"a,Confidencial,CONFIDENCIAL\n1,2,3\n", "columns 2 and 3 have the same name"),
        (b"a,b\n1,2\nMARIA PEREZ,2,3\n4,5\n", "1 rows do not have the 2 values"),
        (b"a,b\n1,2\nMARIA PEREZ\n4\n", "2 rows do not have the 2 values"),
        (b"a,b\r\n1,2\nMARIA PEREZ\n4\n", "that the header asks for, the first at line 3"),
        (b"a,b\n1,2\nMARIA PEREZ", "truncated: its last line, 3"),
        (b'a,b\n1,"MARIA PEREZ\n4,5\n', "line 2 a quoted value never closes"),
        (b'a,b\n1,2\n"MARIA" PEREZ,2\n', "line 3 a quoted value never closes, or text follows"),
        (b'"a,b\n1,2\n', "line 1 a quoted value never closes"),
        (b"a,b\nMARIA\0PEREZ,2\n", "NUL"),
        (b"a,b\n1,MARIA PEREZ \xff\xfe\x81\n", "not text in any declared encoding"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_without_a_word_of_them(reading: Read, content: bytes, says: str) -> None:
    assert says in refused(reading, delimited(), content).message


def test_a_record_without_end_is_refused_within_bounds(reading: Read) -> None:
    endless = b"a,b\n1," + b"x" * (17 << 20)
    assert "longer than 16 MiB" in refused(reading, delimited(), endless).message
    unclosed = b'a,b\n1,"x\n' + b"1,2\n" * (5 << 20)
    assert "longer than 16 MiB" in refused(reading, delimited(), unclosed).message
    assert "longer than 16 MiB" in refused(reading, delimited(), b"x" * (17 << 20)).message


def test_a_long_value_is_whole(reading: Read) -> None:
    long = "ñ" * (3 << 20)
    assert reading(delimited(), f"a,b\n1,2\n3,{long}\n".encode())[1][1] == ("3", long)


def test_a_header_may_differ_from_the_rest_in_nothing_but_place(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("Año, Fecha ,ñ\n".encode("cp1252") + b"\xe1,2,3\n")
    assert header(delimited(), path, where="sat/prueba") == ["Año", " Fecha ", "ñ"]
    with pytest.raises(ReaderError, match="sat/prueba"):
        header(delimited(encodings=["utf-8"]), path, where="sat/prueba")


def test_rows_are_lost_neither_to_filters_nor_to_text_functions(tmp_path: Path, connection: Any) -> None:
    """DuckDB 2.0 pushes casts into its CSV reader and fails or loses rows; text functions stay out."""
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "".join(f"{i},{'x' if i % 1000 == 7 else i}\n" for i in range(50_000)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    table = read(delimited(), [("x", path)], scratch, connection, where="sat/prueba")
    count = connection.execute(
        f"""
        SELECT count(*), count(*) FILTER (WHERE regexp_matches(b, '^[0-9]+$')), sum(length(trim(upper(b))))
        FROM {table.relation}
        WHERE a <> ''
        """
    ).fetchone()
    assert count[:2] == (50_000, 49_950)
    staged = connection.execute(
        f"""
        WITH staged AS MATERIALIZED (SELECT * FROM {table.relation})
        SELECT count(*), count(TRY_CAST(b AS INTEGER))
        FROM staged
        """
    ).fetchone()
    assert staged == (50_000, 49_950)


def test_two_tables_share_a_scratch_folder(tmp_path: Path, connection: Any) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\nñ,2\n".encode("cp1252"))
    first, second = (
        read(delimited(), [("x", path)], tmp_path, connection, where="sat/prueba") for _ in range(2)
    )
    rows = connection.execute(f"SELECT * FROM {first.relation} UNION ALL SELECT * FROM {second.relation}")
    assert rows.fetchall() == [("ñ", "2")] * 2


def test_no_file_is_no_table(reading: Read) -> None:
    assert "no file" in refused(reading, delimited()).message


TWO_ROWS = b"""\
 ,VARIABLE,INS01,INS02,,
FECHA,,UNO,DOS,TRES,CUATRO
1/1/2022,LLUVIA,0,"1,5",2,3
2/1/2022,TMAX,,30,31,32
"""


def test_a_header_of_two_rows_is_joined_the_first_carried_forward(reading: Read) -> None:
    table, rows = reading(delimited(header_rows=2), TWO_ROWS)
    assert table.columns == ["FECHA", "VARIABLE", "INS01 UNO", "INS02 DOS", "INS02 TRES", "INS02 CUATRO"]
    assert rows == [
        ("1/1/2022", "LLUVIA", "0", "1,5", "2", "3"),
        ("2/1/2022", "TMAX", "", "30", "31", "32"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_header_rows_below_a_title_in_every_encoding(reading: Read, encoding: str, line_end: str) -> None:
    text = line_end.join(["Título", "A\u00f1o;", "uno;dos", "1;2", "3;4", ""])
    reader = delimited(separator=";", header_row=2, header_rows=2, encodings=["utf-8", "utf-16", "latin-1"])
    table, rows = reading(reader, text.encode(encoding))
    assert table.columns == ["Año uno", "Año dos"]
    assert rows == [("1", "2"), ("3", "4")]


def test_a_header_name_that_goes_over_two_lines_is_one_of_its_row(reading: Read) -> None:
    table, rows = reading(delimited(header_rows=2), b'"a\nb",c\nx,y\n1,2\n')
    assert table.columns == ["a\nb x", "c y"]
    assert rows == [("1", "2")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a,b,c\nx,y\n1,2\n", "do not have the same number of values"),
        (b"a,b\n\nx,y\n1,2\n", "one is blank or not there"),
        (b"a,b\n", "one is blank or not there"),
        (b"a,\nx,x\n1,2\n", "have the same name"),
        (b"a,b\nx,y\n", "a header and no rows"),
        (b"a,b\nx,y\n1,2,3\n", "do not have the 2 values"),
    ],
)
def test_header_rows_that_are_not_as_declared_are_refused(reading: Read, content: bytes, says: str) -> None:
    assert says in refused(reading, delimited(header_rows=2), content).message
