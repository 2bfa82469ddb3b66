"""Bad input, each kind through the real pipeline: a clear error, the last release untouched, nothing lost."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from pipeline_scene import MONTH, SAT, Scene

from apertura import pipeline
from apertura.errors import (
    AperturaError,
    EngineError,
    LeaseBusyError,
    ReaderError,
    SourceError,
    StorageUnavailableError,
    ToleranceError,
)
from apertura.runs import lease
from apertura.runs.context import STAGES

Spoil = Callable[[bytes], bytes]


def quick(cases: Iterable[str], *now: str) -> list[Any]:
    """All cases; those that are not named wait for the slow tests: each is three runs of a whole pipeline."""
    return [case if case in now else pytest.param(case, marks=pytest.mark.slow) for case in cases]


def lines(data: bytes) -> list[bytes]:
    return data.decode("latin-1").encode("latin-1").splitlines(keepends=True)


def column(data: bytes, position: int, text: bytes | None) -> bytes:
    """Replace (or with None, remove) one column in every row."""
    rows = [line.rstrip(b"\n").split(b"|") for line in lines(data)]
    for number, row in enumerate(rows):
        if text is None:
            del row[position]
        else:
            row.insert(position, b"NOMBRE DEL DUENO" if number == 0 else text)
    return b"".join(b"|".join(row) + b"\n" for row in rows)


BAD: dict[str, tuple[Spoil, type[AperturaError], str, str]] = {
    "truncated": (lambda d: d[: len(d) * 2 // 3], ReaderError, "deidentify", ""),
    "wrong encoding": (
        lambda d: "\n".join(d.decode("latin-1").splitlines()).encode("utf-16"),
        ReaderError,
        "deidentify",
        "",
    ),
    "html error page with status 200": (
        lambda d: b"<!DOCTYPE html><html><body>Error 500: Juan P\xe9rez</body></html>",
        SourceError,
        "extract",
        "",
    ),
    "no rows": (lambda d: lines(d)[0], ReaderError, "deidentify", ""),
    "nothing at all": (lambda d: b"", SourceError, "extract", ""),
    "missing column": (lambda d: column(d, 5, None), ReaderError, "deidentify", "Marca"),
    "new undeclared column": (lambda d: column(d, 3, b"JUAN PEREZ"), ReaderError, "deidentify", "1"),
    "half the usual rows": (lambda d: b"".join(lines(d)[:151]), ToleranceError, "publish", "300"),
    "a value that cannot be parsed": (
        lambda d: d.replace(b"/2026|", b"/2O26|", 1),
        ToleranceError,
        "clean",
        "fecha_poliza",
    ),
    "binary rubbish": (lambda d: bytes(range(256)) * 50, AperturaError, "", ""),
}


@pytest.mark.parametrize("case", quick(BAD, "truncated", "missing column", "half the usual rows"))
def test_bad_extract(case: str, world: Scene) -> None:
    spoil, kind, stage, word = BAD[case]
    good = world.extract.read_bytes()
    world.run(SAT)
    before = world.published()
    world.extract.write_bytes(spoil(good))
    with pytest.raises(kind) as caught:
        world.run(SAT, "bad")
    assert_helpful(caught.value, stage, word)
    assert world.published() == before
    world.extract.write_bytes(good.replace(b"|MOTO|", b"|MOTOS|", 1))
    assert world.run(SAT, "good").outcome == "done"


def assert_helpful(error: AperturaError, stage: str, word: str = "") -> None:
    """Dataset, stage and next command are said; nothing of the file is."""
    text = str(error)
    assert SAT in text
    assert f"· {stage}" in text
    assert f"apertura run {SAT}" in text
    assert word in text
    for value in ("JUAN", "Juan", "NOMBRE DEL DUENO", "2O26", "|"):
        assert value not in text
    assert error.__cause__ is None
    assert error.__context__ is None


def test_fewer_rows_can_be_accepted_by_a_person(world: Scene) -> None:
    world.run(SAT)
    world.extract.write_bytes(b"".join(lines(world.extract.read_bytes())[:151]))
    result = world.run(SAT, "run-2", accept_fewer_rows=True)
    assert (result.outcome, result.counts["rows"]) == ("done", 150)


def zip_with(names: list[str], path: Path, data: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)


ZIPS: dict[str, Callable[[Path, bytes], object]] = {
    "not a zip": lambda path, data: path.write_bytes(data),
    "another member": lambda path, data: zip_with(["leame.pdf"], path, data),
    "two members": lambda path, data: zip_with(["web_imp_a.txt", "web_imp_b.txt"], path, data),
    "climbing name": lambda path, data: zip_with(["../../web_imp.txt"], path, data),
    "bomb": lambda path, data: zip_with(["web_imp.txt"], path, b"0" * 60_000_000),
    "truncated zip": lambda path, data: (
        zip_with(["web_imp.txt"], path, data),
        path.write_bytes(path.read_bytes()[:-40]),
    ),
}


@pytest.mark.parametrize("case", quick(ZIPS, "bomb"))
def test_bad_zip(case: str, world: Scene) -> None:
    world.edit(SAT, r"\.txt'", r"\.zip'")
    world.edit(SAT, "  max_bytes: 500000000", '  max_bytes: 500000000\n  unzip: "web_imp*.txt"')
    data = world.extract.read_bytes()
    archive = world.extract.with_suffix(".zip")
    zip_with(["web_imp_09092026.txt"], archive, data)
    world.run(SAT)
    before = world.published()
    ZIPS[case](archive, data)
    with pytest.raises(SourceError) as caught:
        world.run(SAT, "bad")
    assert_helpful(caught.value, "extract")
    assert world.published() == before
    zip_with(["web_imp_09092026.txt"], archive, data.replace(b"|MOTO|", b"|MOTOS|", 1))
    assert world.run(SAT, "good").outcome == "done"


@pytest.mark.parametrize("stage", quick(STAGES, "clean", "publish"))
def test_full_disk(stage: str, world: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APERTURA_FAILPOINT", f"disk-full:{stage}")
    with pytest.raises(EngineError, match="disk is full") as caught:
        world.run(SAT, "bad")
    assert_helpful(caught.value, stage)
    manifests = [name for name in world.published() if name.endswith(("release.json", "latest.json"))]
    assert manifests == []
    monkeypatch.delenv("APERTURA_FAILPOINT")
    assert world.run(SAT, "good").outcome == "done"


def test_two_runs_at_once(world: Scene) -> None:
    world.run(SAT)
    before = world.published()
    other = world.context(SAT, "other")
    lease.acquire(other)
    world.extract.write_bytes(world.extract.read_bytes().replace(b"|MOTO|", b"|MOTOS|", 1))
    with pytest.raises(LeaseBusyError) as caught:
        world.run(SAT, "run-2")
    assert caught.value.retryable
    assert_helpful(caught.value, "extract", "other")
    assert world.published() == before
    lease.release(other)
    assert world.run(SAT, "run-2").outcome == "done"


def test_bucket_down_in_the_middle_of_publishing(world: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real S3 protocol: the server goes away after protect and comes back with what it had."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    import boto3

    boto3.client("s3").create_bucket(Bucket="bucket-that-goes-down")
    world.settings = replace(world.settings, public_url="s3://bucket-that-goes-down/raiz")
    try:
        world.run(SAT)
        before = listing()
        assert len(before) > 10
        world.extract.write_bytes(world.extract.read_bytes().replace(b"|MOTO|", b"|MOTOS|", 1))
        ctx = world.context(SAT, "run-2")
        for stage in STAGES[:-1]:
            partition = MONTH if stage in ("extract", "deidentify", "clean") else "_"
            pipeline.run_stage(ctx, stage, partition, endpoint=world.endpoint(SAT), partitions=[MONTH])
        server.stop()
        with pytest.raises(StorageUnavailableError) as caught:
            pipeline.run_stage(world.context(SAT, "run-2"), "publish")
        assert caught.value.retryable
        assert_helpful(caught.value, "publish")
        again = ThreadedMotoServer(ip_address="127.0.0.1", port=int(port), verbose=False)
        again.start()
        server = again
        assert listing() == before
        assert pipeline.run_stage(world.context(SAT, "run-2"), "publish").outcome == "done"
        assert {name: tag for name, tag in listing().items() if "/versiones/" in name}.items() >= {
            name: tag for name, tag in before.items() if "/versiones/" in name
        }.items()
    finally:
        server.stop()


def listing() -> dict[str, str]:
    """Every object of the public S3 bucket with its digest."""
    import boto3

    client = boto3.client("s3")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="bucket-that-goes-down")
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


def test_an_overdue_source_and_what_to_do_next(world: Scene) -> None:
    world.run(SAT)
    done = world.command("status", "--json")
    assert done.returncode == 0, done.stderr
    states = {state["dataset"]: state for state in json.loads(done.stdout)}
    assert states[SAT]["failure"] is None
    assert states["oj/sentencias"]["next"] == "apertura run oj/sentencias"
    assert os.environ.get("APERTURA_NOW") is None
