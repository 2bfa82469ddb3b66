"""The inbox: a dropped file is taken once it is whole, goes before the source, and survives any kill."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from scripted import Source, send

from apertura.errors import AperturaError, SourceError, SourceUnavailableError
from apertura.runs.context import Context
from apertura.runs.failpoint import VARIABLE
from apertura.runs.work import get_document
from apertura.sources import inbox
from apertura.sources.endpoint import Endpoint
from apertura.sources.extract import extract, offered

MakeContext = Callable[..., Context]
A, B = b"valor\n1\n2\n", b"valor\n3\n"
INBOX: dict[str, Any] = {"source": {"kind": "inbox"}}
MONTHLY = {"by": "month", "file": r"imp_(?P<mes>\d{2})(?P<anio>\d{4})\.csv", "key": "{anio}-{mes}"}
PARTITIONED: dict[str, Any] = INBOX | {"partitions": MONTHLY}
FOLDER = "inbox/prueba/datos"


def drop(ctx: Context, name: str, data: bytes, age: int = 0) -> Path:
    """As an operator does: not through the library. `age` is in seconds before the clock."""
    path = Path(urlsplit(ctx.private.url).path) / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    then = (ctx.clock() - dt.timedelta(seconds=age)).timestamp()
    os.utime(path, (then, then))
    return path


def patient(ctx: Context) -> Context:
    return replace(ctx, settings=replace(ctx.settings, inbox_settle_seconds=60))


def lying(ctx: Context) -> list[str]:
    return [stat.key.removeprefix(f"{FOLDER}/") for stat in ctx.private.list(f"{FOLDER}/")]


def taken(ctx: Context, partition: str = "_") -> list[str]:
    return [one["name"] for one in get_document(ctx, "extract", partition)["files"]]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def ctx(make_dataset: Any, make_context: MakeContext) -> Context:
    return make_context(make_dataset(**INBOX))


def test_a_dropped_file_is_taken_and_moved_to_its_digest(ctx: Context) -> None:
    drop(ctx, "datos.csv", A)
    assert offered(ctx, None) == ["_"]
    extract(ctx, "_", None)
    assert taken(ctx) == ["datos.csv"]
    assert lying(ctx) == [f"tomados/{sha(A)}"]
    assert ctx.private.get(f"{FOLDER}/tomados/{sha(A)}") == A


def test_a_file_that_may_still_grow_waits(ctx: Context) -> None:
    ctx = patient(ctx)
    path = drop(ctx, "datos.csv", A, age=30)
    assert offered(ctx, None) == []
    with pytest.raises(SourceUnavailableError, match="1 files in the inbox are still arriving"):
        extract(ctx, "_", None)
    assert path.exists()
    drop(ctx, "datos.csv", A, age=61)
    assert offered(ctx, None) == ["_"]
    extract(ctx, "_", None)


def test_a_marker_says_that_a_file_is_whole_and_goes_with_it(ctx: Context) -> None:
    ctx = patient(ctx)
    drop(ctx, "datos.csv", A, age=0)
    drop(ctx, "datos.csv.listo", b"")
    extract(ctx, "_", None)
    assert taken(ctx) == ["datos.csv"]
    assert lying(ctx) == [f"tomados/{sha(A)}"]


def test_a_marker_without_its_file_is_nothing(ctx: Context) -> None:
    drop(ctx, "datos.csv.listo", b"")
    assert offered(ctx, None) == []
    with pytest.raises(SourceError, match="holds no file(.|\n)*inbox/prueba/datos/"):  # noqa: RUF043
        extract(ctx, "_", None)


def test_a_file_that_changes_while_it_is_read_is_not_taken(ctx: Context, tmp_path: Path) -> None:
    drop(ctx, "Juan Perez.csv", A, age=100)
    (seen,) = inbox.look(ctx).ready["_"]
    drop(ctx, "Juan Perez.csv", A + b"9\n", age=100)
    with pytest.raises(SourceUnavailableError, match="changed while it was read") as caught:
        inbox.take(ctx, seen, tmp_path / "copy")
    assert "Juan" not in str(caught.value)


def test_all_ready_files_are_one_extract_and_none_before_the_last_is_whole(ctx: Context) -> None:
    ctx = patient(ctx)
    drop(ctx, "a.csv", A, age=100)
    drop(ctx, "b.csv", B, age=10)
    assert offered(ctx, None) == []
    drop(ctx, "b.csv", B, age=100)
    extract(ctx, "_", None)
    assert taken(ctx) == ["a.csv", "b.csv"]


def test_what_was_dropped_once_needs_no_second_drop(ctx: Context) -> None:
    drop(ctx, "datos.csv", A)
    first = extract(ctx, "_", None)
    later = replace(ctx, run_id="run-2")
    assert offered(later, None) == ["_"]
    assert extract(later, "_", None).fingerprint == first.fingerprint
    drop(later, "datos.csv", B)
    assert extract(later, "_", None).fingerprint != first.fingerprint


def test_names_mean_partitions_and_others_are_counted_and_left(
    make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = make_context(make_dataset(**PARTITIONED))
    drop(ctx, "imp_012019.csv", A)
    drop(ctx, "imp_022019.csv", B)
    drop(ctx, "Juan Perez.csv", B)
    assert offered(ctx, None) == ["2019-01", "2019-02"]
    result = extract(ctx, "2019-01", None)
    assert taken(ctx, "2019-01") == ["imp_012019.csv"]
    assert result.notes == ["1 files in the inbox have names that mean no partition; they stay there"]
    assert lying(ctx) == ["Juan Perez.csv", "imp_022019.csv", f"tomados/{sha(A)}"]


def test_the_inbox_goes_before_the_source_that_refuses_robots(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    indexed = {"source": {"kind": "http", "connection": "p", "index": "./"}, "partitions": MONTHLY}
    ctx = make_context(make_dataset(**indexed))
    source.script("/", send(403))
    with pytest.raises(SourceError, match="answers 403(.|\n)*inbox"):  # noqa: RUF043
        offered(ctx, endpoint)
    drop(ctx, "imp_012019.csv", A)
    assert offered(ctx, endpoint) == ["2019-01"]
    source.asked.clear()
    extract(ctx, "2019-01", endpoint)
    assert source.asked == []
    assert taken(ctx, "2019-01") == ["imp_012019.csv"]
    # The next run asks the source again; this run, cleared, goes on with what was dropped.
    extract(ctx, "2019-01", endpoint)
    assert source.asked == []
    with pytest.raises(SourceError, match="answers 403"):
        extract(replace(ctx, run_id="run-2"), "2019-01", endpoint)


def test_while_a_drop_arrives_the_source_is_asked_and_the_run_says_so(
    source: Source, endpoint: Endpoint, make_dataset: Any, make_context: MakeContext
) -> None:
    ctx = patient(make_context(make_dataset()))
    source.script("/datos.csv", send(200, A))
    drop(ctx, "datos.csv", B, age=1)
    assert extract(ctx, "_", endpoint).notes == ["1 files in the inbox are still arriving"]


@pytest.mark.parametrize(("body", "message"), [(b"", "is empty"), (b"<html>Error", "HTML page")])
def test_a_bad_drop_is_refused_and_stays_for_its_owner(ctx: Context, body: bytes, message: str) -> None:
    drop(ctx, "Juan Perez.csv", body)
    with pytest.raises(SourceError, match=f"file 1 of 1 in the inbox .*{message}") as caught:
        extract(ctx, "_", None)
    assert "Juan" not in str(caught.value)
    assert lying(ctx) == ["Juan Perez.csv"]


def test_a_newer_file_of_the_same_name_is_not_moved_with_the_old_one(ctx: Context) -> None:
    drop(ctx, "datos.csv", A, age=100)
    (seen,) = inbox.look(ctx).ready["_"]
    drop(ctx, "datos.csv", B, age=50)
    inbox.put_away(ctx, seen, sha(A))
    assert ctx.private.get(f"{FOLDER}/datos.csv") == B


def test_a_link_out_of_the_bucket_is_not_followed(ctx: Context, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(A)
    path = drop(ctx, "datos.csv", A)
    path.unlink()
    path.symlink_to(secret)
    assert offered(ctx, None) == []


POINTS = [
    f"extract.{what}:{when}"
    for what in ("keep", "state", "document", "inbox-copy", "inbox-delete")
    for when in ("before", "after")
] + ["extract.inbox-marker:after"]


@pytest.mark.parametrize("run_id", ["run-1", "run-2"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_and_run_again_it_ends_the_same(
    make_dataset: Any, make_context: MakeContext, settings: Any, tmp_path: Path, point: str, run_id: str
) -> None:
    """A drop of two files; killed once, then run again as the same run or as the next one."""

    def everything(ctx: Context) -> dict[str, bytes]:
        return {
            stat.key.replace(ctx.run_id, "RUN"): ctx.private.get(stat.key)
            for stat in ctx.private.list("")
            if not stat.key.startswith("sources/")
        }

    dataset = make_dataset(**INBOX)
    ctx = make_context(dataset, run_id=run_id)
    quiet = replace(settings, private_url=(tmp_path / "undisturbed").as_uri())
    undisturbed = replace(ctx, settings=quiet, private=type(ctx.private)(tmp_path / "undisturbed"))
    for one in (ctx, undisturbed):
        drop(one, "a.csv", A)
        drop(one, "a.csv.listo", b"")
        drop(one, "b.csv", B)
    extract(undisturbed, "_", None)

    killed = os.fork()
    if killed == 0:
        os.environ[VARIABLE] = point
        try:
            extract(replace(ctx, run_id="run-1"), "_", None)
        finally:
            os._exit(3)
    _, status = os.waitpid(killed, 0)
    assert os.WIFSIGNALED(status), f"nothing was killed at {point}"
    assert os.WTERMSIG(status) == signal.SIGKILL

    assert offered(ctx, None) == ["_"]
    extract(ctx, "_", None)
    left = everything(ctx)
    if run_id != "run-1":
        left = {key: data for key, data in left.items() if "/run-1/" not in key}
    assert left == everything(undisturbed)


def test_a_full_disk_leaves_the_drop_where_it_was(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(ctx, "datos.csv", A)
    monkeypatch.setenv(VARIABLE, "disk-full:extract")
    with pytest.raises(AperturaError, match="disk is full"):
        extract(ctx, "_", None)
    assert lying(ctx) == ["datos.csv"]
    monkeypatch.delenv(VARIABLE)
    extract(ctx, "_", None)
    assert taken(ctx) == ["datos.csv"]
