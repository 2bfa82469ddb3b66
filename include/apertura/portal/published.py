"""Published tables in DuckDB: the Parquet of a release, read from the public bucket and nowhere else.

Whatever a page shows of the data comes through here, so that it can hold nothing that is not public.
"""

from __future__ import annotations

import atexit
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from apertura.catalogue.model import Table
from apertura.errors import StorageError
from apertura.prepare.engine import parquet, run
from apertura.settings import Settings
from apertura.storage import Bucket
from apertura.storage.scratch import scratch_folder

SUPPRESSED = "suprimido"
"""What `<column>_estado` says of a value that was taken out to protect people."""

_SMALL, _FEW = 4 << 20, 20_000
"""Bytes of Parquet and rows up to which a table is held in memory."""


@dataclass(frozen=True)
class Limits:
    """What the process's database may take: DuckDB's memory limit, its threads, and where it spills."""

    memory: str
    threads: int
    scratch: Path

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """All that the deployment allows."""
        return cls(settings.memory_limit, settings.threads, settings.scratch)

    def shared(self, processes: int) -> Limits:
        """What one of several processes may take, so that together they take no more."""
        amount = _AMOUNT.fullmatch(self.memory)
        memory = f"{float(amount[1]) / processes:g}{amount[2]}" if amount else self.memory
        return Limits(memory, max(1, self.threads // processes), self.scratch)


_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+|%)\s*")
_limits: Limits | None = None


def limit(limits: Limits) -> None:
    """What this process may take from here on."""
    global _limits
    _limits = limits


@dataclass(frozen=True)
class Reading:
    """A published table open for queries: `relation` stands after FROM, `columns` is name -> DuckDB type."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: Mapping[str, str]
    doing: str

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query; EngineError in our words when it fails."""
        return run(self.connection, sql, parameters, doing=self.doing).fetchall()

    def one(self, sql: str, parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        """The first row of a query that always has one."""
        return self.rows(sql, parameters)[0]


@contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that loads nothing from outside, within the limits of `limit`.

    Where nothing was limited it keeps to the environment's settings. One for the process: opening it takes
    longer than most questions. Each block gets a cursor of it.
    """
    connection = _database(os.getpid(), _limits or Limits.of(Settings.from_env())).cursor()
    try:
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


@cache
def _database(process: int, limits: Limits) -> duckdb.DuckDBPyConnection:
    """The process's own, never one that a fork copied; its folder goes when the process ends."""
    holder = ExitStack()
    atexit.register(holder.close)
    folder = holder.enter_context(scratch_folder(limits.scratch))
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": limits.memory,
            "threads": limits.threads,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    holder.callback(connection.close)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


@dataclass
class _Held:
    """What stays open for a while: tables by the key of their Parquet."""

    stack: ExitStack
    open: dict[str, Reading] = field(default_factory=dict)


_HELD: ContextVar[_Held | None] = ContextVar("held", default=None)


@contextmanager
def held() -> Iterator[None]:
    """Within the block each table is fetched and opened once, however often it is asked for; a small one is
    held in memory. Nothing of it outlives the block."""
    with ExitStack() as stack:
        token = _HELD.set(_Held(stack))
        try:
            yield
        finally:
            _HELD.reset(token)


@contextmanager
def reading(public: Bucket, table: Table) -> Iterator[Reading]:
    """Open the published table; StorageError when it has no Parquet, or that is gone from the bucket."""
    file = table.file("parquet")
    if file is None:
        raise StorageError(f"portal: {table.name} has no Parquet", hint="publish the dataset again")
    if (here := _HELD.get()) is None:
        with fetched(public, file.permanent) as path, engine() as connection:
            yield opened(connection, path, table.name)
        return
    if file.permanent not in here.open:
        path = here.stack.enter_context(fetched(public, file.permanent))
        connection = here.stack.enter_context(engine())
        small = file.bytes <= _SMALL and (table.rows or _FEW + 1) <= _FEW
        here.open[file.permanent] = opened(connection, path, table.name, small=small)
    yield here.open[file.permanent]


@contextmanager
def fetched(public: Bucket, key: str) -> Iterator[Path]:
    """A local copy of a public object; StorageError when it is gone."""
    try:
        holder = public.as_file(key)
        path = holder.__enter__()
    except KeyError:
        path = None
    if path is None:
        raise StorageError(
            f"portal: {key} is gone from the public bucket", hint="publish or withdraw that version"
        )
    try:
        yield path
    finally:
        holder.__exit__(None, None, None)


def opened(connection: duckdb.DuckDBPyConnection, path: Path, name: str, *, small: bool = False) -> Reading:
    """A Parquet on disk as a `Reading`; `name` is what errors call it. A `small` one is read once, now."""
    relation, doing = parquet(path), f"reading the published table {name}"
    if small:
        run(connection, f"CREATE TEMP TABLE published AS FROM {relation}", doing=doing)
        relation = "published"
    described = run(connection, f"DESCRIBE {relation}" if small else f"DESCRIBE FROM {relation}", doing=doing)
    return Reading(connection, relation, {str(row[0]): str(row[1]) for row in described.fetchall()}, doing)
