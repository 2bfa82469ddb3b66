"""Errors in our own words: what happened, where, what to do next, and never a value of the data.

Engines and libraries quote cell values in their messages. Every room catches theirs at its edge and
raises one of these; `in_our_words` is the last net, for what nobody foresaw.
"""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class AperturaError(Exception):
    """Base of all our errors. The message holds names, positions and counts, never a value.

    `retryable` tells the scheduler whether the same call may succeed later without anybody acting.
    """

    retryable = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  What to do: {self.hint}" if self.hint else self.message


class ContractError(AperturaError):
    """The contract is wrong or incomplete. Names file, line, key, what was found, what is allowed."""


class SettingsError(AperturaError):
    """A setting is missing or contradicts another (no key, a bucket URL that cannot be used)."""


class StorageError(AperturaError):
    """The bucket refused or lost something for good: a hostile key, a wrong checksum."""


class StorageUnavailableError(StorageError):
    """The bucket does not answer now; later it may."""

    retryable = True


class AlreadyExistsError(StorageError):
    """A create-if-absent found the object there."""


class PreconditionFailedError(StorageError):
    """The object changed since it was read (compare-and-swap lost)."""


class SourceError(AperturaError):
    """The institution's source gave something that is not the data, and will again."""


class SourceUnavailableError(SourceError):
    """The source does not answer now (network, 429, 5xx, a lock); later it may."""

    retryable = True


class ReaderError(AperturaError):
    """The extract's bytes do not have the shape the contract declares."""


class ToleranceError(AperturaError):
    """More values than the contract tolerates could not be parsed, or too many rows are missing."""


class QualityError(AperturaError):
    """A critical expectation failed: the data is not published."""


class PrivacyError(AperturaError):
    """A model of statistical disclosure control does not hold, or an attack succeeds: nothing is published.

    Tells what was asked, what was reached (rounded) and what to change; never a value or a small count.
    """


class EngineError(AperturaError):
    """DuckDB, Great Expectations or another library failed; only the class of its error is told."""


class FingerprintError(AperturaError):
    """A work file was made under another contract, key or library than the one in force."""


class ReleaseRefusedError(AperturaError):
    """This release may not be published: withdrawn, or against the last release's schema."""


class LeaseBusyError(AperturaError):
    """Another run holds this dataset; it ends or its lease expires."""

    retryable = True


def _where(traceback: TracebackType | None) -> str:
    """The innermost place in Apertura's own code, as `room/module.py:line`."""
    place = "?"
    while traceback is not None:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if "apertura" in path.parts:
            inside = path.parts[len(path.parts) - path.parts[::-1].index("apertura") :]
            place = f"{'/'.join(inside)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def unforeseen(error: BaseException) -> EngineError:
    """What may be said of an error that nobody foresaw: its class and where in our code it arose."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return EngineError(
            f"the disk is full (at {_where(error.__traceback__)})",
            hint="free space on the worker's scratch disk or in the bucket, then clear this task",
        )
    return EngineError(
        f"unexpected {type(error).__name__} at {_where(error.__traceback__)}; "
        "its text is withheld because it may quote data",
        hint="report the class of error and the place to the maintainers",
    )


class _OurText(str):
    """Text that replaced an interruption's own: what is nested in our words keeps its first place."""

    __slots__ = ()


def interruption(error: BaseException) -> BaseException:
    """What may be said of what is no Exception: a task's time is up, Ctrl-C, an exit.

    Its class stays, because whoever interrupts goes by it; its text becomes its place in our code. A group
    of errors, or whatever does not take our text, becomes an EngineError: it could quote.
    """
    if isinstance(error, SystemExit):
        return SystemExit(error.code if isinstance(error.code, int | None) else 1)
    text = next((text for text in error.args if isinstance(text, _OurText)), None)
    if text is None:
        text = _OurText(f"interrupted at {_where(error.__traceback__)}")
    if not isinstance(error, BaseExceptionGroup):
        error.args = (text,)
    return error if str(error) == text else unforeseen(error)


def bare(error: BaseException) -> BaseException:
    """The error without causes, context, notes and traceback: Airflow and logging print them all."""
    error.__cause__ = error.__context__ = None
    error.__dict__.pop("__notes__", None)
    return error.with_traceback(None)


def in_our_words(function: Callable[P, R]) -> Callable[P, R]:
    """Let only `AperturaError` and interruptions out of `function`, without the causes that quote values.

    The raise stands outside the except block, so that not even `__context__` keeps the original.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        failure: BaseException
        try:
            return function(*args, **kwargs)
        except AperturaError as error:
            failure = error
        except Exception as error:
            failure = unforeseen(error)
        except BaseException as error:
            failure = interruption(error)
        raise bare(failure)

    return guarded
