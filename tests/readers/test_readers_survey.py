"""The count that DuckDB's rows are held against is right wherever the blocks are cut."""

from __future__ import annotations

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apertura.readers.survey import Lines, Survey
from examples import examples

CELLS = st.text(st.sampled_from('a,"\n\rñ '), max_size=5)


@hypothesis_settings(max_examples=examples(300), deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    size=st.integers(min_value=1, max_value=40),
    final_line_end=st.booleans(),
)
def test_counts_do_not_depend_on_the_blocks(
    rows: list[list[str]], line_end: str, quoting: Any, size: int, final_line_end: bool
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end, quoting=quoting).writerows(rows)
    written = text.getvalue() if final_line_end else text.getvalue().removesuffix(line_end)
    data = f"x,y{line_end}{written}".encode()
    lines = Lines((data[i : i + size] for i in range(0, len(data), size)), 1, "sat/prueba", '"')
    survey = Survey(",", '"', "sat/prueba")
    for part in lines:
        survey.feed(part)
    survey.finish()
    assert lines.skipped == [f"x,y{line_end}".encode()]
    assert survey.rows(2) == len(rows)
    assert survey.separators == len(rows)
    assert survey.odd_quotes == 0
    assert not survey.open_quote
    assert survey.lines == written.count("\n") + (bool(written) and not written.endswith("\n"))
    if survey.plain:
        assert "\r" not in written.replace("\r\n", "\n")
        assert ("\r\n" in written) <= ("\n" not in written.replace("\r\n", ""))


def test_quotes_inside_values_are_seen() -> None:
    for record, odd in ((b'a "b" c,d\n', True), (b'"a"b,c\n', True), (b'"a ""b""",""\n', False)):
        survey = Survey(",", '"', "sat/prueba")
        survey.feed(record)
        assert bool(survey.odd_quotes) is odd
        assert survey.plain is not odd
