"""Whatever fails, no value of the data leaves with the error."""

from __future__ import annotations

import errno
import logging

import duckdb
import pytest

from apertura.errors import AperturaError, EngineError, ReaderError, in_our_words
from apertura.storage.files import guarded

SECRET = "María Pérez 1234 56789 0101"


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
    assert_clean(caught.value)


def assert_clean(error: BaseException) -> None:
    assert error.__cause__ is None
    assert error.__context__ is None
    # The test's own source line is part of a traceback; the message and what hangs on it must be clean.
    assert SECRET not in str(error) + repr(error) + repr(error.__dict__)
    record = logging.LogRecord("x", 40, "x", 1, "failed", (), (type(error), error, None))
    assert SECRET not in logging.Formatter().format(record)


class TimeIsUp(BaseException):
    """What a scheduler raises from a signal handler: no Exception, as with Airflow."""


class Stubborn(BaseException):
    """A library's panic that says its text whatever one does."""

    def __str__(self) -> str:
        return SECRET


@pytest.mark.parametrize(
    ("interruption", "kind"),
    [
        (TimeIsUp("Timeout, PID: 1"), TimeIsUp),
        (TimeIsUp(SECRET), TimeIsUp),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (SystemExit(3), SystemExit),
        (SystemExit(SECRET), SystemExit),
        (BaseExceptionGroup(SECRET, [TimeIsUp(SECRET)]), EngineError),
        (Stubborn(), EngineError),
    ],
)
def test_an_interruption_keeps_its_class_and_takes_no_chain_along(
    interruption: BaseException, kind: type[BaseException]
) -> None:
    @in_our_words
    def work() -> None:
        try:
            raise ValueError(SECRET)
        finally:  # while the scratch folder is removed, say
            interruption.add_note(SECRET)
            raise interruption

    with pytest.raises(kind) as caught:
        work()
    assert type(caught.value) is kind
    assert_clean(caught.value)


def test_an_interruption_says_where_also_through_several_rooms() -> None:
    @in_our_words
    @in_our_words
    @guarded
    def work() -> None:
        raise TimeIsUp

    # The checkout itself may lie in a folder of our name: then this file counts as ours, too.
    with pytest.raises(TimeIsUp, match=r"^interrupted at (storage/files|.*test_errors)\.py:\d+$"):
        work()


def test_an_exit_keeps_its_code() -> None:
    for given, kept in ((3, 3), (None, None), (SECRET, 1)):

        @in_our_words
        def leave(given: object = given) -> None:
            raise SystemExit(given)

        with pytest.raises(SystemExit) as caught:
            leave()
        assert caught.value.code == kept


def test_notes_go_with_our_own_errors_too() -> None:
    @in_our_words
    def work() -> None:
        error = ReaderError("a row has too many cells")
        error.add_note(SECRET)
        raise error

    with pytest.raises(ReaderError) as caught:
        work()
    assert_clean(caught.value)


def test_our_own_error_keeps_its_hint() -> None:
    with pytest.raises(ReaderError) as caught:
        nested()
    assert str(caught.value) == "a row has too many cells\n  What to do: look at the file"
