"""Whatever fails, no value of the data leaves with the error."""

from __future__ import annotations

import errno
import logging
import traceback

import duckdb
import pytest
from apertura.errors import AperturaError, EngineError, ReaderError, in_our_words

SECRET = "María Pérez 1234 56789 0101"


def told(error: BaseException) -> str:
    """Everything a log could print of an error, its chain included."""
    return "".join(traceback.format_exception(error)) + repr(error.__dict__)


@in_our_words
def cast() -> None:
    duckdb.sql(f"select cast('{SECRET}' as integer)").fetchall()


@in_our_words
def nested() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        raise ReaderError("a row has too many cells", hint="look at the file") from None


@in_our_words
def disk() -> None:
    raise OSError(errno.ENOSPC, SECRET)


@pytest.mark.parametrize(
    ("function", "kind", "word"),
    [
        (cast, EngineError, "ConversionException"),
        (nested, ReaderError, "too many cells"),
        (disk, EngineError, "disk is full"),
    ],
)
def test_no_value_and_no_chain(function: object, kind: type[AperturaError], word: str) -> None:
    assert callable(function)
    with pytest.raises(kind) as caught:
        function()
    assert word in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    # The test's own source line is part of a traceback; the message and what hangs on it must be clean.
    assert SECRET not in str(caught.value) + repr(caught.value.__dict__)
    record = logging.LogRecord("x", 40, "x", 1, "failed", (), (kind, caught.value, None))
    assert SECRET not in logging.Formatter().format(record)


def test_our_own_error_keeps_its_hint() -> None:
    with pytest.raises(ReaderError) as caught:
        nested()
    assert str(caught.value) == "a row has too many cells\n  What to do: look at the file"
